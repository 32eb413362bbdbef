/** What the engine says in English, where the window speaks another language: said anew from what is the case. Where
    that is not told (an older program wrote it down), its English sentence stays. */
import type { Advice, Category, Event, Finding } from '../backend/types';
import { language, type Language } from '../language';
import { advice } from './advice.de';
import { facts } from './facts.de';
import { say, type Said } from './say';
import { bottlenecks, knobs, reasons } from './steering.de';

type Other = Exclude<Language, 'en'>;

const WORDS = { de: { advice, facts, bottlenecks, knobs, reasons } } satisfies Record<Other, object>;

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

/** What holds the run back. */
export function adviceIn(advice: Advice): string {
  if (language === 'en' || !advice.what) return advice.sentence;
  return say(WORDS[language].bottlenecks, advice.what);
}

/** What the autopilot turned, and why. */
export function turnIn(turned: Extract<Event['what'], { kind: 'autopilot_changed' }>): [string, string] {
  if (language === 'en' || !turned.what) return [turned.knob, turned.reason];
  const { knobs, reasons } = WORDS[language];
  return [say(knobs, turned.what.knob), say(reasons, turned.what.reason)(turned)];
}
