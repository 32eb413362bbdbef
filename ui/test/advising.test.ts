import { describe, expect, it } from 'vitest';
import { type Applied, meanOf, measured } from '../src/state/advising.svelte';

const samples = (fromS: number, toS: number, records_per_s: number) =>
  Array.from({ length: toS - fromS }, (_, i) => ({
    at_ms: (fromS + i + 1) * 1000,
    records_per_s,
    bytes_per_s: records_per_s * 1e6,
  }));
const applied = (before: Applied['before']): Applied => ({
  offer: { knob: 'look_ahead' },
  undo: async () => undefined,
  atMs: 100_000,
  before,
});

describe('what an offer of the advisor brought', () => {
  const seen = [...samples(70, 100, 10), ...samples(100, 105, 99), ...samples(105, 140, 15)];
  const before = meanOf(seen, 70_000, 100_000);

  it('is measured over what follows, without what was still in flight', () => {
    expect(before?.records_per_s).toBe(10);
    expect(measured(applied(before), seen, 110_000)).toEqual({ kind: 'soon', seconds: 25 });
    expect(measured(applied(before), seen, 135_000)).toEqual({
      kind: 'measured',
      before: { records_per_s: 10, bytes_per_s: 10e6 },
      after: { records_per_s: 15, bytes_per_s: 15e6 },
    });
  });

  it('is not known where too little was seen', () => {
    expect(meanOf(samples(0, 5, 1), 0, 30_000)).toBeNull();
    expect(measured(applied(null), seen, 200_000)).toEqual({ kind: 'unknown' });
    expect(measured(applied(before), samples(70, 108, 10), 200_000)).toEqual({ kind: 'unknown' });
  });
});
