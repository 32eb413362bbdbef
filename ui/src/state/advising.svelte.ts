/** The advisor's offers: one is taken, what it brings is measured, and it can be taken back for a while. */
import type { Advice, Offer, Sample } from '../backend/types';
import type { Desk } from './desk.svelte';
import type { Migration } from './migration.svelte';

/** How much is done in a second. */
export interface Rate {
  records_per_s: number;
  bytes_per_s: number;
}

/** An offer of the advisor that was taken. */
export interface Applied {
  offer: Offer;
  undo: () => Promise<void>;
  /** When, by the engine's clock. */
  atMs: number;
  /** The rate just before; null where too little was seen of it. */
  before: Rate | null;
}

/** So long is looked back from the change, as the advisor itself does. */
const BEFORE_MS = 30_000;
/** What is in flight when something is changed still goes the old way. */
const SETTLES_MS = 5_000;
/** So long is looked at what follows. */
const AFTER_MS = 30_000;
/** Seconds from which a mean says something. */
const ENOUGH = 10;
/** So long after the change the measured answer stays. */
const STAYS_MS = 180_000;

export class Advising {
  applied: Applied | null = $state.raw(null);

  #desk: Pick<Desk, 'migration' | 'work'>;

  constructor(desk: Pick<Desk, 'migration' | 'work'>) {
    this.#desk = desk;
  }

  /** What was taken, as long as it is worth a word. */
  readonly shown: Applied | null = $derived.by(() => {
    const open = this.#desk.migration;
    const { applied } = this;
    return applied && open && open.progress.at_ms - applied.atMs < STAYS_MS ? applied : null;
  });

  /** Does what the advisor offers. */
  apply = ({ offer }: Advice) =>
    this.#desk.work.command(async () => {
      const open = this.#desk.migration;
      if (!open || !offer) return;
      const atMs = open.progress.at_ms;
      const before = meanOf(open.samples, atMs - BEFORE_MS, atMs);
      const undo = await take(open, offer);
      // What was done to one migration is not taken back on another.
      if (this.#desk.migration === open) this.applied = { offer, atMs, before, undo };
    });

  undo = () =>
    this.#desk.work.command(async () => {
      await this.applied?.undo();
      this.applied = null;
    });
}

/** What came of it so far. */
export type Measured =
  | { kind: 'soon'; seconds: number }
  | { kind: 'measured'; before: Rate; after: Rate }
  /** Nothing was seen before the change, or nothing ran after it. */
  | { kind: 'unknown' };

export function measured({ atMs, before }: Applied, samples: Sample[], nowMs: number): Measured {
  if (!before) return { kind: 'unknown' };
  const [from, to] = [atMs + SETTLES_MS, atMs + SETTLES_MS + AFTER_MS];
  if (nowMs < to) return { kind: 'soon', seconds: Math.ceil((to - nowMs) / 1000) };
  const after = meanOf(samples, from, to);
  return after ? { kind: 'measured', before, after } : { kind: 'unknown' };
}

/** The mean of the seconds after one moment until another; null where those are too few. */
export function meanOf(samples: Sample[], afterMs: number, untilMs: number): Rate | null {
  const seen = samples.filter((sample) => sample.at_ms > afterMs && sample.at_ms <= untilMs);
  if (seen.length < ENOUGH) return null;
  const mean = (of: (sample: Sample) => number) =>
    seen.reduce((sum, sample) => sum + of(sample), 0) / seen.length;
  return {
    records_per_s: mean((sample) => sample.records_per_s),
    bytes_per_s: mean((sample) => sample.bytes_per_s),
  };
}

/** Gives what takes it back. */
async function take(open: Migration, offer: Offer): Promise<() => Promise<void>> {
  const { limits } = open.progress;
  const { control, endpoints } = open.job;
  switch (offer.knob) {
    case 'concurrency':
      await open.setLimits({ ...limits, concurrency: offer.to });
      return async () => {
        await open.setLimits({ ...open.progress.limits, concurrency: limits.concurrency });
        await open.setControl({ ...open.job.control, autopilot: control.autopilot });
      };
    case 'service_concurrency': {
      const before = endpoints?.[offer.service]?.concurrency ?? null;
      await open.setPlaces(offer.service, offer.to);
      return () => open.setPlaces(offer.service, before);
    }
    case 'look_ahead':
      await open.setControl({ ...control, look_ahead: true });
      return () => open.setControl({ ...open.job.control, look_ahead: false });
  }
}
