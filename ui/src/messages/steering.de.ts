/** What holds a run back, and what the autopilot turned and why, in German. */
import type { Bottleneck, EventKind, Knob, Reason } from '../backend/types';
import { bytes, count, duration } from '../format';
import { de } from './de';
import type { Words } from './say';

/** A share of one in percent: `4,1 %`, `97 %`. */
const percent = (share: number) => {
  const digits = share < 0.1 ? 1 : 0;
  const shown = new Intl.NumberFormat('de-DE', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${shown.format(share * 100)} %`;
};
const from = (share: number) => `der Rede wert ab ${percent(share)}`;
const perSecond = (rate: number) => de.units.bytesPerS(bytes(rate));
/** To the millisecond below a second: such times are compared. */
const span = (seconds: number) =>
  seconds < 0.9995 ? `${count(seconds * 1000)} ${de.units.millisecond}` : duration(seconds);

/** What is being done with a record in flight. */
function step(word: string): string {
  const [name = '', lookup] = word.split(/:(.*)/s);
  const words: Partial<Record<string, string | ((name: string) => string)>> = de.step;
  const known = words[name];
  return typeof known === 'function' ? known(lookup ?? '') : (known ?? word);
}

export const bottlenecks: Words<Bottleneck, string> = {
  throttled: (of) =>
    `${of.service} bittet uns, langsamer zu machen: ${percent(of.share)} seiner Antworten in den letzten ${of.span_s} s (${from(of.from)})`,
  network: (of) =>
    `${percent(of.share)} der Anfragen an ${of.service} in den letzten ${of.span_s} s führten zu nichts (${from(of.from)}): das Netz und den Dienst ansehen`,
  rate_limit: (of) =>
    `Die Rate, die für ${of.service} gesetzt ist, hält den Lauf auf: ${count(of.waiting)} ${
      of.waiting === 1 ? 'Datensatz wartet' : 'Datensätze warten'
    }, während ${of.in_flight} von ${of.concurrency} Plätzen belegt sind`,
  bandwidth: (of) =>
    `Die gesetzte Bandbreite hält den Lauf auf: ${perSecond(of.bytes_per_s)} von ${perSecond(of.limit)} (${from(of.from)})`,
  stragglers: (of) =>
    `Ströme stehen ${percent(of.share)} ihrer Zeit an der Schranke still (${from(of.from)}): Wenige langsame Datensätze halten den Rest des Stapels auf${
      of.last ? `, zuletzt ${of.last.path} (${step(of.last.step)}, ${of.last.for_s} s)` : ''
    }`,
  cpu: (of) =>
    `Die Prozessoren dieses Computers sind ausgelastet: ${percent(of.share)} ihrer Zeit (${from(of.from)})`,
  checkpoint: (of) =>
    `Das Schreiben der Migrationsdatei nimmt ${percent(of.share)} der Zeit (${from(of.from)}): Sie auf einen schnelleren Datenträger legen oder größere Stapel nehmen`,
  own_limit: (of) =>
    `Alle ${of.places} Plätze sind belegt (${percent(of.share)} der Zeit, ${from(of.from)}), und dieser Computer hat noch Kraft übrig: Mehr Datensätze gleichzeitig sind vielleicht schneller`,
  destination: (of) =>
    `Das Ziel ist der langsamste Teil: ${percent(of.share)} der Zeit, in der Bytes bewegt werden (${from(of.from)})`,
  source: (of) =>
    `Das Lesen der Quellen ist der langsamste Teil: ${percent(of.share)} der Zeit, in der Bytes bewegt werden (${from(of.from)})`,
};

export const knobs: Words<Knob, string> = {
  concurrency: () => de.limits.concurrency.label,
  batch_size: () => de.limits.batch_size.label,
  service: ({ name }) => `Anfragen zugleich an ${name}`,
};

/** The autopilot's change: from how much to how much. */
export type Turned = Pick<Extract<EventKind, { kind: 'autopilot_changed' }>, 'from' | 'to'>;

const toTo = (turned: Turned) => `von ${count(turned.from)} auf ${count(turned.to)}`;
const backTo = (turned: Turned) => `zurück auf ${count(turned.to)}`;
const onTo = (turned: Turned) => `weiter auf ${count(turned.to)}`;

export const reasons: Words<Reason, (turned: Turned) => string> = {
  welcome: (of) => (turned) =>
    `der Dienst antwortet in ${span(of.answer)}, und alle ${count(turned.from)} Plätze sind belegt: ${count(Math.max(0, turned.to - turned.from))} mehr`,
  quiet_since: (of) => (turned) =>
    `der Dienst hat nichts mehr abgelehnt, seit ${count(of.refused)} zu viel waren: ${toTo(turned)}`,
  more_did_not_pay: (of) => (turned) =>
    `mit ${count(turned.from)} Plätzen dauern Antworten ${span(of.after)} statt ${span(of.before)}: ${backTo(turned)}`,
  pushed_back: () => (turned) => `der Dienst bat, langsamer zu machen: ${toTo(turned)}`,
  slower: (of) => (turned) => `Antworten dauern ${span(of.after)} statt ${span(of.before)}: ${toTo(turned)}`,
  try_fewer: () => (turned) => `um zu sehen, ob weniger genügen: ${toTo(turned)}`,
  fewer_do: (of) => (turned) =>
    `weniger schaffen genauso viel, in je ${span(of.after)} statt ${span(of.before)}: ${toTo(turned)}`,
  all_needed: () => (turned) => `${count(turned.from)} schaffen weniger: ${backTo(turned)}`,
  try_more: () => (turned) => `um zu sehen, ob mehr auch mehr schaffen: ${toTo(turned)}`,
  faster: (of) => (turned) =>
    `${count(turned.from)} gleichzeitig bewegen ${perSecond(of.after)} statt ${perSecond(of.before)}: ${onTo(turned)}`,
  no_faster: (of) => (turned) =>
    `${count(turned.from)} gleichzeitig bewegen ${perSecond(of.after)}, ${count(turned.to)} bewegten ${perSecond(of.before)}: ${backTo(turned)}`,
  fewer_as_fast: (of) => (turned) =>
    `${count(turned.from)} gleichzeitig bewegen ${perSecond(of.after)}, wo mehr ${perSecond(of.before)} bewegten: ${onTo(turned)}`,
  fewer_slower: (of) => (turned) =>
    `${count(turned.from)} gleichzeitig bewegen ${perSecond(of.after)} statt ${perSecond(of.before)}: ${backTo(turned)}`,
  batch_time: (of) => (turned) =>
    `ein Stapel dauerte ${span(of.took)} und soll ${span(of.target)} dauern: ${toTo(turned)} Datensätze`,
};
