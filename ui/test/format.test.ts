import { describe, expect, it } from 'vitest';
import {
  bytes,
  count,
  duration,
  durationRange,
  endsBetween,
  lately,
  perSecond,
  percent,
  plain,
  unbroken,
  wholeSeconds,
} from '../src/format';

describe('figures', () => {
  it('groups thousands', () => expect(count(1_234_567)).toBe('1,234,567'));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [12_340_000_000, '12.3 GB'],
    [214.6e12, '215 TB'],
    [9_999e15, '9999 PB'],
  ])('%d bytes are %s', (n, words) => expect(bytes(n)).toBe(words));

  it.each([
    [0, '0'],
    [0.44, '0.4'],
    [12.34, '12.3'],
    [1_240.2, '1,240'],
  ])('%d a second is %s', (n, words) => expect(perSecond(n)).toBe(words));

  it('never says all before it is all', () => {
    expect(percent(999_999, 1_000_000)).toBe('99.9 %');
    expect(percent(1_000_000, 1_000_000)).toBe('100.0 %');
    expect(percent(0, 0)).toBe('0.0 %');
  });
});

describe('spans', () => {
  it.each([
    [-1, '0.0 s'],
    [0.0042, '5 ms'],
    [0.21, '0.2 s'],
    [45, '45 s'],
    [59.6, '1 min'],
    [600, '10 min'],
    [7_800, '2 h 10 min'],
    [3_590, '1 h'],
    [3 * 86_400 + 4 * 3_600, '3 d 4 h'],
  ])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));

  it.each([
    [1, 3, 'a few seconds'],
    [0.4, 6.2, '1 to 6 s'],
    [20, 40, '20 to 40 s'],
    [170, 190, 'about 3 min'],
    [180, 300, '3 to 5 min'],
    [2_700, 7_200, '45 min to 2 h'],
    [150_000, 277_000, '1.7 to 3.2 days'],
  ])('%d to %d seconds are %s', (low, high, words) => expect(durationRange(low, high)).toBe(words));

  it.each([
    [-3, '1 s'],
    [11.2, '12 s'],
    [60, '1 min'],
    [64.1, '1 min 5 s'],
  ])('counts %d seconds down as %s', (seconds, words) => expect(wholeSeconds(seconds)).toBe(words));

  it('names the day when it is another one', () => {
    const now = new Date(2026, 5, 1, 21, 40).getTime();
    expect(endsBetween(now, 3_600, 7_200)).toBe('22:40 – 23:40');
    expect(endsBetween(now, 60, 70)).toBe('21:41');
    expect(endsBetween(now, 3_600, 10_800)).toBe('Mon 22:40 – Tue 00:40');
    expect(endsBetween(now, 5 * 86_400, 6 * 86_400)).toBe('Sat 6 Jun – Sun 7 Jun');
  });
});

it('tells when something last happened, so that no week is taken for another', () => {
  const now = new Date(2026, 5, 3, 21, 40).getTime();
  const days = (n: number) => now - n * 86_400_000;
  expect(lately(now - 3_600_000, now)).toBe('20:40');
  expect(lately(days(2), now)).toBe('Mon 21:40');
  expect(lately(days(7), now)).toBe('27 May 2026');
});

it('keeps a figure and its unit together', () => {
  expect(unbroken('4.1 % in the last 30 s, 1.2 GB of 3 files')).toBe(
    '4.1\u00a0% in the last 30\u00a0s, 1.2\u00a0GB of 3 files',
  );
});

it('spells out what turns text around', () => {
  expect(plain('\u202egpj.exe')).toBe('\\u{202e}gpj.exe');
  expect(plain('two\r\nlines\tand\u0000 שלום')).toBe('two lines and  שלום');
});
