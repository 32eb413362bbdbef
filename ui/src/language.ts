/** Which language the window speaks. It is chosen once, when the page is loaded: every word is a constant then. */
import type { Settings } from './backend/door';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'language';

/** Null: as the system. */
const CHOSEN: Record<Settings['language'], Language | null> = { system: null, english: 'en', german: 'de' };

function chosenLanguage(): Language | null {
  return known(stored()?.getItem(KEY) ?? '');
}

/** Takes over what the program's settings say: they have the last word, and the page keeps a copy that is there
    before its first word is drawn. Tells whether the page must be loaded again to speak it. */
export function settle(said: Settings['language']): boolean {
  const chosen = CHOSEN[said];
  if (chosen) stored()?.setItem(KEY, chosen);
  else stored()?.removeItem(KEY);
  return (chosen ?? systemLanguage() ?? 'en') !== language;
}

/** The choice, else the first language of the system that there is, else English. */
export const language: Language = chosenLanguage() ?? systemLanguage() ?? 'en';

/** How numbers, days and hours are written: the day before the month and 24 hours, also in English. */
export const locale = { en: 'en-GB', de: 'de-DE' }[language];

function systemLanguage(): Language | null {
  const wanted = typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
  for (const tag of wanted) {
    const there = known(tag.split('-')[0] ?? '');
    if (there) return there;
  }
  return null;
}

function known(text: string): Language | null {
  return LANGUAGES.find((one) => one === text) ?? null;
}

/** There is none outside a page, e.g. in a test of the state. */
function stored(): Storage | null {
  return typeof localStorage === 'undefined' ? null : localStorage;
}
