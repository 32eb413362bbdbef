/** What a check finds, in German: what is the case, and what to do about it. */
import type { CatalogueRemark, Category, Fact, LeftOut } from '../backend/types';
import { bytes, count } from '../format';
import { advice } from './advice.de';
import { de } from './de';
import { refusals } from './refusals.de';
import type { Said, Words } from './say';
import { say } from './say';
import { whys } from './whys.de';

const n = (number: number, one: string, many: string) => `${count(number)} ${number === 1 ? one : many}`;
const records = (number: number) => n(number, 'Datensatz', 'Datensätze');

/** What records did that failed while the plan was made; the others only failed. */
const FAILED: Partial<Record<Category, [one: string, many: string]>> = {
  name_collision: [
    'hat einen Namen, den das Ziel nicht von dem eines anderen unterscheidet',
    'haben Namen, die das Ziel nicht von denen anderer unterscheidet',
  ],
  metadata_invalid: [
    'hat ein Feld, das nicht ist, was der Auftrag verlangt',
    'haben ein Feld, das nicht ist, was der Auftrag verlangt',
  ],
  target_unsafe: [
    'hätte ein Ziel, das kein sicherer Pfad ist',
    'hätten ein Ziel, das kein sicherer Pfad ist',
  ],
  name_unsupported: [
    'hat einen Namen, den das Ziel nicht aufnehmen kann',
    'haben einen Namen, den das Ziel nicht aufnehmen kann',
  ],
  source_missing: ['nennt eine Datei, die nicht da ist', 'nennen eine Datei, die nicht da ist'],
  row_unreadable: [
    'steht für eine Zeile eines Katalogs, die nicht gelesen werden kann',
    'stehen für eine Zeile eines Katalogs, die nicht gelesen werden kann',
  ],
  path_unsafe: [
    'hat einen Pfad, der aus den Ordnern des Katalogs hinausführt',
    'haben einen Pfad, der aus den Ordnern des Katalogs hinausführt',
  ],
  duplicate_id: ['hat die Kennung einer anderen Zeile', 'haben die Kennung einer anderen Zeile'],
  duplicate_path: ['nennt die Datei einer anderen Zeile', 'nennen die Datei einer anderen Zeile'],
  group_incomplete: [
    'gehört mit einer Datei zusammen, die schon gescheitert ist',
    'gehören mit einer Datei zusammen, die schon gescheitert ist',
  ],
  group_too_large: [
    'gehört zu einer Gruppe, die zu groß ist, um zusammen geliefert zu werden',
    'gehören zu einer Gruppe, die zu groß ist, um zusammen geliefert zu werden',
  ],
  size_mismatch: [
    'nennt eine Datei, die eine andere Größe hat, als der Katalog sagt',
    'nennen eine Datei, die eine andere Größe hat, als der Katalog sagt',
  ],
};

function failed(of: Category, number: number): string {
  if (of === 'folder_unreadable')
    return number === 1
      ? '1 Ordner kann nicht aufgelistet werden; was er enthält, ist nicht im Plan'
      : `${count(number)} Ordner können nicht aufgelistet werden; was sie enthalten, ist nicht im Plan`;
  if (of === 'template_failed')
    return `${n(number, 'Datensatz', 'Datensätzen')} fehlt, was eine Vorlage braucht`;
  const told = FAILED[of];
  if (told) return `${records(number)} ${number === 1 ? told[0] : told[1]}`;
  return `${records(number)} ${number === 1 ? 'ist' : 'sind'} schon gescheitert (${de.category[of]})`;
}

const LEFT_OUT: Record<LeftOut, (number: number) => string> = {
  junk: (number) =>
    `${n(number, 'Überbleibsel', 'Überbleibsel')} von Systemen (.DS_Store, ._*, Thumbs.db und dergleichen) ${number === 1 ? 'bleibt' : 'bleiben'} weg`,
  folder_marker: (number) =>
    number === 1
      ? '1 Objekt steht im Objektspeicher für einen Ordner und enthält keine Bytes'
      : `${count(number)} Objekte stehen im Objektspeicher für einen Ordner und enthalten keine Bytes`,
  symlink: (number) =>
    number === 1
      ? '1 Link bleibt weg: Worauf er zeigt, wird nicht durch ihn bewegt'
      : `${count(number)} Links bleiben weg: Worauf sie zeigen, wird nicht durch sie bewegt`,
  not_in_catalogue: (number) =>
    `${n(number, 'Datei liegt', 'Dateien liegen')} im Ordner des Katalogs, ohne dass eine Zeile sie nennt`,
  special: (number) =>
    `${n(number, 'Pipe, Socket oder Gerät', 'Pipes, Sockets und Geräte')} ohne eigene Bytes ${number === 1 ? 'bleibt' : 'bleiben'} weg`,
  marker: (number) =>
    `${n(number, 'Datei bleibt', 'Dateien bleiben')} weg, weil sie nur andere als vollständig kennzeichnen`,
  changed_later: (number) =>
    `${n(number, 'Datei hat', 'Dateien haben')} sich nach der Lieferung geändert und ${number === 1 ? 'bleibt' : 'bleiben'} weg`,
  own_checkpoint: (number) =>
    `${n(number, 'Datei', 'Dateien')} dieser Migration selbst ${number === 1 ? 'bleibt' : 'bleiben'} weg`,
};

const CATALOGUE: Record<CatalogueRemark, [(rows: number) => string, advice: string]> = {
  undecodable: [
    (rows) =>
      `${n(rows, 'Zeile enthält', 'Zeilen enthalten')} Bytes, die in seinem Zeichensatz kein Text sind`,
    'Ansehen, wie er gelesen wird: Vielleicht ist ein anderer Zeichensatz richtig.',
  ],
  short_rows: [
    (rows) =>
      `${n(rows, 'Zeile hat', 'Zeilen haben')} weniger Zellen, als es Spalten gibt; die fehlenden gelten als leer`,
    'Nachsehen, ob ihre Werte in den richtigen Spalten stehen.',
  ],
  vague_sizes: [
    (rows) =>
      `${n(rows, 'Zeile nennt', 'Zeilen nennen')} eine Größe, die keine Zahl von Bytes ist; sie wird nicht verglichen`,
    '',
  ],
  urls_unsized: [
    (rows) =>
      `bei ${n(rows, 'Datei', 'Dateien')} hinter URLs ist die Größe erst beim Holen bekannt; in Daten, Platz und Dauer zählen sie nicht`,
    'Die Spalte mit den Größen angeben, wenn der Katalog eine hat.',
  ],
  urls_named_late: [
    (rows) =>
      `bei ${n(rows, 'Datei', 'Dateien')} gibt der Server den Namen, und der ist erst im Lauf bekannt: Gleiche Ziele werden dort gefunden, bevor ein Byte geschrieben ist`,
    '',
  ],
  urls_many_servers: [
    (rows) =>
      `${n(rows, 'Datei liegt', 'Dateien liegen')} auf mehr Servern, als eine Migration anfragt (64); die darüber hinaus würden scheitern`,
    'Den Katalog nach Servern aufteilen, in je eine Migration.',
  ],
  respelt: [
    (rows) =>
      `${n(rows, 'Datei wurde', 'Dateien wurden')} unter einer anderen Schreibweise gefunden (Leerzeichen am Rand, Akzente anders gespeichert)`,
    '',
  ],
};

const asking = (lookup: string | null) => (lookup === null ? 'Eintragen' : `Nachschlagen „${lookup}“`);

export const facts: Words<Fact> = {
  no_space: ({ free, needed }) => [
    `das Ziel hat ${bytes(free)} frei, gebraucht werden ${bytes(needed)}`,
    'Am Ziel Platz schaffen, ein größeres wählen oder weniger Quellen nehmen.',
  ],
  failed: (of) => [failed(of.category, of.records), advice[of.category]],
  file_twice: (of) => [
    `${records(of.records)} ${of.records === 1 ? 'nennt' : 'nennen'} eine Datei, die schon ein früherer nennt`,
    'Jeder wird für sich geliefert, unter seinem eigenen Ziel. Wo einmal genügt, die Zeilen aus dem Katalog nehmen.',
  ],
  name_numbered: (of) => [
    `${records(of.records)} ${of.records === 1 ? 'hat' : 'haben'} dasselbe Ziel wie ein anderer, so wie das Ziel Namen unterscheidet, und ${of.records === 1 ? 'bekommt' : 'bekommen'} eine Nummer wie „Name (2)“`,
    'Die vorgeschlagenen Namen ansehen. Sollen sie sich anders unterscheiden, die Vorlage der Namen ändern.',
  ],
  name_illegal: (of) => [
    `${records(of.records)} ${of.records === 1 ? 'hat' : 'haben'} einen Namen, den das Ziel so nicht aufnehmen kann`,
    'Was es nicht aufnehmen kann, wird als % und zwei Ziffern geschrieben. Schönere Namen gibt der Filter safe_name.',
  ],
  target_late: ({ variable }) => [
    `Ziele verwenden ${variable}, und das ist erst im Lauf bekannt: Gleiche Ziele werden dort gefunden, bevor ein Byte geschrieben ist`,
    '',
  ],
  checkpoint_on_network: ({ path }) => [
    `die Migrationsdatei ${path} liegt auf einem Netzlaufwerk und wird langsamer, aber sicher benutzt; ein anderes Programm kann den Fortschritt nicht verfolgen`,
    'Die Migrationsdatei auf einem Datenträger dieses Computers aufbewahren.',
  ],
  watched: ({ files, bytes: size }) => [
    `${n(files, 'Datei', 'Dateien')} (${bytes(size)}) ${files === 1 ? 'liegt' : 'liegen'} in den beobachteten Ordnern; jede wird aufgenommen, sobald sie vollständig ist`,
    '',
  ],
  nothing_to_move: () => ['es gibt nichts zu bewegen', 'Eine Quelle wählen, die Dateien enthält.'],
  excluded: (of) => [LEFT_OUT[of.policy](of.records), ''],
  groups: ({ rule, groups, records: files }) => [
    `${n(files, 'Datei', 'Dateien')} in ${n(groups, 'Gruppe', 'Gruppen')} (${rule}) ${files === 1 ? 'wird' : 'werden'} zusammen geliefert oder gar nicht`,
    '',
  ],
  catalogue: ({ name, remark, rows }) => {
    const [what, todo] = CATALOGUE[remark];
    return [`${name}: ${what(rows)}`, todo];
  },
  archived: (of) => [
    `${n(of.records, 'Objekt liegt', 'Objekte liegen')} in der Speicherklasse eines Archivs`,
    'Was nicht zurückgeholt ist, wenn es an der Reihe ist, scheitert: den Dienst vorher darum bitten (das dauert meist Stunden).',
  ],
  bad_names: ({ names }) => [
    `${n(names, 'Name wäre', 'Namen wären')} unter Windows oder auf vielen NAS-Systemen nicht möglich`,
    'Sie werden geliefert, wie sie sind, wo das Ziel es zulässt. In der Quelle umbenennen, wenn die Dateien weiterreisen.',
  ],
  estimate_without_services: () => [
    'die Zeit, die Dienste für ihre Antworten brauchen, ist nicht in der Schätzung; eine Probe zeigt sie',
    '',
  ],
  destination_not_empty: () => [
    'am Ziel liegen schon Dateien',
    'Was dort unter demselben Namen liegt, wird behandelt, wie es für vergebene Namen gewählt ist.',
  ],
  times_lost: ({ place }) => [
    `${place}: der Server gibt jeder Datei die Zeit, zu der sie ankommt`,
    'Wo die Zeiten der Quellen wichtig sind, den Server über SFTP erreichen oder als Ordner einbinden.',
  ],
  destination_unguarded: ({ place }) => [
    `${place}: der Dienst ersetzt, was da ist, auch wenn er es nicht soll`,
    'Sluice sieht nach, bevor es ein Objekt schreibt; dafür sorgen, dass sonst niemand zugleich dorthin schreibt.',
  ],
  service_unreachable: ({ lookup, service, waited_s, said }) => [
    `${asking(lookup)}: der Dienst ${service} ist nicht zu erreichen: ${
      waited_s === null ? said : `keine Antwort innerhalb von ${waited_s} s`
    }`,
    'Das Netz und die Adresse des Dienstes prüfen. Ein Lauf würde auf ihn warten.',
  ],
  service_denied: ({ lookup, service, status }) => [
    `${asking(lookup)}: der Dienst ${service} lehnt unsere Anmeldung ab (${status})`,
    'Das Geheimnis prüfen, das der Auftrag für diesen Dienst nennt. Manche Dienste lehnen diesen Blick ab und nehmen die Anfragen trotzdem an.',
  ],
  refused: ({ refusal }): Said => say(refusals, refusal),
  becomes_legal: ({ wanted, legal }) => [`aus ${wanted} wird ${legal}: das kann das Ziel aufnehmen`, ''],
  target_taken: ({ target, proposed }) => [
    `ein anderer Datensatz hat das Ziel ${target}; dieser bekommt ${proposed}`,
    '',
  ],
  target_later: ({ variable }) => [`das Ziel verwendet ${variable}, und das ist erst im Lauf bekannt`, ''],
  // What a failure says of one record is kept with it, in English.
  record_fails: (of) => [
    `${de.category[of.category]}: ${of.why ? say(whys, of.why) : of.said}`,
    advice[of.category],
  ],
};
