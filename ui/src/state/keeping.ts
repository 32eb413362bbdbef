/** A description in the user's data folder: kept until it is checked or thrown away. */
import type { Door } from '../backend/door';
import type { JobSpec } from '../backend/types';
import { latest } from './latest';

/** What is kept: the job, and the file of the migration that it changes. */
interface Described {
  job: JobSpec;
  of: string | null;
}

export class Keeping {
  /** What it is kept as; null: it is not. */
  id: string | null = null;
  #text = '';
  #dropped = false;
  #door: Pick<Door, 'saveDraft' | 'removeDraft'>;
  #described: () => Described | null;

  /** `described` gives null where nothing would be lost. */
  constructor(door: Pick<Door, 'saveDraft' | 'removeDraft'>, described: () => Described | null) {
    this.#door = door;
    this.#described = described;
  }

  /** It lies there already. */
  isKept(id: string, job: JobSpec): void {
    this.id = id;
    this.#text = JSON.stringify(job);
  }

  /** Keeps it, if anything of it has changed since. */
  readonly keep = latest(async () => {
    const described = this.#dropped ? null : this.#described();
    if (!described) return;
    const text = JSON.stringify(described.job);
    if (text === this.#text) return;
    this.id = await this.#door.saveDraft(this.id, described.job, described.of);
    this.#text = text;
  });

  /** It needs no keeping any more, now or later. */
  async drop(): Promise<void> {
    this.#dropped = true;
    // What is being written at this moment goes too.
    await this.keep().catch(() => undefined);
    const { id } = this;
    this.id = null;
    if (id !== null) await this.#door.removeDraft(id);
  }
}
