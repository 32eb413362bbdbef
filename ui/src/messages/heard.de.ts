/** What a connection that is tried has to say, in German. */
import type { Heard } from '../backend/types';
import { count } from '../format';
import type { Words } from './say';

const clock = (seconds: number, side: string, tooFar: boolean) =>
  `die Uhr des Dienstes geht gegenüber diesem Computer ${count(seconds)} s ${side}${
    tooFar ? '; die Uhr stellen, sonst kann sich niemand anmelden' : ''
  }`;

export const heard: Words<Heard, string> = {
  not_tried: () => 'ein Schritt davor ist gescheitert',
  answers: () => 'er antwortet',
  late: ({ waited_s }) => `keine Antwort innerhalb von ${waited_s} s`,
  no_answer: ({ from, said }) => `keine Antwort von ${from}: ${said}`,
  no_time: () => 'der Dienst nennt keine Uhrzeit',
  clocks_agree: () => 'beide Uhren stimmen überein',
  clock_ahead: ({ seconds, too_far }) => clock(seconds, 'vor', too_far),
  clock_behind: ({ seconds, too_far }) => clock(seconds, 'nach', too_far),
  knows_us: () => 'er kennt uns',
  does_not_refuse: () => 'er weist uns nicht ab',
  files: ({ files, more }) =>
    more
      ? `${count(files)} Dateien und mehr sind da`
      : `${count(files)} ${files === 1 ? 'Datei ist' : 'Dateien sind'} da`,
  no_folder_yet: () => 'den Ordner gibt es noch nicht',
  wrote: ({ bytes }) => `${count(bytes)} Bytes`,
  same_checksum: () => 'der Dienst hat dieselbe berechnet',
  no_checksum: () => 'der Dienst berechnet keine; „Zurücklesen“ beweist, was angekommen ist',
  refuses_taken: () => 'ein vergebener Name wird abgewiesen',
  replaces: () =>
    'der Dienst ersetzt, was da ist; ein Lauf sieht deshalb vor dem Schreiben nach; währenddessen sonst nichts dorthin schreiben lassen',
  same_bytes: () => 'dieselben Bytes kamen zurück',
  other_bytes: () => 'es kamen andere Bytes zurück, als geschrieben wurden',
  keeps_times: () => 'eine Datei behält die Zeit ihrer Quelle',
  loses_times: () => 'Dateien bekommen die Zeit, zu der sie ankommen',
  gone: () => 'sie ist weg',
  said_gone: () => 'der Dienst sagt, sie ist weg',
  stays: ({ key, said }) =>
    `${said ?? 'der Dienst sagt, sie ist weg, und sie ist es nicht'}; ${key} bleibt dort liegen`,
  bytes: ({ bytes }) => `${count(bytes)} Bytes sind da`,
  no_size: () => 'sie kann geholt werden; wie groß sie ist, sagt der Server nicht',
  nothing_itself: ({ said }) => `unter der Adresse selbst ist nichts zu holen: ${said}`,
  said: ({ said }) => said,
};
