import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event as Told, EventKind } from '../src/backend/types';
import { Migration } from '../src/state/migration.svelte';
import { FakeDoor } from './fake-door';
import { balance, batch, control, metricPoint, outage, progress, snapshot } from './samples';

const asked = (door: FakeDoor, name: string) => door.calls.filter(([call]) => call === name).length;
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('the picture of a migration', () => {
  let door: FakeDoor;
  beforeEach(() => {
    door = new FakeDoor();
    door.snapshotNow = snapshot({ last_event: 4 });
  });
  const opened = (given = {}) => new Migration(door, snapshot({ last_event: 4, ...given }));

  it('applies the events that follow its snapshot', () => {
    const migration = opened();
    migration.hear({
      seq: 5,
      at_ms: 10,
      by: 'engine',
      what: { kind: 'state_changed', from: 'ready', to: 'running' },
    });
    migration.hear({
      seq: 6,
      at_ms: 20,
      by: 'engine',
      what: { kind: 'batch_ended', batch: batch(1, 10, 20, [15, 20]) },
    });
    expect(migration.state).toBe('running');
    expect(migration.active).toBe(true);
    expect(migration.batches.map((one) => one.id)).toEqual([1]);
    expect(asked(door, 'snapshot')).toBe(0);
  });

  it('ignores what its snapshot holds already', () => {
    const migration = opened({ batches: [batch(1, 10, 20, [20])] });
    migration.hear({
      seq: 4,
      at_ms: 1,
      by: 'engine',
      what: { kind: 'state_changed', from: 'ready', to: 'running' },
    });
    expect(migration.state).toBe('ready');
    migration.hear({
      seq: 5,
      at_ms: 20,
      by: 'engine',
      what: { kind: 'batch_ended', batch: batch(1, 10, 20, [20]) },
    });
    expect(migration.batches).toHaveLength(1);
  });

  it('takes a new snapshot when an event is missing, and loses none that comes meanwhile', async () => {
    const migration = opened();
    door.snapshotNow = snapshot({ last_event: 7, progress: progress({ state: 'running', at_ms: 5 }) });
    migration.hear({
      seq: 7,
      at_ms: 30,
      by: 'engine',
      what: { kind: 'batch_ended', batch: batch(2, 10, 20, [20]) },
    });
    migration.hear({
      seq: 8,
      at_ms: 40,
      by: 'engine',
      what: { kind: 'batch_ended', batch: batch(3, 20, 30, [30]) },
    });
    await settle();
    expect(asked(door, 'snapshot')).toBe(1);
    expect(migration.state).toBe('running');
    expect(migration.batches.map((one) => one.id)).toEqual([3]);
  });

  it('shows the latest progress, never an older one', () => {
    const migration = opened();
    migration.observe(progress({ at_ms: 20, balance: balance({ delivered: 2 }) }));
    migration.observe(progress({ at_ms: 10, balance: balance({ delivered: 1 }) }));
    expect(migration.progress.balance.delivered).toBe(2);
  });

  it('keeps the batch in view between two batches, and lets go of it when the run rests', () => {
    const migration = opened();
    const live = { id: 3, started_ms: 5, streams: [] };
    migration.observe(progress({ state: 'running', at_ms: 10, batch: live }));
    migration.observe(progress({ state: 'running', at_ms: 20, batch: null }));
    expect(migration.batch).toEqual(live);
    migration.observe(progress({ state: 'watching', at_ms: 30, batch: null }));
    expect(migration.batch).toBeNull();
    migration.observe(progress({ state: 'running', at_ms: 40, batch: live }));
    migration.observe(progress({ state: 'paused', at_ms: 50, batch: null }));
    expect(migration.batch).toBeNull();
  });

  it('does not fall back behind a change of state that an event told', () => {
    const migration = opened({ progress: progress({ state: 'running', at_ms: 10 }) });
    migration.hear({
      seq: 5,
      at_ms: 50,
      by: 'engine',
      what: { kind: 'state_changed', from: 'running', to: 'pausing' },
    });
    migration.observe(progress({ state: 'running', at_ms: 40 }));
    expect(migration.state).toBe('pausing');
    migration.observe(progress({ state: 'paused', at_ms: 60 }));
    expect(migration.state).toBe('paused');
  });

  it('collects one sample a second and keeps ten minutes', () => {
    const migration = opened();
    for (let second = 1; second <= 700; second += 1) {
      const sample = { at_ms: second * 1000, records_per_s: 1, bytes_per_s: 1 };
      migration.observe(progress({ at_ms: second * 1000, sample }));
      migration.observe(progress({ at_ms: second * 1000 + 100, sample }));
    }
    expect(migration.samples).toHaveLength(600);
    expect(migration.samples.at(-1)?.at_ms).toBe(700_000);
  });

  it('keeps as many batches as a snapshot holds', () => {
    const migration = opened();
    for (let id = 1; id <= 200; id += 1)
      migration.hear({
        seq: 4 + id,
        at_ms: id,
        by: 'engine',
        what: { kind: 'batch_ended', batch: batch(id, id, id + 1, [id]) },
      });
    expect(migration.batches).toHaveLength(120);
    expect(migration.batches[0]?.id).toBe(81);
  });

  it('asks for the failure groups once for many failures', async () => {
    vi.useFakeTimers();
    const migration = opened();
    for (let seq = 5; seq < 30; seq += 1)
      migration.hear({
        seq,
        at_ms: seq,
        by: 'engine',
        what: { kind: 'records_failed', batch: 1, records: [seq] },
      });
    expect(asked(door, 'snapshot')).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked(door, 'snapshot')).toBe(1);
    vi.useRealTimers();
  });

  it('shows an outage from its event until the run goes on', () => {
    const away = outage({ message: 'full' });
    const migration = opened({ progress: progress({ state: 'running' }) });
    migration.hear({ seq: 5, at_ms: 1, by: 'engine', what: { kind: 'outage_began', outage: away } });
    expect(migration.progress.outage).toEqual(away);
    migration.hear({
      seq: 6,
      at_ms: 2,
      by: 'engine',
      what: { kind: 'state_changed', from: 'waiting', to: 'running' },
    });
    expect(migration.progress.outage).toBeNull();
  });

  it('is under way while an outage is waited out, and no longer shows it when it has ended', () => {
    const migration = opened({ progress: progress({ state: 'waiting', outage: outage() }) });
    expect([migration.active, migration.underWay]).toEqual([true, true]);
    const over = { kind: 'outage_ended', category: 'destination_full', lasted_s: 9, probes: 2, refunded: 0 };
    migration.hear({ seq: 5, at_ms: 3, by: 'engine', what: over as EventKind });
    expect(migration.progress.outage).toBeNull();
  });

  it('is under way while it watches, and shows no outage then', () => {
    const migration = opened({ progress: progress({ state: 'waiting', outage: outage() }) });
    migration.hear({
      seq: 5,
      at_ms: 1,
      by: 'engine',
      what: { kind: 'state_changed', from: 'running', to: 'watching' },
    });
    expect([migration.active, migration.underWay]).toEqual([true, true]);
    expect(migration.progress.outage).toBeNull();
    migration.hear({
      seq: 6,
      at_ms: 2,
      by: 'engine',
      what: { kind: 'watch_polls', message: 'it is a network mount', what: null },
    });
    expect(migration.changes.map((event) => event.seq)).toEqual([6]);
    migration.hear({
      seq: 7,
      at_ms: 3,
      by: 'engine',
      what: { kind: 'state_changed', from: 'watching', to: 'running' },
    });
    expect([migration.state, asked(door, 'snapshot')]).toEqual(['running', 0]);
  });

  it('keeps batches in their order when they overlap, and those of the recovery lane out', () => {
    const migration = opened();
    const began = { kind: 'batch_started', batch: 3, lane: 'recovery', records: 1, bytes: 1, streams: 1 };
    migration.hear({ seq: 5, at_ms: 1, by: 'engine', what: began as EventKind });
    for (const [i, id] of [2, 3, 1].entries())
      migration.hear({
        seq: 6 + i,
        at_ms: 2,
        by: 'engine',
        what: { kind: 'batch_ended', batch: batch(id, 1, 2, [2]) },
      });
    expect(migration.batches.map((one) => one.id)).toEqual([1, 2]);
  });

  it('turns the autopilot off for what the person sets by hand', async () => {
    const autopilot = { concurrency: true, batch_size: true, target_batch_s: 60 };
    const before = snapshot();
    const job = { ...before.job, control: control({ autopilot }) };
    const migration = opened({ job });
    await migration.setLimits({ ...before.job.limits, concurrency: 20 });
    expect(migration.job.control.autopilot).toEqual({ ...autopilot, concurrency: false });
    await migration.setControl(control({ autopilot }));
    expect(migration.job.control.autopilot.concurrency).toBe(true);
  });

  it('tells what changed and by whom, also before it was there', async () => {
    const turned = (seq: number): Told => ({
      seq,
      at_ms: seq,
      by: 'autopilot',
      what: {
        kind: 'autopilot_changed',
        knob: 'concurrency',
        from: 8,
        to: 12,
        reason: 'it pays',
        what: null,
      },
    });
    const began: Told = { seq: 3, at_ms: 3, by: 'engine', what: { kind: 'outage_began', outage: outage() } };
    const other: Told = {
      seq: 4,
      at_ms: 4,
      by: 'engine',
      what: { kind: 'records_failed', batch: 1, records: [1] },
    };
    door.told = [turned(2), began, other];
    const migration = opened();
    const changes = [{ setting: 'control.look_ahead', from: 'false', to: 'true' }];
    migration.hear({
      seq: 5,
      at_ms: 5,
      by: 'person',
      what: { kind: 'settings_changed', by: 'person', changes },
    });
    migration.hear({
      seq: 6,
      at_ms: 6,
      by: 'person',
      what: { kind: 'state_changed', from: 'running', to: 'pausing' },
    });
    await settle();
    expect(migration.changes.map((event) => [event.seq, event.by])).toEqual([
      [2, 'autopilot'],
      [3, 'engine'],
      [5, 'person'],
    ]);
    for (let seq = 7; seq < 300; seq += 1) migration.hear(turned(seq));
    expect(migration.changes).toHaveLength(200);
    expect(migration.changes.at(-1)?.seq).toBe(299);
  });

  it('keeps the recovery lane in view over the short time between two batches', () => {
    const migration = opened({ progress: progress({ state: 'running' }) });
    const live = { id: 3, started_ms: 5, streams: [] };
    const see = (at_ms: number, recovery: typeof live | null) =>
      migration.observe(progress({ state: 'running', at_ms, recovery }));
    see(1_000, live);
    see(2_000, null);
    expect(migration.recovery).toEqual(live);
    see(3_000, null);
    expect(migration.recovery).toBeNull();
  });

  it('holds no more after a day than after an hour', async () => {
    vi.useFakeTimers();
    const migration = opened({ progress: progress({ state: 'running' }) });
    migration.timeline.watch();
    await migration.timeline.choose('whole');
    migration.log.watch();
    let seq = 4;
    const hold = () =>
      [
        migration.samples,
        migration.batches,
        migration.changes,
        migration.timeline.points,
        migration.timeline.history,
        migration.log.events,
      ].map((held) => held.length);
    const run = async (fromS: number, toS: number) => {
      for (let second = fromS; second < toS; second += 1) {
        const at_ms = second * 1000;
        for (const ms of [0, 250, 500, 750])
          migration.observe(
            progress({
              state: 'running',
              at_ms: at_ms + ms,
              sample: { at_ms, records_per_s: 9, bytes_per_s: 9 },
            }),
          );
        if (second % 10 === 0) door.past.push(metricPoint(at_ms));
        if (door.past.length > 300) door.past.shift();
        seq += 1;
        const what: EventKind =
          second % 3
            ? { kind: 'batch_ended', batch: batch(second, at_ms - 900, at_ms, [at_ms]) }
            : {
                kind: 'autopilot_changed',
                knob: 'concurrency',
                from: 8,
                to: 9,
                reason: 'it pays',
                what: null,
              };
        door.told.push({ seq, at_ms, by: 'engine', what });
        if (door.told.length > 500) door.told.shift();
        migration.hear({ seq, at_ms, by: 'engine', what });
        if (second % 60 === 0) await vi.advanceTimersByTimeAsync(60_000);
      }
    };
    await run(1, 3_600);
    const after = hold();
    await run(3_600, 86_400);
    expect(
      hold().every((held, i) => held <= (after[i] ?? 0) + 60),
      String(hold()),
    ).toBe(true);
    expect(Math.max(...hold())).toBeLessThanOrEqual(1_000);
    migration.forget();
    vi.useRealTimers();
  }, 60_000);

  it('takes nothing more once it is closed', async () => {
    const migration = opened();
    migration.forget();
    migration.hear({
      seq: 9,
      at_ms: 1,
      by: 'engine',
      what: { kind: 'state_changed', from: 'ready', to: 'running' },
    });
    migration.observe(progress({ state: 'running', at_ms: 99 }));
    await settle();
    expect(migration.state).toBe('ready');
    expect(asked(door, 'snapshot')).toBe(0);
  });
});
