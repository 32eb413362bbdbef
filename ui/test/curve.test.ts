import { describe, expect, it } from 'vitest';
import type { Event } from '../src/backend/types';
import { megabytes } from '../src/parts/bandwidth';
import { extent, line, merged, pointAt } from '../src/parts/curve';
import { markAt, marksIn } from '../src/parts/marks';
import { sparkBands, sparkPath } from '../src/parts/spark';
import { waitAt, waited, waitsIn } from '../src/parts/waits';
import { metricPoint, outage } from './samples';

const sample = (at_s: number, records_per_s = 4) => ({ at_ms: at_s * 1000, records_per_s, bytes_per_s: 0 });
const seconds = (points: { at_ms: number; span_s: number }[]) =>
  points.map((one) => [one.at_ms / 1000, one.span_s]);
const range = (from: number, to: number) => ({ fromMs: from * 1000, toMs: to * 1000 });

describe('a stretch of time', () => {
  it('is told by samples where there are some, and by the history before them', () => {
    const history = [10, 20, 30, 40].map((at) => metricPoint(at * 1000));
    const points = merged(history, [sample(31), sample(32), sample(33)], range(0, 33), 1);
    expect(seconds(points)).toEqual([
      [10, 10],
      [20, 10],
      [30, 10],
      [31, 1],
      [32, 1],
      [33, 1],
    ]);
  });

  it('keeps its grain where samples only tell its end', () => {
    const history = [600, 1_200].map((at) => ({ ...metricPoint(at * 1000), span_s: 600 }));
    const later = Array.from({ length: 300 }, (_, i) => sample(1_201 + i, i % 2 ? 6 : 2));
    const points = merged(history, later, range(0, 1_500), 60);
    expect(points.length).toBeLessThan(10);
    expect(points.at(-1)?.records_per_s).toBeCloseTo(4, 0);
    expect(points.reduce((sum, point) => sum + point.span_s, 0)).toBe(1_500);
  });

  it('has a gap where nothing was at work, and none where points follow each other', () => {
    const [times, values] = line(
      [1, 2, 3, 60, 61].map((at) => ({ ...sample(at), span_s: 1 })),
      (point) => point.records_per_s,
    );
    expect(values).toEqual([4, 4, 4, null, 4, 4]);
    expect(times).toHaveLength(6);
  });

  it('tells the mean over time and the highest', () => {
    const points = [
      { ...sample(60, 1), span_s: 60 },
      { ...sample(62, 10), span_s: 2 },
    ];
    expect(extent(points, (one) => one.records_per_s)).toEqual({ mean: 80 / 62, most: 10 });
    expect(extent([], () => 1)).toEqual({ mean: 0, most: 0 });
  });

  it('finds the point of a moment, and none in a gap', () => {
    const points = [
      { ...sample(60), span_s: 60 },
      { ...sample(600), span_s: 60 },
    ];
    expect(pointAt(points, 30_000)?.at_ms).toBe(60_000);
    expect(pointAt(points, 599_000)?.at_ms).toBe(600_000);
    expect(pointAt(points, 300_000)).toBeNull();
  });
});

describe('marks of what changed', () => {
  const event = (seq: number, at_s: number, by: Event['by']): Event => ({
    seq,
    at_ms: at_s * 1000,
    by,
    what: { kind: 'checkpoint_writable' },
  });

  it('are one where they are close, and show the person first', () => {
    const changes = [
      event(1, 10, 'autopilot'),
      event(2, 11, 'person'),
      event(3, 500, 'engine'),
      event(4, 5_000, 'person'),
    ];
    const marks = marksIn(changes, range(0, 800));
    expect(marks.map((mark) => [mark.by, mark.events.length])).toEqual([
      ['person', 2],
      ['engine', 1],
    ]);
    expect(markAt(marks, 505_000, range(0, 800))?.by).toBe('engine');
    expect(markAt(marks, 300_000, range(0, 800))).toBeNull();
    expect(markAt(marks, null, range(0, 800))).toBeNull();
  });
});

describe('a stretch in which the run waited', () => {
  const told = (at_s: number, what: Event['what']): Event => ({
    seq: at_s,
    at_ms: at_s * 1000,
    by: 'engine',
    what,
  });
  const began = (at_s: number) =>
    told(at_s, { kind: 'outage_began', outage: outage({ category: 'service_down' }) });
  const ended = (at_s: number, lasted_s: number) =>
    told(at_s, { kind: 'outage_ended', category: 'service_down', lasted_s, probes: 3, refunded: 0 });
  const spans = (changes: Event[], from = 0, to = 1_000) =>
    waitsIn(changes, range(from, to)).map((wait) => [wait.fromMs / 1000, wait.toMs / 1000]);

  it('lasts from the outage to its end, a pause, or now', () => {
    expect(spans([began(100), ended(180, 80)])).toEqual([[100, 180]]);
    expect(spans([began(100)])).toEqual([[100, 1_000]]);
    expect(spans([began(100), told(150, { kind: 'state_changed', from: 'pausing', to: 'paused' })])).toEqual([
      [100, 150],
    ]);
  });

  it('is known from its end where its beginning is forgotten', () => {
    expect(spans([ended(180, 80)])).toEqual([[100, 180]]);
  });

  it('is shown as far as it lies in the time shown', () => {
    const changes = [began(100), ended(180, 80), began(300), ended(310, 10)];
    expect(spans(changes, 150, 250)).toEqual([[150, 180]]);
    const waits = waitsIn(changes, range(0, 1_000));
    expect(waited(waits)).toBe(90);
    expect(waitAt(waits, 120_000)?.category).toBe('service_down');
    expect(waitAt(waits, 200_000)).toBeNull();
    expect(waitAt(waits, null)).toBeNull();
  });
});

describe('a spark', () => {
  it('is a line with gaps, and nothing where nothing is known', () => {
    expect(sparkPath([1, 2, null, 4, 2], 40, 10)).toBe('M0.0 7.0L10.0 5.0M30.0 1.0L40.0 5.0');
    expect(sparkPath([null, null], 40, 10)).toBe('');
    expect(sparkBands([false, true, true, false, true], 50)).toEqual([
      { x: 10, width: 20 },
      { x: 40, width: 10 },
    ]);
    expect(sparkPath([0, 0], 40, 10)).toBe('');
    expect(sparkPath([], 40, 10)).toBe('');
  });
});

describe('a bandwidth', () => {
  it('is one number where the text is one', () => {
    const known = ['off', ' 20MB/s', '1.5 GB/s', '500kB/s', '64MiB/s'].map(megabytes);
    expect(known).toEqual([0, 20, 1_500, 1, 67]);
    expect(['Mon-Fri 08:00 20MB/s; 19:00 off', 'fast', '20'].map(megabytes)).toEqual([null, null, null]);
  });
});
