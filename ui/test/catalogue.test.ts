import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueTrial, Inspection, JobSpec } from '../src/backend/types';
import {
  CatalogueDraft,
  catalogueOf,
  cataloguesAmong,
  folderOf,
  nameOf,
  rootsOf,
} from '../src/state/catalogue.svelte';
import { Draft } from '../src/state/draft.svelte';
import { latest } from '../src/state/latest';
import { fieldOf } from '../src/state/template';
import { FakeDoor } from './fake-door';
import { defaults, inspection, snapshot, triedRecord } from './samples';

const settle = () => new Promise((resolve) => setTimeout(resolve));

const trial = (given: Partial<CatalogueTrial> = {}): CatalogueTrial => ({
  records: [triedRecord(2)],
  beginnings: [],
  map_problem: null,
  ...given,
});

/** A draft with one catalogue, looked at. */
async function drafted(
  set: (door: FakeDoor) => void = () => undefined,
): Promise<[CatalogueDraft, FakeDoor, Draft]> {
  const door = new FakeDoor();
  door.tried = () => trial();
  set(door);
  const draft = Draft.blank(door, defaults());
  draft.addCatalogues(['/mnt/exports/june.csv']);
  await settle();
  if (!draft.shown) throw new Error('no catalogue is shown');
  return [draft.shown, door, draft];
}

/** What the named command was last asked. */
const asked = <T>(door: FakeDoor, name: string): T => door.calls.findLast(([one]) => one === name)?.[1] as T;
const jobTried = (door: FakeDoor) => asked<JobSpec>(door, 'tryCatalogue');

describe('a catalogue that is being described', () => {
  it('takes what the engine proposes, and needs nothing more', async () => {
    const [catalogue, door, draft] = await drafted();
    expect(catalogue.problem).toBeNull();
    expect(catalogue.said).toMatchObject({ path: ['Path'], id: 'No', size: null });
    expect(jobTried(door).catalogue?.[0]).toMatchObject({ file: '/mnt/exports/june.csv', path: ['Path'] });
    expect(catalogue.trial?.records).toHaveLength(1);
    expect(draft.problem).toBe('Choose a destination.');
  });

  it('asks for the path where no column looks like one, and tries nothing', async () => {
    const guess = { path: [], id: null, size: null, checksum: null };
    const [catalogue, door] = await drafted((door) => (door.inspected = () => inspection({ guess })));
    expect(catalogue.problem).toBe('Say which column of june.csv holds the paths.');
    expect(jobTried(door)).toBeUndefined();
    await catalogue.map({ path: ['Title'] });
    expect([catalogue.problem, catalogue.trial?.records.length]).toEqual([null, 1]);
  });

  it('reads anew what the person overrules, and keeps what they chose', async () => {
    const [catalogue, door] = await drafted();
    await catalogue.map({ id: null });
    const other = inspection({
      columns: ['A', 'B'],
      guess: { path: ['B'], id: 'A', size: null, checksum: null },
    });
    door.inspected = () => other;
    await catalogue.read({ delimiter: ';' });
    expect(asked<Catalogue>(door, 'inspectCatalogue').delimiter).toBe(';');
    expect([catalogue.said.path, catalogue.said.id]).toEqual([['B'], null]);
    await catalogue.read({ format: 'xlsx' });
    expect(catalogue.said).toMatchObject({ format: 'xlsx', delimiter: null });
  });

  it('says why a file cannot be read, and reads it once that is mended', async () => {
    const refusal = {
      code: 'catalogue_damaged',
      message: 'It is protected.',
      advice: 'Save it without.',
      what: null,
    };
    const [catalogue, door] = await drafted((door) => (door.refuses = { inspectCatalogue: refusal }));
    expect([catalogue.unreadable, catalogue.found, catalogue.trial]).toEqual([refusal, null, null]);
    expect(catalogue.problem).toBe('june.csv cannot be read.');
    door.refuses = {};
    await catalogue.read({ format: 'csv' });
    expect([catalogue.unreadable, catalogue.problem]).toEqual([null, null]);
  });

  it('keeps the description when the files cannot be looked for', async () => {
    const refusal = { code: 'source_missing', message: 'there is no source /x', advice: '', what: null };
    const [catalogue, door] = await drafted();
    door.refuses = { tryCatalogue: refusal };
    await catalogue.map({ base: '/x' });
    expect([catalogue.untried, catalogue.trial, catalogue.problem]).toEqual([refusal, null, null]);
  });

  it('proposes rules for beginnings of paths, which become rules when they are filled in', async () => {
    const beginnings = ['Y:\\', 'Z:\\Archive'];
    const [catalogue, door] = await drafted((door) => (door.tried = () => trial({ beginnings })));
    expect(catalogue.rules).toEqual([
      { from: 'Y:\\', to: '' },
      { from: 'Z:\\Archive', to: '' },
    ]);
    expect(catalogue.problem).toBeNull();
    door.tried = () => trial({ beginnings: ['Y:\\'] });
    await catalogue.setRule(1, { to: '/mnt/archive' });
    expect(catalogue.said.prefix).toEqual([{ from: 'Z:\\Archive', to: '/mnt/archive' }]);
    expect(catalogue.rules.map((rule) => rule.from)).toEqual(['Z:\\Archive', 'Y:\\']);
    expect(jobTried(door).catalogue?.[0]?.prefix).toHaveLength(1);

    // A rule that is only begun is not sent, and holds the check up.
    await catalogue.setRule(0, { to: ' ' });
    expect(jobTried(door).catalogue?.[0]?.prefix).toEqual([]);
    expect(catalogue.problem).toBe('Complete the rule for Z:\\Archive.');
    await catalogue.removeRule(0);
    await catalogue.addRule();
    expect([catalogue.said.prefix, catalogue.problem]).toEqual([[{ from: '', to: '' }], null]);
  });

  it('wants a base folder in which unnamed files can be counted', async () => {
    const [catalogue] = await drafted();
    await catalogue.map({ unlisted: true });
    expect(catalogue.problem).toBeNull();
    await catalogue.map({ prefix: [{ from: 'Z:\\', to: '/z' }] });
    expect(catalogue.problem).toContain('base folder');
    await catalogue.map({ base: '/z' });
    expect(catalogue.problem).toBeNull();
  });

  it('takes a preset as it is, and finds out what it leaves out', async () => {
    const [catalogue, door] = await drafted();
    await catalogue.map({ id: 'Title' });
    await catalogue.usePreset({ encoding: 'macintosh', path: ['path'] });
    expect(catalogue.said).toEqual(
      catalogueOf({ file: '/mnt/exports/june.csv', encoding: 'macintosh', path: ['path'] }),
    );
    expect([catalogue.columnOf('path'), catalogue.columnOf('Datei')]).toEqual(['Path', null]);
    await catalogue.usePreset({ encoding: 'utf-8' });
    expect([catalogue.said.path, catalogue.said.id]).toEqual([['Path'], 'No']);
    expect(door.calls.filter(([name]) => name === 'inspectCatalogue')).toHaveLength(3);
  });

  it('shows what is newest when answers come late', async () => {
    const answers: ((found: Inspection) => void)[] = [];
    const [catalogue, door] = await drafted();
    door.inspected = () => new Promise((resolve) => answers.push(resolve));
    void catalogue.read({ delimiter: ';' });
    void catalogue.read({ delimiter: '|' });
    const last = catalogue.read({ delimiter: 'tab' });
    await settle();
    expect([answers.length, catalogue.looking]).toEqual([1, true]);
    answers[0]?.(inspection({ columns: ['old'] }));
    await settle();
    expect(answers).toHaveLength(2);
    answers[1]?.(inspection({ columns: ['new'] }));
    await last;
    expect([catalogue.columns, catalogue.looking]).toEqual([['new'], false]);
    expect(asked<Catalogue>(door, 'inspectCatalogue').delimiter).toBe('tab');
  });
});

describe('a draft with catalogues', () => {
  it('tries the template as it is typed, and says what is wrong with it', async () => {
    const [catalogue, door, draft] = await drafted();
    door.tried = ({ map }) =>
      trial({ map_problem: map?.target ? 'template "map, target": unexpected end' : null });
    draft.setTarget('{{ fields.Tit');
    await settle();
    expect(jobTried(door).map?.target).toBe('{{ fields.Tit');
    expect(draft.targetProblem).toBe('unexpected end');
    expect([draft.problem, catalogue.preview.length]).toEqual(['Mend the template of the names.', 1]);
    draft.setTarget('  ');
    await settle();
    expect([draft.map.target, draft.targetProblem]).toEqual([null, null]);
  });

  it('leaves catalogues that are not complete out of what is tried', async () => {
    const [catalogue, door, draft] = await drafted();
    door.inspected = () => inspection({ guess: { path: [], id: null, size: null, checksum: null } });
    draft.addCatalogues(['/a.csv', '/mnt/exports/june.csv']);
    await settle();
    expect([draft.catalogues.length, draft.shown]).toEqual([2, catalogue]);
    await catalogue.map({ size: 'No' });
    expect(jobTried(door).catalogue?.map(({ file }) => file)).toEqual(['/mnt/exports/june.csv']);
    expect(draft.problem).toContain('a.csv');
  });

  it('lets a file be moved that looks like a catalogue, and back', async () => {
    const [catalogue, , draft] = await drafted();
    draft.setTarget('{{ id }}');
    draft.asFile(catalogue);
    expect([draft.sources, draft.catalogues, draft.shown]).toEqual([['/mnt/exports/june.csv'], [], null]);
    expect(draft.map.target).toBe('{{ id }}');
    draft.asCatalogue('/mnt/exports/june.csv');
    await settle();
    expect([draft.sources, draft.shown?.name]).toEqual([[], 'june.csv']);
  });

  it('takes a folder that is a source as the base folder instead', async () => {
    const [catalogue, door, draft] = await drafted();
    draft.add(['/mnt/tapes', '/mnt/more']);
    draft.sourceAsBase(catalogue, '/mnt/tapes');
    await settle();
    expect([draft.sources, jobTried(door).catalogue?.[0]?.base]).toEqual([['/mnt/more'], '/mnt/tapes']);
  });

  it('knows the job again that the engine keeps, without what it leaves out', async () => {
    const [catalogue, door, draft] = await drafted();
    draft.destination = '/dst';
    await catalogue.map({ base: ' /mnt ' });
    const { file, path, id, base } = catalogue.spec();
    expect(base).toBe('/mnt');
    const kept = { file, path, id, base } as Catalogue;
    const job: JobSpec = { ...snapshot().job, sources: [], destination: '/dst', catalogue: [kept] };
    expect(draft.movesLike(job)).toBe(true);
    draft.setTarget('{{ name }}');
    await catalogue.map({ id: null });
    expect(draft.movesLike(job)).toBe(false);

    // Edited again, what was not mapped is not guessed.
    const again = new Draft(door, job, defaults().ranges, job);
    again.look();
    await settle();
    expect(again.catalogues.map((one) => one.said)).toEqual([catalogueOf(kept)]);
  });
});

describe('paths and names', () => {
  it('tells catalogues by their names, but not tables among other files', () => {
    expect(cataloguesAmong(['/a/x.CSV', '/a/Film', '/a/Tape 12.03.2019'])).toEqual(['/a/x.CSV']);
    expect(cataloguesAmong(['/a/x.json', '/a/x.mov'])).toEqual([]);
    expect(cataloguesAmong(['/a/x.mov', 'C:\\x'])).toEqual([]);
  });

  it('knows the parts of a path and where records may come from', () => {
    expect([nameOf('/a/b.csv'), nameOf('C:\\a\\b.csv')]).toEqual(['b.csv', 'b.csv']);
    expect([folderOf('/a/b.csv'), folderOf('/b.csv')]).toEqual(['/a', '/']);
    const catalogue = [catalogueOf({ file: '/x/a.csv', prefix: [{ from: 'Z:', to: '/z' }] })];
    expect(rootsOf({ ...snapshot().job, sources: ['/s'], catalogue })).toEqual(['/s', '/x', '/z']);
  });

  it('names fields as templates do', () => {
    expect(fieldOf('Title')).toBe('fields.Title');
    expect(fieldOf('File "name"')).toBe('fields["File \\"name\\""]');
  });
});

it('does the latest work once more when it was asked for meanwhile', async () => {
  const done: number[] = [];
  let value = 0;
  const ask = latest(async () => {
    const now = value;
    await settle();
    done.push(now);
  });
  const first = ask();
  for (value = 1; value < 9; value += 1) void ask();
  await Promise.all([first, ask()]);
  expect(done).toEqual([0, 9]);
  await ask();
  expect(done).toEqual([0, 9, 9]);
});
