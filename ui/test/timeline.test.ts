import { describe, expect, it } from 'vitest';
import { Timeline } from '../src/state/timeline.svelte';
import { FakeDoor } from './fake-door';
import { metricPoint } from './samples';

const HOUR = 3_600_000;
const settle = () => new Promise((resolve) => setTimeout(resolve));
const sample = (at_ms: number) => ({ at_ms, records_per_s: 4, bytes_per_s: 0 });
const asked = (door: FakeDoor) =>
  door.calls.filter(([name]) => name === 'history').map(([, ...args]) => args);

function opened(nowMs: number, active = true) {
  const door = new FakeDoor();
  door.past = Array.from({ length: 3 * 360 }, (_, i) => metricPoint((i + 1) * 10_000));
  const timeline = new Timeline(door);
  timeline.follow([], nowMs, active);
  return { door, timeline };
}

describe('the stretch of time that is looked at', () => {
  it('asks for nothing before somebody looks, and then for its part alone', async () => {
    const { door, timeline } = opened(3 * HOUR);
    await timeline.choose('hour');
    expect(asked(door)).toEqual([]);
    timeline.watch();
    await settle();
    expect(asked(door)).toEqual([[2 * HOUR, 3 * HOUR, 300]]);
    expect(timeline.points[0]?.at_ms).toBeGreaterThan(2 * HOUR);
  });

  it('is renewed as time goes on, at the pace of its grain, and not when nobody looks', async () => {
    const { door, timeline } = opened(3 * HOUR);
    const gone = timeline.watch();
    await settle();
    timeline.follow([], 3 * HOUR + 9_000, true);
    expect(asked(door)).toHaveLength(1);
    timeline.follow([], 3 * HOUR + 10_000, true);
    await settle();
    expect(asked(door)).toHaveLength(2);
    gone();
    timeline.follow([], 4 * HOUR, true);
    expect(asked(door)).toHaveLength(2);
  });

  it('begins where the whole run does', async () => {
    const { timeline } = opened(3 * HOUR);
    timeline.watch();
    await timeline.choose('whole');
    await settle();
    expect(timeline.range).toEqual({ fromMs: 0, toMs: 3 * HOUR });
  });

  it('ends at rest where the run was last at work, however long ago that is', async () => {
    const { timeline } = opened(500 * HOUR, false);
    timeline.watch();
    await settle();
    await settle();
    expect(timeline.range.toMs).toBe(3 * HOUR);
    expect(timeline.points.length).toBeGreaterThan(50);
  });

  it('zooms by hand and by steps, and goes back the same way', async () => {
    const { timeline } = opened(3 * HOUR);
    timeline.watch();
    await timeline.choose('hour');
    await timeline.zoom(2.8 * HOUR, 2.4 * HOUR);
    expect(timeline.range).toEqual({ fromMs: 2.4 * HOUR, toMs: 2.8 * HOUR });
    await timeline.scale(0.5);
    expect(timeline.range).toEqual({ fromMs: 2.5 * HOUR, toMs: 2.7 * HOUR });
    await timeline.zoom(2.6 * HOUR, 2.6 * HOUR);
    expect(timeline.range.toMs - timeline.range.fromMs, 'never nothing').toBe(5_000);
    await timeline.back();
    await timeline.back();
    expect(timeline.range).toEqual({ fromMs: 2.4 * HOUR, toMs: 2.8 * HOUR });
    await timeline.scale(4);
    expect(timeline.zoomed).toBe(false);
    await timeline.back();
    expect(timeline.range).toEqual({ fromMs: 2 * HOUR, toMs: 3 * HOUR });
  });

  it('points at one point after the other, and stops at the ends', () => {
    const { timeline } = opened(10_000);
    timeline.follow([sample(8_000), sample(9_000), sample(10_000)], 10_000, true);
    const steps = [1, 1, 1, 1, -1, -Infinity, Infinity].map((by) => {
      timeline.step(by);
      return timeline.cursor;
    });
    expect(steps).toEqual([8_000, 9_000, 10_000, 10_000, 9_000, 8_000, 10_000]);
    timeline.cursor = null;
    timeline.step(-1);
    expect(timeline.cursor).toBe(10_000);
  });
});
