import { describe, expect, it, vi } from 'vitest';
import { selectionOf } from '../src/backend/door';
import type { Advice, Finding, Register } from '../src/backend/types';
import { catalogueOf } from '../src/state/catalogue.svelte';
import { Desk } from '../src/state/desk.svelte';
import { FakeDoor } from './fake-door';
import { account, failedRecord, progress, snapshot } from './samples';

const settle = () => new Promise((resolve) => setTimeout(resolve));
const named = (door: FakeDoor) => door.calls.map(([name]) => name);

async function begun(set: (door: FakeDoor) => void = () => undefined): Promise<[Desk, FakeDoor]> {
  const door = new FakeDoor();
  set(door);
  const desk = new Desk(door);
  await desk.begin();
  return [desk, door];
}

const at = (state: Parameters<typeof progress>[0]) => (door: FakeDoor) =>
  void (door.snapshotNow = snapshot({ progress: progress(state) }));

describe('the way through the window', () => {
  it('begins at home, and asks for sources and a destination', async () => {
    const [desk, door] = await begun();
    expect(desk.screen).toBe('home');
    door.picked = ['/a', '/b', '/a'];
    await desk.arrivals.addFolders();
    expect(desk.screen).toBe('setup');
    expect(desk.draft?.sources).toEqual(['/a', '/b']);
    expect(desk.draft?.problem).toBe('Choose a destination.');
    await desk.check();
    expect(named(door)).not.toContain('createMigration');
    if (desk.draft) desk.draft.destination = ' /dst ';
    expect(desk.draft?.problem).toBeNull();
  });

  it('goes from the destination straight to the check, where nothing else is missing', async () => {
    const [desk, door] = await begun((door) => (door.launched = ['/a']));
    expect(desk.draft?.lacksOnlyDestination).toBe(true);
    door.picked = [];
    await desk.describing.chooseAndCheck();
    expect(named(door)).not.toContain('createMigration');
    door.picked = ['/dst'];
    await desk.describing.chooseAndCheck();
    expect(door.calls.find(([name]) => name === 'createMigration')?.[1]).toMatchObject({
      destination: '/dst',
    });
  });

  it('makes the migration, plans, and is ready when the plan is', async () => {
    const [desk, door] = await begun((door) => (door.launched = ['/a']));
    if (desk.draft) desk.draft.destination = '/dst';
    door.snapshotNow = snapshot({ progress: progress({ state: 'new' }) });
    await desk.check();
    const made = door.calls.find(([name]) => name === 'createMigration');
    expect(made?.[1]).toMatchObject({
      sources: ['/a'],
      destination: '/dst',
      deliver: { verify: 'read_back' },
    });
    expect(desk.screen).toBe('planning');
    door.snapshotNow = snapshot({ progress: progress({ state: 'ready', at_ms: 5 }), last_event: 3 });
    door.endPlan?.();
    await settle();
    expect(desk.screen).toBe('preflight');
  });

  it('goes back to the description, filled in, when the check was cancelled', async () => {
    const [desk, door] = await begun((door) => (door.launched = ['/mnt/tape-restore/2019']));
    if (desk.draft) desk.draft.destination = '/mnt/nas/archive';
    door.snapshotNow = snapshot({ progress: progress({ state: 'new' }) });
    await desk.check();
    await desk.steering.cancelCheck();
    door.endPlan?.();
    await settle();
    expect(desk.screen).toBe('setup');
    expect(desk.draft?.destination).toBe('/mnt/nas/archive');
  });

  it('keeps the migration when only settings change, and makes another for other files', async () => {
    const [desk, door] = await begun(at({ state: 'ready' }));
    desk.edit();
    expect(desk.screen).toBe('setup');
    if (desk.draft) desk.draft.limits = { ...desk.draft.limits, streams: 5 };
    await desk.check();
    expect(named(door)).not.toContain('createMigration');
    const limits = { batch_size: 1000, streams: 5, concurrency: 8 };
    expect(door.calls).toContainEqual(['setJob', expect.objectContaining({ limits })]);
    door.endPlan?.();
    await settle();

    desk.edit();
    desk.draft?.add(['/more']);
    await desk.check();
    const asked = named(door).filter((name) => name !== 'events' && name !== 'trySources');
    expect(asked.slice(-3)).toEqual(['leaveMigration', 'createMigration', 'plan']);
  });

  it('keeps the description when the engine refuses it, and says why', async () => {
    const report = { code: 'source_missing', message: 'There is no /a.', advice: 'Look for it.' };
    const [desk] = await begun((door) => {
      door.launched = ['/a'];
      door.refuses = { createMigration: report };
    });
    if (desk.draft) desk.draft.destination = '/dst';
    await desk.check();
    expect(desk.work.notices.shown).toMatchObject([{ tone: 'error', ...report }]);
    expect(desk.screen).toBe('setup');
    expect(desk.draft?.sources).toEqual(['/a']);
    expect(desk.busy).toBe(false);
  });

  it('keeps what it cannot describe when the same job goes elsewhere', async () => {
    const register: Register = { method: 'POST', url: 'http://dam', idempotency_header: 'K', success: [201] };
    const dam = { concurrency: null, rate: 5, burst: null };
    const [desk, door] = await begun((door) => {
      const before = snapshot({ progress: progress({ state: 'ready' }) });
      const job = { ...before.job, register, endpoints: { 'http://dam': dam } };
      door.snapshotNow = { ...before, job };
    });
    desk.edit();
    if (desk.draft) desk.draft.destination = '/elsewhere';
    await desk.check();
    const made = door.calls.find(([name]) => name === 'createMigration');
    expect(made?.[1]).toMatchObject({
      name: '',
      destination: '/elsewhere',
      register,
      endpoints: { 'http://dam': { rate: 5 } },
    });
  });

  it('stays at the list when records go onto the recovery lane, and else shows the run', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    desk.tab = 'failures';
    await desk.mending.reprocess(selectionOf({ ids: [1] }));
    expect(desk.tab).toBe('failures');
    expect(desk.work.notices.shown[0]?.message).toBe('1 record goes onto the recovery lane.');
    door.sendProgress(progress({ state: 'finished', at_ms: 9 }));
    await desk.mending.reprocess(selectionOf({ ids: [1] }));
    expect(desk.tab).toBe('run');
  });

  it('does what the advisor offers, and takes it back', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    const advise = (offer: Advice['offer']) =>
      desk.advising.apply({ code: 'own_limit', sentence: 'All taken', offer, what: null });
    const control = () => desk.migration?.job.control;
    await desk.migration?.setControl({
      ...snapshot().job.control,
      autopilot: { concurrency: true, batch_size: false, target_batch_s: 60 },
    });

    await advise({ knob: 'concurrency', to: 16 });
    expect(door.calls.at(-1)).toEqual(['setLimits', { batch_size: 1000, streams: 2, concurrency: 16 }]);
    expect([desk.advising.applied?.offer.knob, control()?.autopilot.concurrency]).toEqual([
      'concurrency',
      false,
    ]);
    await desk.advising.undo();
    expect(desk.migration?.progress.limits.concurrency).toBe(8);
    expect([desk.advising.applied, control()?.autopilot.concurrency]).toEqual([null, true]);

    await advise({ knob: 'service_concurrency', service: 'http://dam', to: 12 });
    expect(door.calls.at(-1)).toEqual([
      'setEndpoint',
      'http://dam',
      { concurrency: 12, rate: null, burst: null },
    ]);
    await desk.advising.undo();
    expect(desk.migration?.job.endpoints?.['http://dam']?.concurrency).toBeNull();

    await advise({ knob: 'look_ahead' });
    expect(control()?.look_ahead).toBe(true);
    await desk.advising.undo();
    expect(control()?.look_ahead).toBe(false);
  });

  it('leaves and changes failed records, and may send them through again at once', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    const about = { selection: selectionOf({ ids: [7] }), records: 1, record: null };
    const amendment = { path: 'a.mov', prefix: null, replace: null, fields: {} };
    desk.mending.askLeave(about);
    await desk.mending.leave('broken tape');
    expect(door.calls).toContainEqual(['leave', about.selection, 'broken tape']);
    expect([desk.asking, desk.work.notices.shown[0]?.message]).toEqual([
      null,
      '1 record is left, with your note.',
    ]);

    await desk.mending.askAmend(about);
    await desk.mending.amend(amendment, true);
    expect(door.calls.slice(-2)).toEqual([
      ['amend', about.selection, amendment],
      ['reprocess', about.selection],
    ]);

    door.refuses = { amend: { code: 'amendment', message: 'no path', advice: '' } };
    await desk.mending.askAmend(about);
    await desk.mending.amend(amendment, true);
    expect([desk.asking, desk.work.notices.shown.at(-1)?.message]).toEqual(['amend', 'no path']);
    expect(door.calls.at(-1)?.[0]).toBe('amend');
  });

  it('says why a text is no bandwidth', async () => {
    const [desk, door] = await begun();
    expect(await desk.steering.bandwidthProblem('off')).toBeNull();
    door.refuses = { checkBandwidth: { code: 'bandwidth', message: '"fast" is no bandwidth', advice: '' } };
    expect(await desk.steering.bandwidthProblem('fast')).toBe('"fast" is no bandwidth');
  });

  it('shows what runs already after a reload', async () => {
    const [desk] = await begun(at({ state: 'running' }));
    expect(desk.screen).toBe('run');
  });

  it('opens one .sluice file that the program was started with or that is dropped', async () => {
    const [desk, door] = await begun();
    door.snapshotNow = snapshot({ progress: progress({ state: 'paused' }) });
    door.sendDrag({ kind: 'over' });
    expect(desk.arrivals.dragging).toBe(true);
    door.sendDrag({ kind: 'dropped', paths: ['/home/anna/Archive.SLUICE'] });
    await settle();
    expect(desk.arrivals.dragging).toBe(false);
    expect(door.calls).toContainEqual(['openMigration', '/home/anna/Archive.SLUICE']);
    expect(desk.screen).toBe('run');
  });

  it('opens one after the other what comes at once, and shows what the engine shows', async () => {
    const [desk, door] = await begun();
    const opening: (() => void)[] = [];
    door.openMigration = (path) =>
      new Promise((resolve) => {
        door.calls.push(['openMigration', path]);
        opening.push(() => resolve(snapshot({ checkpoint: path, progress: progress({ state: 'paused' }) })));
      });
    door.sendPaths(['/mnt/a.sluice']);
    door.sendDrag({ kind: 'dropped', paths: ['/mnt/b.sluice'] });
    await settle();
    expect(opening).toHaveLength(1);
    opening[0]?.();
    await settle();
    opening[1]?.();
    await settle();
    expect(desk.migration?.checkpoint).toBe('/mnt/b.sluice');
  });

  it('says with each command which migration is meant, whichever is shown by then', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    const first = desk.migration;
    await desk.steering.pause();
    door.snapshotNow = snapshot({ checkpoint: '/mnt/b.sluice', progress: progress({ state: 'running' }) });
    door.sendPaths(['/mnt/b.sluice']);
    await settle();
    await desk.steering.stop();
    // What the first one still had to do is not done to the second.
    await first?.pauseAt('08:00');
    await first?.failures.reload();
    const of = (name: string) => door.meant.filter((one) => one[0] === name).map((one) => one[1]);
    expect(of('pause')).toEqual([first?.checkpoint]);
    expect(of('stop')).toEqual(['/mnt/b.sluice']);
    expect(of('pauseAt')).toEqual([first?.checkpoint]);
    expect(of('causes')).toEqual([first?.checkpoint]);
  });

  it('plans the migration that is made, and then opens what came meanwhile', async () => {
    const [desk, door] = await begun((door) => (door.launched = ['/a']));
    if (desk.draft) desk.draft.destination = '/dst';
    const { createMigration } = door;
    let made: () => void = () => undefined;
    door.createMigration = async (job) => {
      await new Promise<void>((resolve) => (made = resolve));
      return createMigration(job);
    };
    const checked = desk.check();
    await settle();
    door.sendDrag({ kind: 'dropped', paths: ['/mnt/b.sluice'] });
    await settle();
    expect(named(door)).not.toContain('openMigration');
    door.snapshotNow = snapshot({ progress: progress({ state: 'new' }) });
    made();
    await checked;
    await settle();
    const order = named(door).filter((name) =>
      ['createMigration', 'plan', 'leaveMigration', 'openMigration'].includes(name),
    );
    expect(order).toEqual(['createMigration', 'plan', 'leaveMigration', 'openMigration']);
  });

  it('begins a new migration with a drop, whatever is open, and what runs goes on', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    door.sendDrag({ kind: 'dropped', paths: ['/a'] });
    await settle();
    expect(named(door)).toContain('leaveMigration');
    expect(named(door)).not.toContain('pause');
    expect([desk.screen, desk.migration, desk.draft?.sources]).toEqual(['setup', null, ['/a']]);
    expect(desk.arrivals.dropMeans).toBe('add');
    door.sendDrag({ kind: 'dropped', paths: ['/b'] });
    await settle();
    expect(desk.draft?.sources).toEqual(['/a', '/b']);
  });

  it('leads home, keeps a description that was begun, and goes on with it', async () => {
    const [desk, door] = await begun((door) => (door.launched = ['/a']));
    await desk.goHome();
    expect([desk.screen, desk.draft, desk.drafts.length]).toEqual(['home', null, 1]);
    await desk.newMigration();
    expect([desk.screen, desk.draft?.sources]).toEqual(['setup', []]);
    await desk.goHome();
    expect(desk.drafts).toHaveLength(1);
    const [kept] = desk.drafts;
    if (kept) await desk.goOn(kept);
    expect([desk.screen, desk.draft?.sources, desk.drafts]).toEqual(['setup', ['/a'], []]);

    door.snapshotNow = snapshot({ progress: progress({ state: 'ready' }) });
    door.sendDrag({ kind: 'dropped', paths: ['/mnt/a.sluice'] });
    await settle();
    expect([desk.screen, desk.drafts.length]).toEqual(['preflight', 1]);
    desk.edit();
    await desk.goHome();
    expect(desk.screen).toBe('home');
    expect(named(door)).not.toContain('leaveMigration');
  });

  it('shows a catalogue that is dropped beside folders, and keeps its preset', async () => {
    const [desk, door] = await begun();
    door.sendDrag({ kind: 'dropped', paths: ['/mnt/tapes', '/mnt/june.csv'] });
    await settle();
    expect([desk.screen, desk.step, desk.draft?.sources]).toEqual(['setup', 'names', ['/mnt/tapes']]);
    const catalogue = desk.draft?.shown;
    if (!catalogue) throw new Error('no catalogue is shown');
    door.picked = ['/mnt/archive'];
    await catalogue.chooseBase();
    expect(catalogue.said.base).toBe('/mnt/archive');
    door.exportedTo = '/home/anna/filemaker.toml';
    await desk.describing.savePreset(catalogue);
    expect(door.calls.at(-1)).toEqual(['savePreset', catalogue.spec()]);
    expect(desk.work.notices.shown[0]?.message).toBe('The preset is saved: /home/anna/filemaker.toml');
    door.preset = { path: ['Title'], id: 'No' };
    await catalogue.loadPreset();
    expect([catalogue.said.path, catalogue.said.base]).toEqual([['Title'], null]);

    desk.draft?.asFile(catalogue);
    desk.describing.asCatalogue('/mnt/june.csv');
    expect(desk.step).toBe('names');
  });

  it('changes the mapping of a checked migration, and its catalogue makes another', async () => {
    const [desk, door] = await begun((door) => {
      const ready = snapshot({ progress: progress({ state: 'ready' }) });
      const catalogue = [catalogueOf({ file: '/mnt/june.csv', path: ['Path'] })];
      door.snapshotNow = { ...ready, job: { ...ready.job, sources: [], catalogue } };
    });
    desk.edit();
    await settle();
    desk.draft?.setTarget('{{ name }}');
    await desk.check();
    const map = expect.objectContaining({ target: '{{ name }}' }) as unknown;
    expect(door.calls).toContainEqual(['setJob', expect.objectContaining({ map })]);
    expect(named(door)).not.toContain('createMigration');
    door.endPlan?.();
    await settle();

    desk.edit();
    await settle();
    await desk.draft?.shown?.map({ id: 'No' });
    await desk.check();
    const made = door.calls.findLast(([name]) => name === 'createMigration');
    expect(made?.[1]).toMatchObject({ catalogue: [{ file: '/mnt/june.csv', id: 'No' }] });
  });

  it('asks before it closes during a run, and quits when told so', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    door.sendClose();
    expect(desk.asking).toBe('close');
    expect(named(door)).not.toContain('quit');
    await desk.program.quit();
    expect(named(door)).toContain('quit');
  });

  it('drops a question about a run that has ended meanwhile', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    desk.asking = 'stop';
    door.sendProgress(progress({ state: 'running', at_ms: 5 }));
    expect(desk.asking).toBe('stop');
    door.sendProgress(progress({ state: 'finished', at_ms: 9 }));
    expect(desk.asking).toBeNull();
  });

  it('answers no question about one migration on another', async () => {
    const [desk, door] = await begun(at({ state: 'running' }));
    const about = { selection: selectionOf({ ids: [7] }), records: 1, record: failedRecord(7) };
    await desk.mending.askAmend(about);
    expect(desk.asking).toBe('amend');
    door.snapshotNow = snapshot({ checkpoint: '/mnt/b.sluice', progress: progress({ state: 'running' }) });
    door.sendPaths(['/mnt/b.sluice']);
    await settle();
    expect([desk.migration?.checkpoint, desk.asking]).toEqual(['/mnt/b.sluice', null]);
    expect([desk.mending.about, desk.mending.amending, desk.mending.found]).toEqual([null, null, null]);

    // What is still being found out is of another by then.
    const { record } = door;
    let found: () => void = () => undefined;
    door.record = async (id) => {
      await new Promise<void>((resolve) => (found = resolve));
      return record(id);
    };
    const asked = desk.mending.askAmend(about);
    door.sendPaths(['/mnt/a.sluice']);
    await settle();
    found();
    await asked;
    expect([desk.asking, desk.mending.about]).toEqual([null, null]);

    desk.asking = 'settings';
    await desk.newMigration();
    expect(desk.asking).toBe('settings');
  });

  it('shows nothing of one migration in another', async () => {
    const [desk, door] = await begun(at({ state: 'paused' }));
    const [a, ofA] = [desk.migration, desk.checking];
    door.account = account({ left: 3 });
    await a?.failures.open();
    await a?.records.survey();
    expect([a?.failures.left, a?.records.account?.left]).toEqual([3, 3]);
    let looked: (found: Finding[]) => void = () => undefined;
    door.lookAtServices = () => new Promise((resolve) => (looked = resolve));
    const looking = desk.checking.lookAtServices();
    door.verify = () => new Promise(() => undefined);
    void a?.records.verify([]);

    door.snapshotNow = snapshot({ checkpoint: '/mnt/b.sluice', progress: progress({ state: 'paused' }) });
    door.sendPaths(['/mnt/b.sluice']);
    await settle();
    looked([{ severity: 'blocks', code: 'service_denied', message: '', advice: '', records: 0, what: null }]);
    await looking;
    const b = desk.migration;
    expect([b?.failures.left, b?.records.account, b?.records.verifying]).toEqual([0, null, null]);
    expect([desk.checking.services, ofA.services.length]).toEqual([[], 1]);
    const order = named(door).filter((name) => ['endVerify', 'leaveMigration'].includes(name));
    expect(order).toEqual(['endVerify', 'leaveMigration']);
  });

  it('takes an error away when the person goes on', async () => {
    const [desk] = await begun(at({ state: 'ready' }));
    await desk.attempt(() => Promise.reject(new Error('the source is not there')));
    expect(desk.work.notices.shown).toHaveLength(1);
    await desk.steering.start();
    expect(desk.work.notices.shown).toEqual([]);
  });

  it('says where the report is, and nothing when the person cancelled', async () => {
    const [desk, door] = await begun(at({ state: 'finished' }));
    await desk.mending.export(selectionOf());
    expect(desk.work.notices.shown).toEqual([]);
    door.exportedTo = '/home/anna/failed.csv';
    await desk.mending.export(selectionOf());
    expect(desk.work.notices.shown[0]).toMatchObject({
      tone: 'done',
      message: 'The report is written: /home/anna/failed.csv',
    });
    desk.work.notices.dismiss(desk.work.notices.shown[0]?.id ?? 0);
    expect(desk.work.notices.shown).toEqual([]);
  });

  it('takes good news away after a while, never what went wrong', async () => {
    const [desk, door] = await begun(at({ state: 'finished' }));
    vi.useFakeTimers();
    door.exportedTo = '/home/anna/failed.csv';
    await desk.mending.export(selectionOf());
    await desk.attempt(() => Promise.reject(new Error('no room')));
    expect(desk.work.notices.shown).toHaveLength(2);
    vi.runAllTimers();
    vi.useRealTimers();
    expect(desk.work.notices.shown.map((notice) => notice.message)).toEqual(['no room']);
  });
});

describe('a window that nobody sees', () => {
  it('is told of nothing, and asks for a new picture once it is seen', async () => {
    const page = Object.assign(new EventTarget(), { hidden: true });
    vi.stubGlobal('document', page);
    const [desk, door] = await begun(at({ state: 'running' }));
    const turns = async (hidden: boolean) => {
      page.hidden = hidden;
      page.dispatchEvent(new Event('visibilitychange'));
      await settle();
    };
    expect(named(door), 'it began without a look of anybody').toContain('seen');
    door.calls = [];
    await turns(true);
    expect(door.calls.filter(([name]) => name === 'seen' || name === 'snapshot')).toEqual([['seen', false]]);
    // The engine went on meanwhile; its next event would come with a gap.
    door.snapshotNow = snapshot({ last_event: 900, progress: progress({ state: 'paused', at_ms: 5_000 }) });
    await turns(false);
    expect(named(door).slice(-2), 'first it is told again').toEqual(['seen', 'snapshot']);
    expect(desk.migration?.state).toBe('paused');
    door.sendEvent(901, { kind: 'state_changed', from: 'paused', to: 'running' }, 6_000);
    expect(desk.migration?.state, 'no gap').toBe('running');
    // It goes and comes in one moment, as windows do when they are opened.
    for (const hidden of [true, false]) {
      page.hidden = hidden;
      page.dispatchEvent(new Event('visibilitychange'));
    }
    await settle();
    expect(door.calls.findLast(([name]) => name === 'seen')).toEqual(['seen', true]);
    // It is seen again, and nobody says so: the next thing that is told shows it.
    await turns(true);
    page.hidden = false;
    door.sendProgress(progress({ state: 'running', at_ms: 7_000 }));
    await settle();
    expect(door.calls.findLast(([name]) => name === 'seen')).toEqual(['seen', true]);
    vi.unstubAllGlobals();
  });
});
