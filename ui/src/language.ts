/** Which language the window speaks. It is chosen once, when the page is loaded: every word is a constant then. */

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'language';

/** What the person chose; null: as the system. */
export function chosenLanguage(): Language | null {
  return known(stored()?.getItem(KEY) ?? '');
}

/** Keeps the choice; it is in force when the page is loaded again. */
export function chooseLanguage(language: Language | null): void {
  if (language) stored()?.setItem(KEY, language);
  else stored()?.removeItem(KEY);
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
