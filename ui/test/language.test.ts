import { afterEach, describe, expect, test, vi } from 'vitest';
import { de } from '../src/messages/de';
import { en } from '../src/messages/en';

/** What the page keeps. */
let kept: string | undefined;

/** The page loaded anew on a system with these languages, and with what the person chose before. */
async function loaded(languages: string[], chosen?: string) {
  vi.resetModules();
  vi.stubGlobal('navigator', { languages });
  kept = chosen;
  vi.stubGlobal('localStorage', {
    getItem: () => kept ?? null,
    setItem: (_key: string, value: string) => (kept = value),
    removeItem: () => (kept = undefined),
  });
  const { m } = await import('../src/messages');
  return { m, format: await import('../src/format') };
}

afterEach(() => vi.unstubAllGlobals());

describe('the language of the window', () => {
  test('is the system’s, where there is one', async () => {
    expect((await loaded(['de-AT', 'en'])).m.do.start).toBe('Starten');
    expect((await loaded(['fr-FR', 'de'])).m.do.start).toBe('Starten');
    expect((await loaded(['en-US', 'de'])).m.do.start).toBe('Start');
    expect((await loaded(['xx'])).m.do.start).toBe('Start');
    expect((await loaded([])).m.do.start).toBe('Start');
  });

  test('is what the person chose, whatever the system says', async () => {
    expect((await loaded(['de-DE'], 'en')).m.do.start).toBe('Start');
    expect((await loaded(['de-DE'], '../../evil')).m.do.start).toBe('Starten');
  });

  test('is what the settings say, once the page is loaded again', async () => {
    await loaded(['de-DE']);
    const { settle } = await import('../src/language');
    expect(settle('system')).toBe(false);
    expect(settle('german')).toBe(false);
    expect(settle('english')).toBe(true);
    expect((await loaded(['de-DE'], kept)).m.do.start).toBe('Start');
    const again = await import('../src/language');
    expect(again.settle('system')).toBe(true);
    expect(kept).toBeUndefined();
  });

  test('writes numbers its own way', async () => {
    const { format } = await loaded(['de-DE']);
    expect(format.count(1_234_567)).toBe('1.234.567');
    expect(format.bytes(1_240_000_000)).toBe('1,24 GB');
    expect(format.percent(1, 3)).toBe('33,3 %');
    expect(format.durationRange(150_000, 280_000)).toBe('1,7 bis 3,2 Tage');
  });
});

describe('what the engine says in English', () => {
  test('is said in German, whatever failed', async () => {
    await loaded(['de-DE']);
    const { adviceOf } = await import('../src/messages/said');
    const categories = Object.keys(en.category) as (keyof typeof en.category)[];
    const advised = categories.map((category) => adviceOf(category, 'English'));
    expect(advised).not.toContain('English');
    expect(advised.every((text) => text.trim() !== '')).toBe(true);
  });

  test('stays as it is in English', async () => {
    await loaded(['en-US']);
    const { adviceOf } = await import('../src/messages/said');
    expect(adviceOf('not_found', 'Check it.')).toBe('Check it.');
  });
});

describe('the German words', () => {
  /** Every text of a language by its place; what takes arguments is called with marks. */
  function texts(of: unknown, at: string): [string, string][] {
    if (typeof of === 'string') return [[at, of]];
    if (typeof of === 'function') {
      const marks = Array.from({ length: of.length }, (_, n) => `«${n}»`);
      const text: unknown = (of as (...args: unknown[]) => unknown)(...marks);
      return typeof text === 'string' ? [[at, text]] : [];
    }
    return Object.entries(of as object).flatMap(([key, one]) => texts(one, `${at}.${key}`));
  }

  test('say the figures and names that the English ones say', () => {
    const marksIn = (text: string) => [...new Set(text.match(/«\d»/g))].sort().join();
    const german = new Map(texts(de, ''));
    const lost = texts(en, '').filter(([at, text]) => marksIn(text) !== marksIn(german.get(at) ?? ''));
    expect(lost.map(([at]) => at)).toEqual([]);
  });

  test('are not English', () => {
    const german = new Map(texts(de, ''));
    // One word may well be the same in both; two in a row are not.
    const sentences = texts(en, '').filter(([, text]) => /[a-z]{3,} [a-z]{2,}/.test(text));
    const left = sentences.filter(([at, text]) => german.get(at) === text);
    expect(left.map(([at]) => at)).toEqual([]);
  });
});
