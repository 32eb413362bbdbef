/** Why something failed or a run waits, in German. What systems and services said stays as it is. */
import type { Deed, FieldType, Must, Why } from '../backend/types';
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

const TYPE: Record<FieldType, string> = {
  text: 'Text',
  integer: 'eine ganze Zahl',
  number: 'eine Zahl',
  date: 'ein Datum',
  boolean: 'wahr oder falsch',
};

const must: Words<Must, string> = {
  single: () => 'es muss ein einzelner Wert sein',
  there: () => 'es muss da sein',
  type: ({ expected }) => `es muss ${TYPE[expected]} sein`,
  form: ({ pattern }) => `es muss die Form ${pattern} haben`,
  one_of: ({ values, more }) => `es muss einer dieser Werte sein: ${values.join(', ')}${more ? ', …' : ''}`,
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
  field: ({ field, value, must: wanted }) =>
    `das Feld „${field}“ ${value === null ? 'fehlt oder ist leer' : `ist „${value}“`}; ${say(must, wanted)}`,
  template: ({ name, said }) => `die Vorlage „${name}“ geht nicht auf: ${said}`,
  collision: ({ target, record }) =>
    `das Ziel unterscheidet ${target} nicht vom Ziel des Datensatzes ${count(record)}`,
  name: ({ name }) => `das Dateisystem des Ziels kann den Namen ${name} nicht aufnehmen`,
  checkpoint: ({ problem }) => say(problems, problem)[0],
};
