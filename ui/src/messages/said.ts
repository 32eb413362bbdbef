/** What the engine says in English, where the window speaks another language: said anew from what is the case. Where
    that is not told (an older program wrote it down), its English sentence stays. */
import type { Category, Finding } from '../backend/types';
import { language, type Language } from '../language';
import { advice } from './advice.de';
import { facts } from './facts.de';
import { say, type Said } from './say';

type Other = Exclude<Language, 'en'>;

const WORDS = { de: { advice, facts } } satisfies Record<Other, object>;

/** What to do about a record that failed, or about an outage. */
export function adviceOf(category: Category, english: string): string {
  return language === 'en' ? english : WORDS[language].advice[category];
}

/** What a check found, and what to do about it. Where nothing is to be done the advice is empty. */
export function findingIn(finding: Finding): Said {
  if (language === 'en' || !finding.what) return [finding.message, finding.advice];
  const [sentence, todo] = say(WORDS[language].facts, finding.what);
  return [sentence, finding.advice ? todo : ''];
}
