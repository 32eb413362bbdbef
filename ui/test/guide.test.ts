import { beforeEach, describe, expect, it } from 'vitest';
import type { Finding, JobSpec, Snapshot } from '../src/backend/types';
import { fixOf, hasRecords } from '../src/state/checking.svelte';
import { Desk } from '../src/state/desk.svelte';
import { Draft } from '../src/state/draft.svelte';
import { saidOf } from '../src/state/steps';
import { FakeDoor } from './fake-door';
import { balance, defaults, progress, requestTrial, snapshot } from './samples';

const settle = () => new Promise((resolve) => setTimeout(resolve));
const asked = <T>(door: FakeDoor, name: string, at = 1): T =>
  door.calls.findLast(([one]) => one === name)?.[at] as T;
const times = (door: FakeDoor, name: string) => door.calls.filter(([one]) => one === name).length;

let door: FakeDoor;
beforeEach(() => {
  door = new FakeDoor();
});

/** A job with something that each step shows, and something that none does. */
const whole = (): JobSpec => ({
  ...snapshot().job,
  name: 'Archive',
  watch: {
    quiet: '2m',
    marker: '.ready',
    on_change: 'ignore',
    events: false,
    poll: '9s',
    rescan: '2m',
    idle_end: '1h',
  },
  group: [{ preset: 'raw' }, { folder: 'DCIM/*' }],
  describe: {
    tool: 'mediainfo',
    path: '/opt/mediainfo',
    kinds: ['video'],
    extensions: ['xyz'],
    timeout_s: 9,
    memory_mb: 512,
    processes: 2,
    keep_raw: false,
    on_unknown_media: 'fail',
  },
  map: {
    target: '{{ name }}',
    on_collision: 'fail',
    field: [{ name: 'year', value: '{{ fields.Shot }}', when: 'fields.Shot' }],
    require: [{ field: 'Rights', type: 'text', pattern: null, one_of: ['free'], optional: true }],
  },
  lookup: [
    {
      name: 'rights',
      method: 'GET',
      url: 'https://dam.example/{{ id }}',
      headers: { Accept: 'application/json' },
      body: null,
      auth: { basic: { user: 'anna', password: 'DAM_PASSWORD' } },
      fields: { title: '/t', owner: { pointer: '/o', required: false } },
      timeout_s: 7,
    },
  ],
  register: {
    method: 'PUT',
    url: 'https://dam.example/assets',
    headers: {},
    body: '{}',
    auth: { header: { name: 'X-Key', secret: 'DAM_KEY' } },
    idempotency_header: 'Key',
    success: [201, 409],
    id: '/id',
    timeout_s: 8,
  },
  sidecar: [{ format: 'pbcore', name: 'stem', fields: { title: 'fields.Title' } }],
  catalogue_out: { path: '/mnt/out.xlsx', records: 'all' },
  endpoints: { 'https://dam.example': { concurrency: null, rate: 5, burst: null } },
  connections: {},
});

const drafted = (job: JobSpec) => new Draft(door, job, defaults().ranges, job);

describe('a draft', () => {
  it('gives back every word of the job that it was made from', () => {
    expect(drafted(whole()).job()).toEqual({ ...whole(), catalogue: [] });
  });

  it('keeps itself once for each change, and not at all before it is begun', async () => {
    const draft = Draft.blank(door, defaults());
    await draft.keep();
    expect(times(door, 'saveDraft')).toBe(0);
    draft.add(['/a']);
    await draft.keep();
    await draft.keep();
    expect([times(door, 'saveDraft'), draft.keeping.id]).toEqual([1, 'draft-1']);
    draft.destination = '/b';
    await draft.keep();
    expect(asked<string>(door, 'saveDraft')).toBe('draft-1');
    expect(asked<JobSpec>(door, 'saveDraft', 2)).toMatchObject({ sources: ['/a'], destination: '/b' });
    await draft.drop();
    expect(door.calls.at(-1)).toEqual(['removeDraft', 'draft-1']);
  });

  it('is not written again once it is thrown away, whatever is still being written', async () => {
    const draft = Draft.blank(door, defaults());
    draft.add(['/a']);
    let written: () => void = () => undefined;
    door.saveDraft = (id, job) => {
      door.calls.push(['saveDraft', id, job]);
      return new Promise((resolve) => (written = () => resolve('draft-1')));
    };
    const kept = draft.keep();
    draft.destination = '/b';
    const dropped = draft.drop();
    written();
    await Promise.all([kept, dropped]);
    await draft.keep();
    const calls = door.calls.filter(([name]) => name === 'saveDraft' || name === 'removeDraft');
    expect(calls.map(([name, id]) => [name, id])).toEqual([
      ['saveDraft', null],
      ['removeDraft', 'draft-1'],
    ]);
    expect(draft.keeping.id).toBeNull();
  });

  it('keeps no text that is no place, for it may hold a secret', async () => {
    const draft = Draft.blank(door, defaults());
    draft.add(['/a']);
    door.refuses = { checkPlace: { code: 'place', message: 'a password stands in the URL', advice: '' } };
    draft.destination = 'sftp://u:hunter2@nas/x';
    await settle();
    expect(draft.problem).toBe('a password stands in the URL');
    await draft.keep();
    expect(asked<JobSpec>(door, 'saveDraft', 2).destination).toBe('');
    expect(await draft.addPlace('sftp://u:hunter2@nas/x')).toContain('password');
    expect(draft.sources).toEqual(['/a']);
  });

  it('takes a preset over the places that are chosen, and a job file with its own', async () => {
    const draft = Draft.blank(door, defaults());
    draft.add(['/a']);
    draft.destination = '/b';
    expect(await draft.load()).toBe(false);
    door.loaded = { ...whole(), sources: [], destination: '', catalogue: [] };
    await draft.load();
    expect(draft.job()).toMatchObject({ sources: ['/a'], destination: '/b', map: { target: '{{ name }}' } });
    expect(draft.job().endpoints).toEqual(whole().endpoints);
    door.loaded = whole();
    await draft.load();
    expect([draft.sources, draft.destination]).toEqual([whole().sources, whole().destination]);
    await draft.saveAsPreset();
    expect(asked<JobSpec>(door, 'saveJob')).toMatchObject({ sources: [], destination: '', sidecar: [{}] });
  });

  it('says what was found in a source and why one cannot be used', async () => {
    const problem = { code: 'source_missing', message: 'there is no source /gone', advice: '', what: null };
    door.sought = ({ sources }) => ({
      sources: sources.map((source) => ({
        source,
        files: source === '/gone' ? 0 : 7,
        bytes: 70,
        is_all: true,
        is_file: false,
        problem: source === '/gone' ? problem : null,
      })),
      records: [],
      map_problem: null,
    });
    const draft = Draft.blank(door, defaults());
    draft.add(['/a', '/gone']);
    await settle();
    expect([draft.trial.of('/a')?.files, draft.trial.of('/gone')?.problem]).toEqual([7, problem]);
    draft.remove('/gone');
    draft.remove('/a');
    await settle();
    expect(draft.trial.found).toBeNull();
  });

  it('shows the records of the last template that could be used, and where one is wrong', async () => {
    const record = {
      row: null,
      source: '/a/x.mov',
      is_there: true,
      problem: null,
      target: 'x.mov',
      findings: [],
    };
    door.sought = () => ({ sources: [], records: [record], map_problem: null });
    const draft = Draft.blank(door, defaults());
    draft.add(['/a']);
    await settle();
    expect(draft.preview).toEqual([record]);
    const wrong = (map_problem: string) => (door.sought = () => ({ sources: [], records: [], map_problem }));
    wrong('template "map, target": syntax error: unexpected end (line 1)');
    draft.setTarget('{{ x');
    await settle();
    expect([draft.preview, draft.targetProblem]).toEqual([[record], 'unexpected end (line 1)']);
    wrong('template "map, field 2 (year)": no filter');
    draft.setMap({ field: [{ name: 'year', value: 'x' }] });
    await settle();
    expect([draft.mapProblem, draft.needs.names]).toEqual([
      { at: 1, why: 'no filter' },
      'Mend the rules for fields.',
    ]);
    wrong('[[map.require]] 1: its pattern is no regular expression');
    draft.setMap({ require: [{ field: 'a', pattern: '(' }] });
    await settle();
    expect(draft.mapProblem?.at).toBe('require');
  });

  it('leaves out rules that nobody has filled in', () => {
    const draft = Draft.blank(door, defaults());
    draft.setMap({ field: [{ name: '', value: '' }], require: [{ field: ' ' }] });
    expect(draft.job().map).toMatchObject({ field: [], require: [] });
  });

  it('refuses a time without its unit, and watches only what there is', async () => {
    const draft = Draft.blank(door, defaults());
    draft.add(['/a']);
    await draft.setWatch({});
    expect(draft.watch?.quiet).toBe('10s');
    door.refuses = { checkSpan: { code: 'span', message: '"10" is no length of time', advice: '' } };
    expect(await draft.setWatch({ quiet: '10' })).toBe('"10" is no length of time');
    expect(draft.watch?.quiet).toBe('10s');
    draft.remove('/a');
    expect(draft.watch).toBeNull();
  });
});

describe('a request', () => {
  it('needs a name, an address, its secret and places that begin with /', () => {
    const draft = Draft.blank(door, defaults());
    const lookup = draft.addLookup();
    expect(draft.needs.describe).toBe('Give the lookup a name.');
    lookup.name = 'rights';
    expect(lookup.problem).toContain('address');
    lookup.url = 'http://dam';
    expect(lookup.problem).toBeNull();
    lookup.auth = 'bearer';
    expect(lookup.problem).toContain('secret');
    lookup.secret = 'DAM_TOKEN';
    lookup.addField();
    lookup.fields = [{ name: 'title', pointer: 'title', required: true }];
    expect(lookup.problem).toContain('/asset/title');
    lookup.fields = [{ name: 'title', pointer: '/title', required: false }];
    expect(lookup.asLookup()).toMatchObject({
      auth: { bearer: 'DAM_TOKEN' },
      fields: { title: { pointer: '/title', required: false } },
    });
    draft.removeLookup(lookup);
    expect(draft.needs.describe).toBeNull();
  });

  it('is tried on one record after the other, and says why it cannot be', async () => {
    const draft = drafted(whole());
    const [lookup] = draft.lookups;
    if (!lookup) throw new Error('there is a lookup');
    await lookup.try();
    expect(door.calls.at(-1)?.slice(2)).toEqual([{ lookup: 0 }, 0]);
    expect(lookup.trial?.fields).toEqual({ title: 'Harbour' });
    door.requested = requestTrial({ on: { ...requestTrial().on, number: 1 } });
    await lookup.tryNext();
    expect([door.calls.at(-1)?.[3], lookup.at]).toEqual([1, 1]);
    await draft.register?.try();
    expect(door.calls.at(-1)?.[2]).toBe('register');
    const refused = {
      code: 'secret_missing',
      message: 'the secret DAM_PASSWORD is not set',
      advice: 'Set it.',
      what: null,
    };
    door.refuses = { tryRequest: refused };
    await lookup.try();
    expect([lookup.trial, lookup.refused, lookup.trying]).toEqual([null, refused, false]);
  });
});

describe('the steps', () => {
  async function begun(set: (door: FakeDoor) => void = () => undefined): Promise<Desk> {
    set(door);
    const desk = new Desk(door);
    await desk.begin();
    return desk;
  }
  const ready = (given: Partial<Snapshot> = {}) =>
    snapshot({
      progress: progress({ state: 'ready', balance: balance({ found: 9, pending: 9 }) }),
      ...given,
    });

  it('say what is chosen in a few words', () => {
    const draft = drafted(whole());
    expect(saidOf(draft.job(), 'sources')).toBe('2019, watched');
    expect(saidOf(draft.job(), 'names')).toBe('by template, 1 field, 1 requirement');
    expect(saidOf(draft.job(), 'describe')).toBe('MediaInfo, 1 lookup, PBCore, 2 rules for groups');
    expect(saidOf(draft.job(), 'destination')).toBe('archive, Read back, registered');
    const blank = Draft.blank(door, defaults());
    expect(
      ['sources', 'names', 'describe', 'destination'].map((step) => saidOf(blank.job(), step as never)),
    ).toEqual(['none yet', 'as at the source', 'nothing', 'none yet']);
  });

  it('lead from one to the next, keep the description, and stop where nothing can be done yet', async () => {
    const desk = await begun((door) => (door.launched = ['/a']));
    const { guide } = desk;
    expect([guide.on, guide.shown, guide.beside(-1)]).toEqual([true, 'sources', null]);
    guide.move(1);
    guide.move(1);
    guide.move(1);
    expect(guide.shown).toBe('destination');
    expect(guide.steps.find(({ step }) => step === 'destination')?.needs).toBe('Choose a destination.');
    guide.move(1);
    expect([guide.shown, guide.beside(1)]).toEqual(['check', null]);
    guide.go('pilot');
    expect(guide.shown).toBe('check');
    await settle();
    expect(times(door, 'saveDraft')).toBe(1);
  });

  it('throw the draft away once its migration is made', async () => {
    const desk = await begun((door) => {
      door.launched = ['/a'];
      door.snapshotNow = null;
    });
    desk.guide.keep();
    await settle();
    if (desk.draft) desk.draft.destination = '/b';
    door.snapshotNow = ready();
    await desk.check();
    expect(door.calls).toContainEqual(['removeDraft', 'draft-1']);
    expect(desk.guide.shown).toBe('check');
  });

  it('go on with a draft that was kept, and look at nothing before that', async () => {
    const desk = await begun((door) => (door.keptDrafts = [{ id: '7', job: whole(), of: null }]));
    const [kept] = desk.drafts;
    if (!kept) throw new Error('there is a draft');
    expect([times(door, 'trySources'), desk.screen]).toEqual([0, 'home']);
    await desk.goOn(kept);
    await settle();
    expect([desk.guide.shown, times(door, 'trySources')]).toEqual(['sources', 1]);
    await desk.goHome();
    expect(times(door, 'saveDraft')).toBe(0);
    await desk.dropDraft(kept);
    expect([desk.drafts, door.calls.at(-1)]).toEqual([[], ['removeDraft', '7']]);
  });

  it('go from a checked migration to what a finding is mended in', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    expect(desk.guide.shown).toBe('check');
    desk.guide.go('names');
    expect([desk.screen, desk.guide.shown, desk.draft?.destination]).toEqual([
      'setup',
      'names',
      '/mnt/nas/archive',
    ]);
    expect(times(door, 'saveDraft')).toBe(0);
  });

  it('keep what is changed in the description of a migration, and only that', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    desk.edit();
    desk.guide.keep();
    await desk.leaveEdit();
    expect([desk.screen, desk.drafts, times(door, 'saveDraft')]).toEqual(['preflight', [], 0]);

    desk.edit();
    desk.draft?.setTarget('{{ stem }}');
    desk.guide.keep();
    await settle();
    expect(asked<JobSpec>(door, 'saveDraft', 2).map).toMatchObject({ target: '{{ stem }}' });
    // At home it stays with its migration.
    await desk.goHome();
    expect([desk.drafts, desk.draft?.map.target]).toEqual([[], '{{ stem }}']);
    door.sendPaths(['/mnt/other.sluice']);
    await settle();
    expect(desk.drafts.map(({ map }) => map.target)).toEqual(['{{ stem }}']);

    desk.edit();
    desk.draft?.setTarget('{{ name }}');
    await desk.leaveEdit();
    expect([desk.screen, desk.draft, desk.drafts.length]).toEqual(['preflight', null, 2]);
    expect(desk.work.notices.shown.map(({ code }) => code)).toEqual(['draft']);
  });

  it('lead from a draft of a migration back to the edit of it', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    desk.edit();
    desk.draft?.setTarget('{{ stem }}');
    await desk.leaveEdit();
    expect(asked<string>(door, 'saveDraft', 3)).toBe(ready().checkpoint);
    await desk.goHome();
    const [left] = desk.drafts;
    if (!left) throw new Error('there is a draft');
    await desk.goOn(left);
    expect(asked<string>(door, 'openMigration')).toBe(ready().checkpoint);
    expect([desk.screen, desk.draft, desk.drafts]).toEqual(['setup', left, []]);
    expect(desk.migration?.checkpoint).toBe(ready().checkpoint);
    await desk.check();
    expect([times(door, 'setJob'), times(door, 'createMigration')]).toEqual([1, 0]);
    expect(asked<JobSpec>(door, 'setJob').map).toMatchObject({ target: '{{ stem }}' });
  });

  it('lead back to the edit also after the window was closed', async () => {
    const of = ready().checkpoint;
    const job = { ...ready().job, limits: { ...ready().job.limits, streams: 7 } };
    const desk = await begun((door) => (door.keptDrafts = [{ id: '7', job, of }]));
    door.snapshotNow = ready();
    const [kept] = desk.drafts;
    if (kept) await desk.goOn(kept);
    expect([desk.screen, desk.draft?.limits.streams, desk.migration?.checkpoint]).toEqual(['setup', 7, of]);
    await desk.check();
    expect([times(door, 'setJob'), times(door, 'createMigration')]).toEqual([1, 0]);
  });

  it.each([
    ['running', 'has begun to move files'],
    ['finished', 'has begun to move files'],
    ['planning', 'is being checked'],
  ] as const)('offer a draft of a migration that is %s as a new one, and say why', async (state, why) => {
    const of = ready().checkpoint;
    const desk = await begun((door) => (door.keptDrafts = [{ id: '7', job: whole(), of }]));
    door.snapshotNow = snapshot({ progress: progress({ state }) });
    const [kept] = desk.drafts;
    if (kept) await desk.goOn(kept);
    expect([desk.screen, desk.draft, desk.migration]).toEqual(['setup', kept, null]);
    expect(times(door, 'leaveMigration')).toBe(1);
    const [said] = desk.work.notices.shown;
    expect([said?.message, said?.advice]).toEqual([
      expect.stringContaining(why),
      expect.stringContaining('becomes a new migration'),
    ]);
    await desk.check();
    expect([times(door, 'setJob'), times(door, 'createMigration')]).toEqual([0, 1]);
  });

  it('offer a draft as a new migration where the file of its own is gone, and try that again later', async () => {
    const of = ready().checkpoint;
    const desk = await begun((door) => {
      door.keptDrafts = [{ id: '7', job: whole(), of }];
      door.refuses = { openMigration: { code: 'x', message: 'There is no such file.', advice: 'Look.' } };
    });
    const [kept] = desk.drafts;
    if (!kept) throw new Error('there is a draft');
    await desk.goOn(kept);
    expect([desk.screen, desk.draft, desk.migration, desk.busy]).toEqual(['setup', kept, null, false]);
    const [said] = desk.work.notices.shown;
    expect(said?.message).toContain('There is no such file.');
    expect(said?.advice).toBe('Look. What is described here becomes a new migration.');
    // Its disk is there again.
    await desk.goHome();
    door.refuses = {};
    door.snapshotNow = ready();
    await desk.goOn(kept);
    expect(desk.migration?.checkpoint).toBe(of);
  });

  it('keep nothing of a description that its migration took over', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    desk.edit();
    desk.draft?.setTarget('{{ stem }}');
    desk.guide.keep();
    await settle();
    await desk.check();
    expect(times(door, 'setJob')).toBe(1);
    expect([desk.drafts, asked<string>(door, 'removeDraft')]).toEqual([[], 'draft-1']);
  });

  it('show a pilot, what became of its records, and then the run of all', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    desk.guide.go('pilot');
    desk.pilot.records = 5;
    await desk.pilot.start();
    expect(door.calls).toContainEqual(['startPilot', 5]);
    door.sendProgress(progress({ state: 'running', at_ms: 5 }));
    expect([desk.screen, desk.guide.on, desk.pilot.underWay]).toEqual(['run', true, true]);
    door.sendProgress(progress({ state: 'paused', at_ms: 6 }));
    door.outcomes = [
      {
        id: 1,
        source: '/a',
        target: 'a',
        size: 1,
        state: 'delivered',
        evidence: 'read_back',
        category: null,
        why: null,
        advice: '',
      },
      {
        id: 2,
        source: '/b',
        target: null,
        size: 1,
        state: 'failed',
        evidence: null,
        category: 'not_found',
        why: 'x',
        advice: 'y',
      },
    ];
    await desk.pilot.load();
    expect([desk.guide.shown, desk.pilot.failed]).toEqual(['pilot', 1]);
    expect(desk.guide.steps.find(({ step }) => step === 'pilot')?.said).toBe('2 tried, 1 failed');
    await desk.steering.start();
    expect([desk.guide.on, desk.pilot.on]).toEqual([false, false]);
  });

  it('make another migration of a job that is changed after its pilot', async () => {
    const desk = await begun((door) => (door.snapshotNow = ready()));
    await desk.pilot.start();
    door.sendProgress(progress({ state: 'paused', at_ms: 6 }));
    desk.guide.go('names');
    desk.draft?.setTarget('{{ stem }}');
    await desk.check();
    expect(times(door, 'createMigration')).toBe(1);
    expect(times(door, 'setJob')).toBe(0);
  });
});

describe('findings', () => {
  const finding = (code: string, records = 3): Finding => ({
    severity: 'warns',
    code,
    message: '',
    advice: '',
    records,
    what: null,
  });

  it('are mended where their cause is', () => {
    expect(
      ['name_collision', 'no_space', 'tool_missing', 'catalogue_short_rows', 'excluded_junk'].map((code) =>
        fixOf(finding(code)),
      ),
    ).toEqual(['names', 'destination', 'describe', 'names', null]);
    expect([
      hasRecords(finding('excluded_junk')),
      hasRecords(finding('no_space', 0)),
      hasRecords(finding('watched')),
    ]).toEqual([true, false, false]);
  });

  it('open their records page by page, and close them', async () => {
    door.snapshotNow = snapshot();
    const desk = new Desk(door);
    await desk.begin();
    const record = (id: number) => ({
      id,
      source: `/a/${id}`,
      row: null,
      size: 1,
      wanted: null,
      target: null,
      why: null,
    });
    door.behind = { records: [record(1)], next: 1 };
    await desk.checking.toggle('excluded_junk');
    door.behind = { records: [record(2)], next: null };
    await desk.checking.more();
    await desk.checking.more();
    expect(desk.checking.opened?.records.map(({ id }) => id)).toEqual([1, 2]);
    expect(times(door, 'concerned')).toBe(2);
    await desk.checking.toggle('excluded_junk');
    expect(desk.checking.opened).toBeNull();
  });
});
