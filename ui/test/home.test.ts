import { describe, expect, it } from 'vitest';
import type { Line } from '../src/backend/door';
import type { Glance } from '../src/backend/types';
import { catalogueOf } from '../src/state/catalogue.svelte';
import { Desk } from '../src/state/desk.svelte';
import { Home } from '../src/state/home.svelte';
import { wordsOf } from '../src/state/news';
import { SettingsForm } from '../src/state/settings.svelte';
import { keysOf, shortcut } from '../src/state/shortcuts';
import { FakeDoor } from './fake-door';
import { balance, defaults, outage, progress, snapshot } from './samples';

const settle = () => new Promise((resolve) => setTimeout(resolve));

const glance = (given: Partial<Glance> = {}): Glance => ({
  name: '',
  from: ['/mnt/tapes'],
  sources: 1,
  to: '/mnt/nas/archive',
  state: 'paused',
  open: false,
  balance: balance(),
  last_ms: 10,
  ...given,
});

const line = (checkpoint: string, given: Partial<Line> = {}): Line => ({
  checkpoint,
  glance: glance(),
  problem: null,
  here: false,
  ...given,
});

async function home(listed: Line[], looked: Line[] | null = null): Promise<[Home, FakeDoor]> {
  const door = new FakeDoor();
  Object.assign(door, { listed, looked });
  const home = new Home(door);
  await home.begin();
  return [home, door];
}

describe('the list of migrations', () => {
  it('shows what was known at once, then what the files say', async () => {
    const door = new FakeDoor();
    door.listed = [line('/a.sluice', { glance: null })];
    let look: (lines: Line[]) => void = () => undefined;
    door.lookAtMigrations = () => new Promise((resolve) => (look = resolve));
    const list = new Home(door);
    const begun = list.begin();
    await settle();
    expect(list.rows.map(({ name, state }) => [name, state])).toEqual([['a.sluice', null]]);
    expect(list.looking).toBe(true);
    look([line('/a.sluice', { glance: glance({ name: 'Tapes' }) })]);
    await begun;
    expect(list.rows.map(({ name, state }) => [name, state])).toEqual([['Tapes', 'paused']]);
    expect(list.looking).toBe(false);
  });

  it('keeps the figures of a file that cannot be read now, and says why', async () => {
    const problem = { code: 'checkpoint_missing', message: 'there is no file', advice: '', what: null };
    const [list] = await home([line('/a.sluice', { problem })]);
    expect(list.rows[0]).toMatchObject({ name: 'archive', problem, state: 'paused' });
  });

  it('puts those at work first, with their rate, and looks again when one rests', async () => {
    const [list, door] = await home([
      line('/new.sluice', { glance: glance({ last_ms: 90 }) }),
      line('/old.sluice', { glance: glance({ last_ms: 5 }) }),
    ]);
    const sample = { at_ms: 6, records_per_s: 12, bytes_per_s: 1e6 };
    list.observe(progress({ state: 'running', sample, at_ms: 6 }), '/old.sluice');
    expect(list.rows.map((row) => row.checkpoint)).toEqual(['/old.sluice', '/new.sluice']);
    expect([list.rows[0]?.sample, list.rows[0]?.here, list.working]).toEqual([sample, true, 1]);
    door.calls = [];
    list.observe(progress({ state: 'finished', at_ms: 7 }), '/old.sluice');
    await settle();
    expect(door.calls).toEqual([['lookAtMigrations']]);
    expect(list.working).toBe(0);
  });

  it('looks again for one that it does not know', async () => {
    const [list, door] = await home([]);
    door.looked = [line('/made.sluice', { here: true })];
    list.observe(progress({ state: 'planning' }), '/made.sluice');
    await settle();
    expect(list.rows.map((row) => row.checkpoint)).toEqual(['/made.sluice']);
  });

  it('looks once for one that is not in the list, however much it tells', async () => {
    const [list, door] = await home([]);
    door.calls = [];
    for (const at_ms of [1, 2, 3]) {
      list.observe(progress({ state: 'running', at_ms }), '/unlisted.sluice');
      await settle();
    }
    expect(door.calls).toEqual([['lookAtMigrations']]);
  });

  it('looks once more for all that changes during a look, and shows no answer that is old', async () => {
    const [list, door] = await home([line('/a.sluice'), line('/b.sluice')]);
    const looks: ((lines: Line[]) => void)[] = [];
    door.lookAtMigrations = () => new Promise((resolve) => looks.push(resolve));
    const looked = list.refresh();
    await list.forget(list.rows[0] ?? expect.fail('no row'));
    for (const state of ['running', 'finished'] as const)
      list.observe(progress({ state, at_ms: 7 }), '/b.sluice');
    looks[0]?.([line('/a.sluice'), line('/b.sluice', { glance: glance({ state: 'running' }) })]);
    await settle();
    expect(list.rows.map(({ checkpoint, state }) => [checkpoint, state])).toEqual([['/b.sluice', 'paused']]);
    looks[1]?.([line('/b.sluice', { glance: glance({ state: 'finished' }) })]);
    await looked;
    expect(list.rows.map(({ checkpoint, state }) => [checkpoint, state])).toEqual([
      ['/b.sluice', 'finished'],
    ]);
    expect(looks).toHaveLength(2);
  });

  it('shows what was known last only as long as no file was looked at', async () => {
    const door = new FakeDoor();
    let known: (lines: Line[]) => void = () => undefined;
    door.knownMigrations = () => new Promise((resolve) => (known = resolve));
    door.looked = [line('/a.sluice', { glance: glance({ state: 'finished' }) })];
    const list = new Home(door);
    const begun = list.begin();
    await list.refresh();
    door.lookAtMigrations = () => new Promise(() => undefined);
    known([line('/a.sluice')]);
    await settle();
    expect(list.rows.map(({ state }) => state)).toEqual(['finished']);
    void begun;
  });

  it('is empty, and says why, where no list can be had', async () => {
    const door = new FakeDoor();
    door.refuses = { knownMigrations: { code: 'no_data_folder', message: 'no folder', advice: '' } };
    const list = new Home(door);
    await expect(list.begin()).rejects.toMatchObject({ message: 'no folder' });
    expect(list.lines).toEqual([]);
  });

  it('tells what another program has open', async () => {
    const [list] = await home([line('/a.sluice', { glance: glance({ open: true, state: 'running' }) })]);
    expect(list.rows[0]).toMatchObject({ elsewhere: true, here: false });
  });
});

async function begun(set: (door: FakeDoor) => void): Promise<[Desk, FakeDoor]> {
  const door = new FakeDoor();
  set(door);
  const desk = new Desk(door);
  await desk.begin();
  await settle();
  return [desk, door];
}

describe('several migrations', () => {
  it('leaves a running one and opens another; what the first tells stays out of its picture', async () => {
    const [desk, door] = await begun((door) => {
      door.snapshotNow = snapshot({ checkpoint: '/first.sluice', progress: progress({ state: 'running' }) });
      door.listed = [line('/first.sluice', { here: true }), line('/second.sluice')];
    });
    await desk.goHome();
    expect([desk.screen, desk.migration]).toEqual(['home', null]);
    expect(door.calls.map(([name]) => name)).not.toContain('pause');

    door.snapshotNow = snapshot({ checkpoint: '/second.sluice', progress: progress({ state: 'paused' }) });
    const [, second] = desk.home.rows;
    if (second) await desk.openRow(second);
    expect([desk.screen, desk.migration?.checkpoint]).toEqual(['run', '/second.sluice']);
    door.sendProgress(progress({ state: 'running', at_ms: 50 }), '/first.sluice');
    expect(desk.migration?.state).toBe('paused');
    expect(desk.home.rows[0]).toMatchObject({ checkpoint: '/first.sluice', state: 'running' });

    door.sendClose();
    expect([desk.asking, desk.home.working]).toEqual(['close', 1]);
    door.sendProgress(progress({ state: 'finished', at_ms: 60 }), '/first.sluice');
    expect(desk.asking).toBeNull();
  });

  it('takes no migration for one that is being planned because another is', async () => {
    const [desk, door] = await begun((door) => {
      door.snapshotNow = snapshot({ checkpoint: '/a.sluice', progress: progress({ state: 'ready' }) });
    });
    await desk.checkAgain();
    const endPlan = door.endPlan;
    door.snapshotNow = snapshot({ checkpoint: '/b.sluice', progress: progress({ state: 'new' }) });
    door.sendPaths(['/b.sluice']);
    await settle();
    expect([desk.screen, desk.draft?.isBegun]).toEqual(['setup', false]);

    // Back at the first one, whose plan ends only now.
    door.snapshotNow = snapshot({ checkpoint: '/a.sluice', progress: progress({ state: 'new' }) });
    door.sendPaths(['/a.sluice']);
    await settle();
    expect(desk.screen).toBe('planning');
    endPlan?.();
    await settle();
    expect(desk.screen).toBe('setup');
  });

  it('misses nothing that happens while one is being opened', async () => {
    const [desk, door] = await begun((door) => {
      door.snapshotNow = snapshot({ checkpoint: '/a.sluice', last_event: 4 });
    });
    await desk.goHome();
    door.openMigration = async () => {
      const before = snapshot({
        checkpoint: '/a.sluice',
        progress: progress({ state: 'running' }),
        last_event: 4,
      });
      door.sendEvent(5, { kind: 'state_changed', from: 'running', to: 'pausing' }, 9, '/a.sluice');
      return before;
    };
    door.sendDrag({ kind: 'dropped', paths: ['/a.sluice'] });
    await settle();
    expect(desk.migration?.state).toBe('pausing');
  });

  it('takes what a second start hands over', async () => {
    const [desk, door] = await begun(() => undefined);
    door.snapshotNow = snapshot({ progress: progress({ state: 'paused' }) });
    door.sendPaths(['/mnt/b.sluice']);
    await settle();
    expect(door.calls).toContainEqual(['openMigration', '/mnt/b.sluice']);
    door.sendPaths(['/mnt/more']);
    await settle();
    expect([desk.screen, desk.draft?.sources]).toEqual(['setup', ['/mnt/more']]);
  });

  it('describes another one like it, and forgets one after a question', async () => {
    const [desk, door] = await begun((door) => {
      door.listed = [line('/a.sluice')];
    });
    door.snapshotNow = snapshot();
    const [row] = desk.home.rows;
    if (!row) throw new Error('no row');
    desk.askToForget(row);
    expect([desk.asking, door.calls.some(([name]) => name === 'forgetMigration')]).toEqual(['forget', false]);
    await desk.forget();
    expect(door.calls).toContainEqual(['forgetMigration', '/a.sluice']);
    expect(desk.home.rows).toEqual([]);
    await desk.duplicate(row);
    expect(desk.screen).toBe('setup');
    expect(desk.draft?.sources).toEqual(door.snapshotNow.job.sources);
    expect(desk.migration).toBeNull();
  });

  it('describes another one like it that can be checked, with its catalogue', async () => {
    const [desk, door] = await begun((door) => (door.listed = [line('/a.sluice')]));
    const catalogue = [catalogueOf({ file: '/mnt/june.csv', path: ['Path'] })];
    const { job, ...rest } = snapshot();
    door.snapshotNow = { ...rest, job: { ...job, sources: [], catalogue } };
    const [row] = desk.home.rows;
    if (row) await desk.duplicate(row);
    await settle();
    expect([desk.draft?.shown?.name, desk.draft?.problem]).toEqual(['june.csv', null]);
    await desk.check();
    expect(door.calls.find(([name]) => name === 'createMigration')?.[1]).toMatchObject({ catalogue });
  });

  it('tells the news in words', async () => {
    const [, door] = await begun(() => undefined);
    const of = { of: '/a.sluice', name: '', to: 's3:media/archive' };
    door.sendNews({ ...of, news: { kind: 'finished', delivered: 1200, failed: 0 } });
    expect(door.calls.at(-1)).toEqual(['notify', 'archive: everything is there', '1,200 records delivered.']);
    expect(wordsOf({ ...of, news: { kind: 'finished', delivered: 5, failed: 1 } })).toEqual([
      'archive: finished with failures',
      '1 record could not be delivered.',
    ]);
    expect(
      wordsOf({ ...of, name: 'Tapes', news: { kind: 'outage', outage: outage({ message: 'no answer' }) } }),
    ).toEqual(['Tapes: waiting', 'no answer']);
  });
});

describe('settings', () => {
  it('are in force at once, and stay as they were where they are refused', async () => {
    const door = new FakeDoor();
    const form = new SettingsForm(door);
    await form.begin();
    await form.change({ records_at_once: 12 });
    expect([door.set.records_at_once, form.said?.keep_awake]).toEqual([12, true]);
    expect(form.ranges).toEqual(defaults().ranges);
    await form.change({ limits: { ...door.set.limits, streams: 5 } });
    expect([door.set.limits.streams, door.set.records_at_once]).toEqual([5, 12]);
    door.refuses = { setSettings: { code: 'settings_unwritable', message: 'no room', advice: '' } };
    await expect(form.change({ keep_awake: false })).rejects.toMatchObject({ message: 'no room' });
    expect(form.said?.keep_awake).toBe(true);
  });

  it('tells a desktop without a tray from one that was not looked at yet', async () => {
    const door = new FakeDoor();
    door.tray = false;
    const form = new SettingsForm(door);
    expect(form.tray).toBeNull();
    await form.begin();
    expect([form.tray, form.said?.stay_in_tray]).toEqual([false, false]);
  });
});

describe('shortcuts', () => {
  const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
    ({
      key,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      defaultPrevented: false,
      target: null,
      ...held,
    }) as KeyboardEvent;

  it('are written the same for Ctrl and Cmd', () => {
    expect(keysOf(press('n', { ctrlKey: true }))).toBe('Mod+N');
    expect(keysOf(press(',', { metaKey: true }))).toBe('Mod+,');
    expect(keysOf(press('Home', { altKey: true }))).toBe('Alt+Home');
  });

  it('do what they say, but not while the person is asked something', async () => {
    const [desk] = await begun(() => undefined);
    expect(shortcut(desk, press('?'), true)).toBe(false);
    expect(shortcut(desk, press('?'), false)).toBe(true);
    expect(desk.asking).toBe('shortcuts');
    expect(shortcut(desk, press('n', { ctrlKey: true }), false)).toBe(false);
    desk.asking = null;
    expect(shortcut(desk, press('Home', { altKey: true }), false)).toBe(false);
    expect(shortcut(desk, press('n', { ctrlKey: true }), false)).toBe(true);
    await settle();
    expect(desk.screen).toBe('setup');
    expect(shortcut(desk, press('x'), false)).toBe(false);
  });
});
