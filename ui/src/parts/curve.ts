/** What happened in a stretch of time, as points to draw: pure, so that it can be tested without a page. */
import type { MetricPoint, Sample } from '../backend/types';

export interface Range {
  fromMs: number;
  toMs: number;
}

/** A point, and how many seconds before it it sums up. */
export type Point = Sample & { span_s: number };

/** A longer silence than this is a gap in the line, and no slow second. */
const GAP_S = 5;

/** The history, and where the samples of the latest minutes tell more finely or later, those: as coarse as
    the history there is, so that the line keeps its grain. */
export function merged(history: MetricPoint[], samples: Sample[], range: Range, spanS: number): Point[] {
  const inRange = samples.filter((one) => one.at_ms > range.fromMs && one.at_ms <= range.toMs + 1000);
  const first = inRange[0];
  const grain = Math.max(1, Math.round(spanS));
  // Samples are finer than any history: where they cover the stretch, they tell it alone.
  const told = history.filter(
    (one) => one.at_ms > range.fromMs && (grain > 10 || !first || one.at_ms < first.at_ms),
  );
  const toldUntil = told.at(-1)?.at_ms ?? 0;
  const later = inRange.filter((one) => one.at_ms > toldUntil);
  return [
    ...told.map(({ at_ms, span_s, records_per_s, bytes_per_s }) => ({
      at_ms,
      span_s,
      records_per_s,
      bytes_per_s,
    })),
    ...summedUp(later, grain),
  ];
}

/** Samples of a second each as points of `grain` seconds, aligned to the clock. */
function summedUp(samples: Sample[], grain: number): Point[] {
  if (grain <= 1) return samples.map((one) => ({ ...one, span_s: 1 }));
  const points: Point[] = [];
  let slot = NaN;
  for (const one of samples) {
    const its = Math.ceil(one.at_ms / (grain * 1000));
    const last = points.at(-1);
    if (last && its === slot) {
      const seconds = last.span_s + 1;
      last.records_per_s += (one.records_per_s - last.records_per_s) / seconds;
      last.bytes_per_s += (one.bytes_per_s - last.bytes_per_s) / seconds;
      last.span_s = seconds;
      last.at_ms = one.at_ms;
    } else points.push({ ...one, span_s: 1 });
    slot = its;
  }
  return points;
}

/** The line: times in seconds and their values, with a gap where nothing was at work. */
export function line(points: Point[], value: (point: Point) => number): [number[], (number | null)[]] {
  const times: number[] = [];
  const values: (number | null)[] = [];
  let before: Point | undefined;
  for (const point of points) {
    const began = point.at_ms - point.span_s * 1000;
    if (before && began - before.at_ms > Math.max(GAP_S, point.span_s) * 1000) {
      times.push((before.at_ms + began) / 2000);
      values.push(null);
    }
    times.push(point.at_ms / 1000);
    values.push(value(point));
    before = point;
  }
  return [times, values];
}

/** Mean over the time that the points sum up, and the highest of them. */
export function extent(points: Point[], value: (point: Point) => number): { mean: number; most: number } {
  const time = points.reduce((sum, point) => sum + point.span_s, 0);
  const all = points.reduce((sum, point) => sum + value(point) * point.span_s, 0);
  return {
    mean: time > 0 ? all / time : 0,
    most: points.reduce((most, point) => Math.max(most, value(point)), 0),
  };
}

/** The point that tells of that moment; null where there is none near it. */
export function pointAt(points: Point[], atMs: number): Point | null {
  let best: Point | null = null;
  for (const point of points) {
    const began = point.at_ms - point.span_s * 1000;
    if (began <= atMs && atMs <= point.at_ms) return point;
    const away = (one: Point) => Math.abs(one.at_ms - atMs);
    if (!best || away(point) < away(best)) best = point;
  }
  return best && Math.abs(best.at_ms - atMs) <= Math.max(GAP_S, best.span_s) * 1000 ? best : null;
}
