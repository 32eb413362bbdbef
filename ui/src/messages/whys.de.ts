/** Why something failed or a run waits, in German. What systems and services said stays as it is. */
import type { Deed, Why } from '../backend/types';
import { count } from '../format';
import { problems } from './problems.de';
import { say, type Words } from './say';

/** That something cannot be done to a file. */
const DEED: Record<Deed, (place: string) => string> = {
  look_at: (place) => `${place} kann nicht angesehen werden`,
  open: (place) => `${place} kann nicht geöffnet werden`,
  read: (place) => `${place} kann nicht gelesen werden`,
  read_back: (place) => `${place} kann nicht zurückgelesen werden`,
  fetch: (place) => `${place} kann nicht geholt werden`,
  copy: (place) => `${place} kann nicht kopiert werden`,
  create: (place) => `für ${place} kann keine Datei angelegt werden`,
  write: (place) => `${place} kann nicht geschrieben werden`,
  finish: (place) => `${place} kann nicht abgeschlossen werden`,
  set_time: (place) => `die Änderungszeit von ${place} kann nicht gesetzt werden`,
  make_durable: (place) => `${place} kann nicht dauerhaft gemacht werden`,
  name: (place) => `${place} kann seinen endgültigen Namen nicht bekommen`,
  make_name_durable: (place) => `der Name von ${place} kann nicht dauerhaft gemacht werden`,
};

/** What a service is asked for. */
function asked(step: string): string {
  const [kind, lookup] = step.split(/:(.*)/s);
  return kind === 'lookup' && lookup ? `Nachschlagen (${lookup})` : 'Eintragen';
}

export const whys: Words<Why, string> = {
  refused: ({ deed, place, said }) => `${DEED[deed](place)}: ${said}`,
  gone: ({ place }) => `${place} ist nicht mehr da`,
  another: ({ place }) =>
    `${place} ist nicht mehr, was es am Anfang war, sondern ein leerer Einhängepunkt oder ein anderer Datenträger oder Ordner (pausieren und fortsetzen nimmt es, wie es ist)`,
  silent: ({ files }) => `${count(files)} Dateien antworteten nicht`,
  answered: ({ step, at, status, said }) =>
    `${asked(step)}, ${at}: ${status === null ? 'keine Antwort: ' : `${status}: `}${said}`,
  program: ({ program, said }) => `das Programm ${program} kann nicht gestartet werden: ${said}`,
  checkpoint: ({ problem }) => say(problems, problem)[0],
};
