/** What the engine says in English, where the window speaks another language: said anew from what it is about. */
import type { Category } from '../backend/types';
import { language, type Language } from '../language';
import { advice } from './advice.de';

type Other = Exclude<Language, 'en'>;

const ADVICE: Record<Other, Record<Category, string>> = { de: advice };

/** What to do about a record that failed, or about an outage. */
export function adviceOf(category: Category, english: string): string {
  return language === 'en' ? english : ADVICE[language][category];
}
