/** Why the engine did not do what it was asked, in German: what is the case, and what to do about it. */
import type { JobFile, Problem } from '../backend/types';
import { count } from '../format';
import { de } from './de';
import { facts } from './facts.de';
import { refusals } from './refusals.de';
import { say, type Words } from './say';

const FILE: Record<JobFile, string> = { job: 'die Auftragsdatei', preset: 'die Vorlage' };

const FOLDER_TO_WRITE = 'Einen Ordner wählen, den es gibt und in den geschrieben werden darf.';

/** More names than this nobody reads. */
const SHOWN = 40;
const list = (names: string[]) =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} und ${count(names.length - SHOWN)} weitere`
    : names.join(', ');

export const problems: Words<Problem> = {
  refused: ({ refusal }) => say(refusals, refusal),
  found: ({ fact }) => say(facts, fact),

  checkpoint_missing: ({ path }) => [
    `es gibt keine Datei ${path}`,
    'Den Pfad prüfen; der Name einer Migrationsdatei endet auf .sluice.',
  ],
  checkpoint_exists: ({ path }) => [
    `es gibt schon eine Datei ${path}`,
    'Für die Migrationsdatei einen anderen Namen wählen oder diese öffnen.',
  ],
  checkpoint_not_sluice: ({ path }) => [
    `${path} ist keine Migration von Sluice`,
    'Die .sluice-Datei einer Migration wählen. Die Datei blieb, wie sie ist.',
  ],
  checkpoint_newer: ({ path, found, known }) => [
    `${path} stammt von einer neueren Version von Sluice (Format ${found}, dieses Programm kennt bis ${known})`,
    'Sluice auf diesem Computer aktualisieren. Die Datei blieb, wie sie ist.',
  ],
  checkpoint_in_use: ({ path }) => [
    `${path} ist gerade in einem anderen Sluice geöffnet`,
    'Dort weitermachen oder warten, bis es fertig ist.',
  ],
  checkpoint_damaged: ({ path, why }) => [
    `${path} ist beschädigt (${why})`,
    'Eine Kopie der Datei aus einer Sicherung zurücklegen oder eine neue Migration beginnen: Was schon da und gleich ist, wird übersprungen.',
  ],
  checkpoint_full: ({ path }) => [
    `für die Migrationsdatei ${path} ist kein Platz`,
    'Auf diesem Datenträger Platz schaffen und dann fortsetzen. Nichts ist verloren.',
  ],
  checkpoint_unusable: ({ path, said }) => [
    `die Migrationsdatei ${path} ist nicht zu benutzen: ${said}`,
    'Prüfen, ob es den Ordner gibt, ob dort Platz ist und ob das eigene Benutzerkonto dort schreiben darf.',
  ],
  checkpoint_no_answer: ({ path, waited_s }) => [
    `${path} antwortet nicht innerhalb von ${waited_s} Sekunden`,
    'Das Laufwerk oder den Netzordner verbinden und dann erneut versuchen.',
  ],
  checkpoint_of_other_job: ({ path }) => [
    `die Migrationsdatei ${path} gehört zu einer Migration mit anderen Quellen, Katalogen oder Gruppen oder einem anderen Ziel`,
    'Eine andere Migrationsdatei angeben oder diese öffnen, wie sie ist.',
  ],

  catalogue_unreadable: ({ path, said }) => [
    `der Katalog ${path} kann nicht gelesen werden: ${said}`,
    'Den Pfad und das Leserecht prüfen; eine Tabelle muss vielleicht erst in ihrem Programm geschlossen werden.',
  ],
  catalogue_damaged: ({ path, why }) => [
    `der Katalog ${path} ist beschädigt oder von anderer Art, als sein Name sagt (${why})`,
    'Ihn noch einmal ausgeben lassen oder sagen, von welchem Format er ist.',
  ],
  catalogue_locked: ({ path }) => [
    `der Katalog ${path} ist durch ein Passwort geschützt`,
    'Ihn in seinem eigenen Programm öffnen und ohne Passwort speichern.',
  ],
  catalogue_empty: ({ path, sheet }) => [
    `der Katalog ${path} enthält keine Zeilen${sheet === null ? '' : ` in seinem Blatt „${sheet}“`}`,
    'Ein anderes Blatt wählen oder die Ausgabe prüfen.',
  ],
  sheet_missing: ({ path, sheet, sheets }) => [
    `der Katalog ${path} hat kein Blatt „${sheet}“; er hat: ${list(sheets)}`,
    'Eines von diesen wählen.',
  ],
  header_missing: ({ path, row }) => [
    `der Katalog ${path} hat keine Zeile ${count(row)} mit Namen von Spalten`,
    'Ansehen, wie er gelesen wird, und die Zeile berichtigen.',
  ],
  column_missing: ({ path, column, columns }) => [
    `der Katalog ${path} hat keine Spalte „${column}“; er hat: ${list(columns)}`,
    'Eine von diesen wählen, oder ansehen, wie er gelesen wird: Vielleicht sind Kopfzeile, Zeichensatz oder Trennzeichen andere.',
  ],
  catalogue_too_wide: ({ path, columns, most }) => [
    `der Katalog ${path} hat ${count(columns)} Spalten, mehr als ${count(most)}`,
    'Vielleicht ist ein anderes Trennzeichen richtig; sonst Spalten herausnehmen.',
  ],
  catalogue_option: ({ path, what }) => [
    `der Katalog ${path} kann so nicht gelesen werden (${what})`,
    'Die Angabe berichtigen oder weglassen: Dann wird sie selbst gefunden.',
  ],

  job_unreadable: ({ file, path, said }) => [
    `${FILE[file]} ${path} kann nicht gelesen werden: ${said}`,
    'Den Pfad und das Leserecht prüfen.',
  ],
  job_unwritable: ({ file, path, said }) => [
    `${FILE[file]} ${path} kann nicht geschrieben werden: ${said}`,
    FOLDER_TO_WRITE,
  ],
  job_malformed: ({ file, path, why }) => [`${FILE[file]} ${path} ist nicht richtig: ${why}`, ''],
  no_source: () => ['es ist keine Quelle genannt', 'Ordner, Dateien oder einen Katalog hinzufügen.'],
  no_destination: () => ['es ist kein Ziel genannt', 'Den Ordner angeben, der die Dateien aufnimmt.'],
  out_of_range: ({ name, value, min, max }) => [
    `${name} ist ${count(value)}, muss aber von ${count(min)} bis ${count(max)} sein`,
    'Einen Wert in diesem Bereich wählen.',
  ],
  path_not_text: ({ path }) => [
    `der Pfad ${path} ist kein Unicode-Text`,
    'Den Ordner umbenennen oder den darüber wählen.',
  ],
  job_invalid: ({ said }) => [`im Auftrag ist etwas nicht richtig: ${said}`, ''],

  connections_unreadable: ({ path, said }) => [
    `die Verbindungen in ${path} können nicht gelesen werden: ${said}`,
    'Die Rechte daran prüfen oder in SLUICE_CONNECTIONS eine andere Datei angeben.',
  ],
  connections_unwritable: ({ path, said }) => [
    `die Verbindungen in ${path} können nicht geschrieben werden: ${said}`,
    'Die Rechte daran prüfen oder in SLUICE_CONNECTIONS eine andere Datei angeben.',
  ],
  connections_malformed: ({ path, why }) => [
    `die Verbindungen in ${path} sind nicht richtig: ${why}`,
    'Diese Zeile in Ordnung bringen oder herausnehmen.',
  ],
  connection_unknown: ({ name, known }) => [
    `es gibt keine Verbindung ${name}; ${known.length === 0 ? 'es gibt noch gar keine' : `es gibt ${known.join(', ')}`}`,
    'Sie unter „Verbindungen“ anlegen.',
  ],
  connection_exists: ({ name, taken }) => [
    name === taken
      ? `es gibt schon eine Verbindung ${taken}`
      : `es gibt schon eine Verbindung ${taken}, und ${name} nähme seine Geheimnisse aus denselben Umgebungsvariablen`,
    'Einen anderen Namen wählen oder zuerst jene entfernen.',
  ],
  connection_reserved: ({ name }) => [
    `unter dem Namen ${name} suchen die URLs dieses Dienstes ihre Geheimnisse`,
    'Einen anderen Namen wählen.',
  ],
  option_missing: ({ option }) => [`einer Verbindung dieser Art fehlt noch: ${option}`, ''],
  half_key: ({ secret }) => [
    `ein halber Schlüssel meldet nirgends an: es fehlt noch: ${de.connections.secret[secret]}`,
    'Beide Teile angeben oder keinen davon und kein Sitzungstoken.',
  ],
  no_keychain: ({ name, variables }) => [
    `dieser Computer hat keinen Schlüsselbund, der die Geheimnisse von ${name} aufbewahren könnte`,
    `Die Verbindung ohne Geheimnisse anlegen und überall, wo sie gebraucht wird, ${variables.join(' und ')} in der Umgebung setzen.`,
  ],
  keychain: ({ name, variable, why }) => [
    `der Schlüsselbund tut mit dem Geheimnis von ${name} nicht, was er soll: ${why}`,
    `Ihn entsperren und erneut versuchen oder ${variable} in der Umgebung setzen.`,
  ],
  host_unseen: ({ why }) => [
    `der Schlüssel des Servers ist nicht zu sehen: ${why}`,
    'Das Netz und die Adresse der Verbindung prüfen.',
  ],
  host_key_other: ({ host, fingerprint }) => [
    `${host} zeigt einen anderen Schlüssel: ${fingerprint}`,
    'Beim Betreiber des Servers nach dem Fingerabdruck fragen. Es wurde nichts vertraut.',
  ],
  host_key_changed: ({ host, path }) => [
    `in ${path} steht ein anderer Schlüssel von ${host}, oder dieser ist dort widerrufen`,
    'Beim Betreiber des Servers nachfragen. Ist der neue richtig, zuerst den alten aus der Datei nehmen.',
  ],
  host_key_unkept: ({ path, why }) => [
    `der Schlüssel kann nicht in ${path} geschrieben werden: ${why}`,
    'Die Rechte an dieser Datei prüfen.',
  ],

  illegal_move: ({ from }) => [
    `das geht in diesem Zustand nicht: ${de.state[from]}`,
    'Warten, bis der laufende Schritt zu Ende ist, oder erst nach dem Zustand sehen.',
  ],
  map_in_force: () => [
    'die Zuordnung von Namen und Feldern kann nicht geändert werden, während die Migration läuft',
    'Die Migration pausieren, ändern, dann fortsetzen.',
  ],
  uploads_in_use: () => [
    'angefangene Übertragungen können nicht aufgegeben werden, während die Migration läuft',
    'Sie zuerst pausieren.',
  ],
  look_in_use: () => [
    'nach Duplikaten kann nicht gesucht werden, während die Migration läuft',
    'Sie zuerst pausieren.',
  ],
  report_unwritable: ({ path, said }) => [
    `der Bericht ${path} kann nicht geschrieben werden: ${said}`,
    FOLDER_TO_WRITE,
  ],
  report_kind: ({ path, known }) => [
    `„${path}“ ist kein Name für einen Bericht, der hier zu gebrauchen ist`,
    `Einen Namen mit einer dieser Endungen nehmen: ${known}.`,
  ],
  // What does not fit there, and what to do then, is said in English.
  correction_invalid: ({ path, why, advice }) => [
    `der Bericht ${path} ist nicht zu gebrauchen (${why})`,
    advice,
  ],
  amendment_invalid: ({ why }) => [`diese Änderung ist nicht möglich: ${why}`, ''],
  no_http: ({ why }) => [
    `von diesem Computer können keine Anfragen gesendet werden: ${why}`,
    'Die Zertifikate des Systems und die Einstellungen des Proxys prüfen (HTTPS_PROXY).',
  ],
  plan_cancelled: () => ['die Prüfung wurde abgebrochen', ''],
};
