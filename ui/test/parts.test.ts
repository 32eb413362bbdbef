import { describe, expect, it, vi } from 'vitest';
import { paced } from '../src/parts/paced';
import { beat, idleShare, strip } from '../src/parts/rhythm';
import { reveal, view } from '../src/parts/window';
import { batch, stream } from './samples';

describe('the rhythm strip', () => {
  it('draws a block per stream, the gap before the barrier, and the barrier', () => {
    const picture = strip([batch(1, 1_000, 3_000, [2_000, 3_000])], null, 9_000);
    expect(picture.lanes).toBe(2);
    expect(picture.toMs).toBe(3_000);
    expect(picture.blocks.map((block) => [block.lane, block.fromMs, block.toMs])).toEqual([
      [0, 1_000, 2_000],
      [1, 1_000, 3_000],
    ]);
    expect(picture.barriers).toEqual([{ batch: 1, atMs: 3_000, failed: false }]);
  });

  it('fills the running batch up to now, and stops where a stream is done', () => {
    const live = {
      id: 2,
      started_ms: 3_000,
      streams: [
        { summary: stream({ delivered: 4, ended_ms: 3_900 }), active: [] },
        { summary: stream({ delivered: 7, failed: 1, retried: 2, ended_ms: 3_500 }), active: [] },
      ],
    };
    const { blocks } = strip([batch(1, 1_000, 3_000, [2_000, 3_000])], live, 4_000);
    const [working, done] = blocks.filter((block) => block.batch === 2);
    expect(working).toMatchObject({ toMs: 4_000, delivered: 0.4 });
    expect(done).toMatchObject({ toMs: 3_500, delivered: 0.7, failed: 0.1, retried: 0.2 });
  });

  it('does not draw a batch twice when its end was told first', () => {
    const live = { id: 1, started_ms: 1_000, streams: [{ summary: stream(), active: [] }] };
    expect(strip([batch(1, 1_000, 2_000, [2_000])], live, 5_000).blocks).toHaveLength(1);
  });

  it('does not shrink the rhythm to show a pause', () => {
    const before = batch(1, 0, 2_000, [2_000]);
    const after = batch(2, 3_600_000, 3_602_000, [3_602_000]);
    const picture = strip([before, after], null, 0);
    expect(picture.toMs - picture.fromMs).toBe(2_000);
  });

  it('tells how long streams waited', () => {
    const one = batch(1, 0, 4_000, [2_000, 4_000]);
    expect(beat(one)).toMatchObject({ records: 20, seconds: 4, waited: 1 });
    expect(idleShare([one])).toBe(0.25);
    expect(idleShare([])).toBeNull();
  });

  it('names the record that the others waited for, and nobody where none was late', () => {
    const held = batch(1, 0, 4_000, [2_000, 4_000]);
    const even = batch(2, 4_000, 8_000, [7_990, 8_000]);
    for (const one of [held, even]) one.streams.forEach((part, i) => (part.last = `reel/${i}.mov`));
    expect(beat(held).straggler).toBe('reel/1.mov');
    expect(beat(even).straggler).toBeNull();
  });
});

describe('the window on a long list', () => {
  it('shows the rows in view', () => {
    expect(view(1_000, 30, 300, 3_000)).toEqual({ height: 30_000, first: 100, last: 110, offset: 3_000 });
  });

  it('reaches the first and the last row of a million under the cap of browsers', () => {
    const top = view(1_000_000, 30, 300, 0);
    expect(top.height).toBeLessThan(33_000_000);
    expect(top.first).toBe(0);
    const end = view(1_000_000, 30, 300, top.height - 300);
    expect(end.last).toBe(999_999);
    expect(end.offset + (end.last - end.first + 1) * 30).toBeLessThanOrEqual(top.height + 1);
  });

  it('scrolls no further than needed', () => {
    expect(reveal(5, 1_000, 30, 300, 0)).toBe(0);
    expect(reveal(10, 1_000, 30, 300, 0)).toBe(30);
    expect(reveal(0, 1_000, 30, 300, 900)).toBe(0);
    const far = reveal(765_432, 1_000_000, 30, 300, 0);
    const seen = view(1_000_000, 30, 300, far);
    expect(seen.first).toBeLessThanOrEqual(765_432);
    expect(seen.last).toBeGreaterThanOrEqual(765_432);
  });
});

describe('the pace of drawing', () => {
  it('draws the first and the newest, not each', () => {
    vi.useFakeTimers();
    const drawn: number[] = [];
    const pace = paced(250);
    for (const n of [1, 2, 3]) pace.ask(() => drawn.push(n));
    expect(drawn).toEqual([1]);
    vi.advanceTimersByTime(250);
    expect(drawn).toEqual([1, 3]);
    pace.ask(() => drawn.push(4));
    pace.end();
    vi.advanceTimersByTime(1_000);
    expect(drawn).toEqual([1, 3]);
    vi.useRealTimers();
  });

  it('draws nothing while nobody sees the page, and the newest when somebody does', () => {
    vi.useFakeTimers();
    let shown: () => void = () => undefined;
    const sight = { hidden: true, onShow: (then: () => void) => ((shown = then), () => undefined) };
    const drawn: number[] = [];
    const pace = paced(250, sight);
    for (const n of [1, 2]) pace.ask(() => drawn.push(n));
    vi.advanceTimersByTime(10_000);
    expect([drawn, vi.getTimerCount()]).toEqual([[], 0]);
    sight.hidden = false;
    shown();
    expect(drawn).toEqual([2]);
    pace.end();
    vi.useRealTimers();
  });
});
