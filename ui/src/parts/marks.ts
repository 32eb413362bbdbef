/** What changed, as marks on a chart: pure. */
import type { Actor, Event } from '../backend/types';
import type { Range } from './curve';

export interface Mark {
  atMs: number;
  by: Actor;
  /** What happened there, oldest first. */
  events: Event[];
}

/** Marks that stand closer than this share of the chart are one. */
const CLOSE = 1 / 80;

/** Whose hand is shown where several were at work: the person wants to find their own first. */
const FIRST: Actor[] = ['person', 'job_file', 'engine', 'autopilot'];

export function marksIn(changes: Event[], range: Range): Mark[] {
  const near = (range.toMs - range.fromMs) * CLOSE;
  const marks: Mark[] = [];
  for (const event of changes) {
    if (event.at_ms < range.fromMs || event.at_ms > range.toMs) continue;
    const last = marks.at(-1);
    if (last && event.at_ms - last.atMs <= near) {
      last.events.push(event);
      if (FIRST.indexOf(event.by) < FIRST.indexOf(last.by)) last.by = event.by;
    } else marks.push({ atMs: event.at_ms, by: event.by, events: [event] });
  }
  return marks;
}

/** The mark that is pointed at. */
export function markAt(marks: Mark[], atMs: number | null, range: Range): Mark | null {
  if (atMs === null) return null;
  const near = (range.toMs - range.fromMs) * CLOSE;
  const away = (mark: Mark) => Math.abs(mark.atMs - atMs);
  const [nearest] = [...marks].sort((a, b) => away(a) - away(b));
  return nearest && away(nearest) <= near ? nearest : null;
}
