/** The advisor's offers: one is taken, and can be taken back for a while. */
import type { Advice, Offer } from '../backend/types';
import type { Desk } from './desk.svelte';
import type { Migration } from './migration.svelte';

/** An offer of the advisor that was taken. */
interface Applied {
  offer: Offer;
  undo: () => Promise<void>;
}

/** Advice looks half a minute back: so long it would offer again what was just done. */
const APPLIED_STAYS_MS = 30_000;

export class Advising {
  applied: Applied | null = $state.raw(null);

  #desk: Pick<Desk, 'migration' | 'work'>;

  constructor(desk: Pick<Desk, 'migration' | 'work'>) {
    this.#desk = desk;
  }

  /** Does what the advisor offers. */
  apply = ({ offer }: Advice) =>
    this.#desk.work.command(async () => {
      const open = this.#desk.migration;
      if (!open || !offer) return;
      const applied = { offer, undo: await take(open, offer) };
      this.applied = applied;
      setTimeout(() => {
        if (this.applied === applied) this.applied = null;
      }, APPLIED_STAYS_MS);
    });

  undo = () =>
    this.#desk.work.command(async () => {
      await this.applied?.undo();
      this.applied = null;
    });
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
