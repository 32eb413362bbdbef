/** A few records for real, before all the others: how many, and what became of them. */
import type { TriedOutcome } from '../backend/types';
import type { Desk } from './desk.svelte';

/** Outcomes that are shown. */
const SHOWN = 500;

export class Pilot {
  /** How many records are asked for. */
  records: number = $state(10);
  /** The migration that it belongs to, and how many records it was to try; null: there is none. */
  of: { checkpoint: string; records: number } | null = $state.raw(null);
  outcomes: TriedOutcome[] = $state.raw([]);

  /** The pilot of the open migration is under way, or was the last thing that it did. */
  readonly on: boolean = $derived.by(() => {
    const open = this.#desk.migration;
    return this.of !== null && open?.checkpoint === this.of.checkpoint;
  });
  readonly underWay: boolean = $derived.by(() => this.on && (this.#desk.migration?.active ?? false));
  readonly failed: number = $derived(this.outcomes.filter(({ state }) => state === 'failed').length);

  #desk: Pick<Desk, 'migration' | 'work'>;

  constructor(desk: Pick<Desk, 'migration' | 'work'>) {
    this.#desk = desk;
  }

  start = () =>
    this.#desk.work.command(async () => {
      const open = this.#desk.migration;
      if (!open) return;
      const records = Math.max(1, Math.round(this.records));
      await open.door.startPilot(records);
      this.of = { checkpoint: open.checkpoint, records };
      this.outcomes = [];
    });

  /** Reads what became of the records. */
  load = () =>
    this.#desk.work.attempt(async () => {
      const { of } = this;
      const open = this.#desk.migration;
      if (!open || !this.on) return;
      const outcomes = await open.door.triedRecords(0, SHOWN);
      if (this.of === of) this.outcomes = outcomes;
    });

  /** What comes now is no pilot. */
  end(): void {
    this.of = null;
    this.outcomes = [];
  }
}
