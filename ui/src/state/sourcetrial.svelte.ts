/** A moment's look at the sources of a migration that is being described: what they hold, and where some of it would
    go. */
import { asReport, type Door } from '../backend/door';
import type { ErrorReport, JobSpec, SourceFound, SourcesTrial, TriedRecord } from '../backend/types';
import { latest } from './latest';

export class SourceTrial {
  /** What was found; null as long as nobody looked. */
  found: SourcesTrial | null = $state.raw(null);
  /** Why the sources could not be looked at all together. */
  unseen: ErrorReport | null = $state.raw(null);
  /** Files of the sources under the latest template that could be used. */
  records: TriedRecord[] = $state.raw([]);
  #asked: number = $state(0);
  readonly looking: boolean = $derived(this.#asked > 0);

  #door: Pick<Door, 'trySources'>;
  #job: () => JobSpec;

  constructor(door: Pick<Door, 'trySources'>, job: () => JobSpec) {
    this.#door = door;
    this.#job = job;
  }

  /** What was found of a source; null: not yet. */
  of(source: string): SourceFound | null {
    return this.found?.sources.find((one) => one.source === source) ?? null;
  }

  readonly look = latest(async () => {
    const job = this.#job();
    if (job.sources.length === 0) {
      this.found = null;
      this.unseen = null;
      this.records = [];
      return;
    }
    this.#asked += 1;
    try {
      const found = await this.#door.trySources(job);
      this.found = found;
      if (found.map_problem === null) this.records = found.records;
      this.unseen = null;
    } catch (thrown) {
      this.found = null;
      this.records = [];
      this.unseen = asReport(thrown);
    }
    this.#asked -= 1;
  });
}
