/** What a run looks like over days: its history, its parts, its events. */
import type { Actor, Event, EventKind, MetricPoint, PartStatus } from '../src/backend/types';
import type { FakeDoor } from '../test/fake-door';
import { outage } from '../test/samples';

/** Figures that look random and are the same each time. */
export function wave(i: number, low: number, high: number): number {
  const at = 0.5 + 0.3 * Math.sin(i / 7) + 0.2 * Math.sin(i * 1.7 + 2) * Math.cos(i / 3);
  return low + (high - low) * Math.min(1, Math.max(0, at));
}

export const PARTS: PartStatus[] = [
  { part: 'ingest', in_flight: 1, done: 420_318, p50_ms: 1, p95_ms: 9 },
  { part: 'transform', in_flight: 0, done: 420_300, p50_ms: 44, p95_ms: 190 },
  { part: 'deliver', in_flight: 7, done: 419_998, p50_ms: 310, p95_ms: 4_100 },
  { part: 'reading', in_flight: null, done: 419_998, p50_ms: 210, p95_ms: 2_900 },
  { part: 'writing', in_flight: null, done: 419_998, p50_ms: 88, p95_ms: 1_040 },
  { part: 'proving', in_flight: null, done: 8_410, p50_ms: 120, p95_ms: 2_040 },
  { part: 'recording', in_flight: null, done: 8_410, p50_ms: 4, p95_ms: 21 },
];

/** Three days, with a night at rest. */
function past(nowMs: number): MetricPoint[] {
  const point = (at_ms: number, span_s: number, i: number): MetricPoint => ({
    at_ms,
    span_s,
    records_per_s: wave(i, 240, 520),
    bytes_per_s: wave(i + 9, 1.1e9, 1.9e9),
    in_flight: 8,
    concurrency: 12,
    barrier_idle: 0.1,
    services: ['https://dam.archive.example:8443', 'http://127.0.0.1:9100'].map((name, at) => ({
      name,
      requests: 100,
      retries: 1,
      throttled: 0,
      in_flight: 8,
      concurrency: 12,
      p50_ms: wave(i + at, 30, 60),
      p95_ms: wave(i * 2 + at * 40, 120, 900),
      is_away: at === 1 && i % 97 > 88,
    })),
    parts: PARTS.map(({ part, p50_ms, p95_ms }, at) => ({
      part,
      done: 100,
      p50_ms,
      p95_ms: wave(i + at * 13, p95_ms / 3, p95_ms),
    })),
    advice: null,
  });
  const early = Array.from({ length: 300 }, (_, i) => point(nowMs - (460 - i) * 600_000, 600, i));
  const lately = Array.from({ length: 360 }, (_, i) => {
    const ago = (359 - i) * 10;
    const at = point(nowMs - ago * 1000, 10, i);
    return ago < 420 && ago >= 340 ? { ...at, records_per_s: 0, bytes_per_s: 0 } : at;
  });
  return [...early.filter((_, i) => i < 120 || i > 170), ...lately];
}

const TOLD: [secondsAgo: number, by: Actor, what: EventKind][] = [
  [
    540,
    'autopilot',
    {
      kind: 'autopilot_changed',
      knob: 'concurrency towards https://dam.archive.example:8443',
      from: 16,
      to: 12,
      reason: 'the service asked to slow down: 16 to 12',
      what: {
        knob: { kind: 'service', name: 'https://dam.archive.example:8443' },
        reason: { kind: 'pushed_back' },
      },
    },
  ],
  [420, 'engine', { kind: 'outage_began', outage: outage() }],
  [
    340,
    'engine',
    { kind: 'outage_ended', category: 'destination_full', lasted_s: 80, probes: 9, refunded: 12 },
  ],
  [
    210,
    'person',
    {
      kind: 'limits_changed',
      by: 'person',
      from: { batch_size: 1_000, streams: 2, concurrency: 8 },
      to: { batch_size: 1_000, streams: 2, concurrency: 16 },
    },
  ],
  [
    95,
    'person',
    {
      kind: 'settings_changed',
      by: 'person',
      changes: [
        { setting: 'control.bandwidth', from: '"off"', to: '"Mon-Fri 08:00 20MB/s; 19:00 off"' },
        { setting: 'endpoints."https://dam.archive.example:8443".rate', from: null, to: '40' },
      ],
    },
  ],
  [60, 'engine', { kind: 'records_failed', batch: 436, records: Array.from({ length: 23 }, (_, i) => i) }],
  [40, 'person', { kind: 'reprocessed', records: 312, lane: 'recovery' }],
  [
    30,
    'engine',
    { kind: 'folder_failed', path: '/mnt/nas/archive/<b>reel</b>/א', message: 'permission denied' },
  ],
];

/** A door of a migration that has been at work for days, and lastly saw this. */
export function watched(door: FakeDoor, nowMs: number, lastly: typeof TOLD = []): FakeDoor {
  door.past = past(nowMs);
  const older = Array.from({ length: 300 }, (_, i): [number, Actor, EventKind] => [
    86_400 - i * 120,
    'engine',
    { kind: 'batch_started', batch: 100 + i, lane: 'main', records: 1_000, bytes: 4e9, streams: 2 },
  ]);
  door.told = [...older, ...TOLD, ...lastly].map(([ago, by, what], i): Event => ({
    seq: i + 1,
    at_ms: nowMs - ago * 1000,
    by,
    what,
  }));
  return door;
}
