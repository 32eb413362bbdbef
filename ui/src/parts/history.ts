/** The whole life of a migration as points of throughput: pure, so that it can be tested without a page. */
import type { MetricPoint, Sample } from '../backend/types';

/** A point, and how many seconds it sums up. */
export type Point = Sample & { span_s: number };

/** The history, and after it what the last ten minutes tell more finely and later. */
export function wholeLife(history: MetricPoint[], samples: Sample[]): Point[] {
  const toldUntil = history.at(-1)?.at_ms ?? 0;
  const later = samples.filter((sample) => sample.at_ms > toldUntil);
  return [
    ...history.map(({ at_ms, span_s, records_per_s, bytes_per_s }) => ({
      at_ms,
      span_s,
      records_per_s,
      bytes_per_s,
    })),
    ...seconds(later),
  ];
}

export function seconds(samples: Sample[]): Point[] {
  return samples.map((sample) => ({ ...sample, span_s: 1 }));
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
