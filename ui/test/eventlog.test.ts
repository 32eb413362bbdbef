import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event, EventKind } from '../src/backend/types';
import { detail, sentence } from '../src/parts/sentence';
import { EventLog } from '../src/state/eventlog.svelte';
import { FakeDoor } from './fake-door';
import { outage } from './samples';

const event = (seq: number, what: EventKind = { kind: 'checkpoint_writable' }): Event => ({
  seq,
  at_ms: seq * 1000,
  by: 'engine',
  what,
});
const seqs = (log: EventLog) => log.events.map((one) => one.seq);

describe('the event log', () => {
  let door: FakeDoor;
  let log: EventLog;
  beforeEach(async () => {
    vi.useFakeTimers();
    door = new FakeDoor();
    door.told = Array.from({ length: 250 }, (_, i) => event(i + 1));
    log = new EventLog(door);
    log.watch();
    await vi.advanceTimersByTimeAsync(0);
    return () => vi.useRealTimers();
  });

  it('begins with the newest and goes back page by page to the first', async () => {
    expect([seqs(log)[0], log.events.length, log.more]).toEqual([250, 100, true]);
    await log.older();
    await log.older();
    expect([seqs(log).at(-1), log.events.length, log.more]).toEqual([1, 250, false]);
  });

  it('takes in what happens while the reader is at the top, at most once a second', async () => {
    const before = door.calls.length;
    for (let seq = 251; seq <= 270; seq += 1) {
      door.told.push(event(seq));
      log.hear();
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seqs(log)[0]).toBe(270);
    expect(new Set(seqs(log)).size).toBe(log.events.length);
    expect(door.calls.length).toBe(before + 1);
    expect(vi.getTimerCount(), 'no timer at rest').toBe(0);
  });

  it('stays where it is while the reader is further down, and says that there is more', async () => {
    log.scrolled(false);
    door.told.push(event(251));
    log.hear();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([seqs(log)[0], log.newer]).toEqual([250, true]);
    log.scrolled(true);
    await vi.advanceTimersByTimeAsync(0);
    expect([seqs(log)[0], log.newer]).toEqual([251, false]);
  });

  it('begins anew where more happened than a page holds: no gap is hidden', async () => {
    for (let seq = 251; seq <= 600; seq += 1) door.told.push(event(seq));
    await log.renew();
    expect([seqs(log)[0], seqs(log).at(-1)]).toEqual([600, 501]);
    await log.older();
    expect(seqs(log).at(-1)).toBe(401);
  });

  it('keeps no more than it can show', async () => {
    door.told = Array.from({ length: 5_000 }, (_, i) => event(i + 1));
    await log.filter({});
    for (let i = 0; i < 40; i += 1) await log.older();
    expect([log.events.length, log.full]).toEqual([1_000, true]);
  });

  it('asks the engine for what is chosen, and for nothing where nothing is', async () => {
    await log.filter({ groups: new Set(['outages'] as const), by: 'person', text: ' catalogue ' });
    expect(door.calls.at(-1)?.[1]).toEqual({
      kinds: ['outage_began', 'outage_ended', 'checkpoint_writable'],
      by: ['person'],
      text: 'catalogue',
      also: ['catalogue_written', 'catalogue_failed'],
      worded: [{ kind: 'settings_changed', at: '/changes', value: 'catalogue_out' }],
    });
    await log.filter({ groups: new Set(), by: null, text: '' });
    expect(log.events).toEqual([]);
  });
});

describe('an event as a sentence', () => {
  it('says who set what, from what to what', () => {
    const limits = { batch_size: 1_000, streams: 2, concurrency: 8 };
    const to = { ...limits, streams: 4 };
    expect(sentence(event(1, { kind: 'limits_changed', by: 'person', from: limits, to }))).toBe(
      'Streams: 2 → 4.',
    );
    const changes = [
      { setting: 'control.autopilot.concurrency', from: 'true', to: 'false' },
      { setting: 'endpoints."http://dam".rate', from: null, to: '1200' },
      { setting: 'lookup', from: null, to: null },
      { setting: 'control.unheard_of', from: '"a"', to: '[1]' },
    ];
    expect(sentence(event(1, { kind: 'settings_changed', by: 'job_file', changes }))).toBe(
      'Autopilot for concurrency: on → off. Requests per second at http://dam: as usual → 1,200. ' +
        'A lookup was changed. control.unheard_of: a → [1].',
    );
  });

  it('counts what became of a batch', () => {
    const streams = [
      { records: 10, bytes: 1, delivered: 8, failed: 1, skipped: 0, retried: 1, returned: 0, ended_ms: 1 },
    ];
    const batch = { id: 1_204, started_ms: 0, ended_ms: 61_000, streams };
    expect(sentence(event(1, { kind: 'batch_ended', batch }))).toBe(
      'Batch 1,204 ended after 1 min: 8 delivered, 1 failed, 1 to be tried again.',
    );
  });

  it('shows what is hostile as it is', () => {
    const failed = event(1, { kind: 'folder_failed', path: '<img src=x>\u202egpj', message: 'a\u0007\nb' });
    expect(sentence(failed)).toBe('The folder <img src=x>\\u{202e}gpj could not be made: a b.');
    const began = event(1, { kind: 'outage_began', outage: outage({ message: 'x\u001b[31my' }) });
    expect(detail(began)).toBe('x [31my');
  });
});
