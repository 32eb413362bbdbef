/** Stretches in which the run waited for something that was away: pure. */
import type { Category, Event } from '../backend/types';
import type { Range } from './curve';

export interface Wait extends Range {
  /** What it waited for. */
  category: Category;
}

/** What of them lies in a stretch of time. One that has no end yet lasts until the end of that stretch. */
export function waitsIn(changes: Event[], { fromMs, toMs }: Range): Wait[] {
  const waits: Wait[] = [];
  let open: Wait | null = null;
  const end = (atMs: number) => {
    if (open) open.toMs = atMs;
    open = null;
  };
  for (const { at_ms, what } of changes) {
    if (what.kind === 'outage_began' && !open)
      waits.push((open = { fromMs: at_ms, toMs: Infinity, category: what.outage.category }));
    else if (what.kind === 'outage_ended') {
      // Its beginning may be older than what is remembered.
      if (!open) waits.push({ fromMs: at_ms - what.lasted_s * 1000, toMs: at_ms, category: what.category });
      end(at_ms);
    }
    // Whoever is paused does not wait any more.
    else if (what.kind === 'state_changed') end(at_ms);
  }
  return waits
    .map((wait) => ({ ...wait, fromMs: Math.max(fromMs, wait.fromMs), toMs: Math.min(toMs, wait.toMs) }))
    .filter((wait) => wait.toMs > wait.fromMs);
}

/** The one that lasted at that moment. */
export function waitAt(waits: Wait[], atMs: number | null): Wait | null {
  if (atMs === null) return null;
  return waits.find((wait) => wait.fromMs <= atMs && atMs <= wait.toMs) ?? null;
}

/** How long they are together, in seconds. */
export function waited(waits: Wait[]): number {
  return waits.reduce((sum, wait) => sum + wait.toMs - wait.fromMs, 0) / 1000;
}
