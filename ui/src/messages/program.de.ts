/** What the program around the engine could not do, in German, by its word for it. What the system said stays as it
    is. */
import type { ErrorReport } from '../backend/types';
import type { Said } from './say';

const ROOM = 'Prüfen, ob der Benutzerordner Platz hat und ob dort geschrieben werden darf.';

export const program: Partial<Record<string, (report: ErrorReport) => Said>> = {
  unexpected: ({ message }) => [`das ist unerwartet gescheitert: ${message}`, ''],
  migration_at_work: () => ['diese Migration ist bei der Arbeit', 'Sie zuerst pausieren.'],
  not_open: () => [
    'die Migration ist nicht mehr offen; es wurde nichts getan',
    'Sie wieder öffnen und ansehen, bevor es weitergeht.',
  ],
  home_unwritable: ({ message }) => [
    `die Liste der Migrationen kann nicht aufbewahrt werden (${message})`,
    ROOM,
  ],
  settings_unwritable: ({ message }) => [
    `die Einstellungen können nicht aufbewahrt werden (${message})`,
    ROOM,
  ],
  draft_not_kept: ({ message }) => [`der Entwurf kann nicht aufbewahrt werden (${message})`, ROOM],
  logs_unwritable: ({ message }) => [
    `die Protokolle können nicht geschrieben werden (${message})`,
    'Einen Ordner wählen, den es gibt und in den geschrieben werden darf.',
  ],
  not_shown: ({ message }) => [
    `das kann nicht gezeigt werden (${message})`,
    'Vielleicht wurde es verschoben oder entfernt, oder sein Datenträger ist weg.',
  ],
  not_here: () => [
    'die Datei dieses Datensatzes liegt nicht auf diesem Computer',
    'Den Pfad kopieren und dort nachsehen, wohin er führt.',
  ],
  path_not_text: ({ message }) => [
    `ein Pfad ist kein Unicode-Text (${message})`,
    'Den Ordner umbenennen oder den darüber wählen.',
  ],
  bandwidth: () => [
    'das ist keine Bandbreite: off, 20MB/s oder Uhrzeiten wie „Mon-Fri 08:00 20MB/s; 19:00 off“ schreiben',
    '',
  ],
  place: ({ message }) => [`so ist kein Ort geschrieben (${message})`, ''],
  pause_at: () => ['das ist keine Uhrzeit: Stunden und Minuten schreiben, etwa 08:00', ''],
  span: () => ['das ist keine Dauer: mit Einheit schreiben, etwa 500ms, 10s, 5m oder 1h 30m', ''],
};
