/** Numbers as people read them. Pure functions; the words come from `messages`. */
import { locale } from './language';
import { m } from './messages';

const whole = new Intl.NumberFormat(locale);
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const significant = [0, 1, 2].map(
  (digits) =>
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    }),
) as [Intl.NumberFormat, Intl.NumberFormat, Intl.NumberFormat];

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1234567 → `1,234,567` */
export function count(n: number): string {
  return whole.format(Math.round(n));
}

/** Bytes in decimal units with three significant digits, as disks are labelled: `1.24 GB`. */
export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  // 999.5 would be printed as `1,000`, so it already belongs to the next unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${significant[digits].format(value)} ${BYTE_UNITS[unit]}`;
}

/** Records a second: `0.4`, `12.5`, `1,240`. */
export function perSecond(n: number): string {
  return n > 0 && n < 99.95 ? tenths.format(n) : count(n);
}

/** Share in percent with one decimal, rounded down: 100 is only shown when it is all. */
export function percent(part: number, all: number): string {
  const share = all > 0 ? Math.floor((part / all) * 1000) / 10 : 0;
  return `${tenths.format(share)} %`;
}

interface Unit {
  seconds: number;
  short: string;
}

const UNITS: Unit[] = [
  { seconds: 86_400, short: m.units.day },
  { seconds: 3_600, short: m.units.hour },
  { seconds: 60, short: m.units.minute },
  { seconds: 1, short: m.units.second },
];

/** A span as one figure with at most two units: `40 ms`, `0.3 s`, `45 s`, `3 min`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.0995) return `${Math.ceil(seconds * 1000)} ${m.units.millisecond}`;
  if (seconds < 9.95) return `${tenths.format(Math.max(0, seconds))} ${m.units.second}`;
  if (seconds < 59.5) return `${Math.round(seconds)} ${m.units.second}`;
  if (seconds < 3_570) return `${Math.round(seconds / 60)} ${m.units.minute}`;
  const [big, small]: [Unit, Unit] =
    seconds < 2 * 86_400 - 1_800
      ? [UNITS[1] as Unit, UNITS[2] as Unit]
      : [UNITS[0] as Unit, UNITS[1] as Unit];
  const step = big.seconds === 3_600 ? 300 : small.seconds;
  const rounded = Math.round(seconds / step) * step;
  const rest = Math.round((rounded % big.seconds) / small.seconds);
  const head = `${count(Math.floor(rounded / big.seconds))} ${big.short}`;
  return rest === 0 ? head : `${head} ${rest} ${small.short}`;
}

/** A span that is counted down: `12 s`, `1 min 5 s`. Never 0 before its end. */
export function wholeSeconds(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes === 0) return `${rest} ${m.units.second}`;
  return rest === 0
    ? `${minutes} ${m.units.minute}`
    : `${minutes} ${m.units.minute} ${rest} ${m.units.second}`;
}

/** A span that nobody knows exactly: `about 3 min`, `3 to 5 min`, `45 min to 2 h`, `1.7 to 3.2 days`. */
export function durationRange(low: number, high: number): string {
  if (high < 5) return m.units.moments;
  if (high >= 2 * 86_400) return m.units.days(tenths.format(low / 86_400), tenths.format(high / 86_400));
  const from = low < 9.5 ? `${Math.max(1, Math.round(low))} ${m.units.second}` : duration(Math.round(low));
  const to = high < 9.5 ? `${Math.round(high)} ${m.units.second}` : duration(Math.round(high));
  if (from === to) return m.units.about(to);
  const [fromUnit, toUnit] = [from.replace(/[\d.,]+/, ''), to.replace(/[\d.,]+/, '')];
  return m.units.range(fromUnit === toUnit ? (from.split(' ')[0] ?? from) : from, to);
}

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat(locale, {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const dayOnly = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

/** When a span that starts now ends: `14:20 – 15:05`, `Tue 09:10 – Tue 11:40`, `Mon 3 Jun – Thu 6 Jun`. */
export function endsBetween(nowMs: number, low: number, high: number): string {
  const ends = [low, high].map((seconds) => new Date(nowMs + seconds * 1000)) as [Date, Date];
  const today = new Date(nowMs).toDateString();
  const shape =
    high >= 4 * 86_400 ? dayOnly : ends.every((end) => end.toDateString() === today) ? clock : dayAndClock;
  const [from, to] = ends.map((end) => shape.format(end));
  return from === to ? String(to) : `${from} – ${to}`;
}

const seconds = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });

/** The time of day of a moment: `21:40:07`. */
export function timeOfDay(ms: number): string {
  return seconds.format(new Date(ms));
}

const WEEK_MS = 6 * 86_400_000;

/** A moment as one says it now: the time of day where it is today, else the day with it; longer ago the date alone. */
export function lately(ms: number, nowMs: number): string {
  const at = new Date(ms);
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock.format(at);
  return nowMs - ms < WEEK_MS ? dayAndClock.format(at) : date.format(at);
}

/** A moment in full, in the person's own time zone. */
export function moment(ms: number): string {
  return full.format(new Date(ms));
}

/** A sentence that wraps between its words, never between a figure and its unit. */
export function unbroken(sentence: string): string {
  return sentence.replace(/(?<=\d) (?=%|[kMGTP]?B\b|(?:ms|s|min|h|d)\b)/g, '\u00a0');
}

/** Text from outside as it is: what would turn its direction around is spelt out, so that `exe.jpg` is never
    what it only looks like; control characters become spaces. */
export function plain(text: string): string {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, (mark) => `\\u{${mark.charCodeAt(0).toString(16)}}`)
    .replace(/\p{Cc}+/gu, ' ');
}

/** The last part of a path, or of a place behind a connection. */
export function lastPart(path: string): string {
  return path.split(/[/\\]/).filter(Boolean).at(-1) ?? '';
}
