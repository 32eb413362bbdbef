/** A migration that is being described: nothing of it has been looked at yet. */
import type { Defaults } from '../backend/door';
import type { Control, Delivery, JobSpec, LimitRanges, Limits } from '../backend/types';
import { m } from '../messages';

export class Draft {
  sources: string[] = $state([]);
  destination: string = $state('');
  deliver: Delivery = $state.raw(undefined as never);
  limits: Limits = $state.raw(undefined as never);
  control: Control = $state.raw(undefined as never);
  readonly ranges: LimitRanges;

  /** Why it cannot be checked yet, in words. */
  readonly problem: string | null = $derived(
    this.sources.length === 0
      ? m.setup.needSource
      : this.destination.trim() === ''
        ? m.setup.needDestination
        : null,
  );

  #name: string;

  constructor(from: Pick<JobSpec, 'deliver' | 'limits' | 'control'> & Partial<JobSpec>, ranges: LimitRanges) {
    this.sources = [...(from.sources ?? [])];
    this.destination = from.destination ?? '';
    this.deliver = from.deliver;
    this.limits = from.limits;
    this.control = from.control;
    this.ranges = ranges;
    this.#name = from.name ?? '';
  }

  static blank(defaults: Defaults): Draft {
    return new Draft(defaults, defaults.ranges);
  }

  /** Adds sources at the end; one that is there already stays where it is. */
  add(paths: string[]): void {
    this.sources = [...new Set([...this.sources, ...paths])];
  }

  remove(path: string): void {
    this.sources = this.sources.filter((source) => source !== path);
  }

  /** The job as the engine takes it. The name follows the destination unless it was kept. */
  job(before: JobSpec | null): JobSpec {
    const destination = this.destination.trim();
    return {
      // What the window cannot describe (requests and the services' own limits) stays as it is.
      ...before,
      name: before?.destination === destination ? this.#name : '',
      sources: [...this.sources],
      destination,
      deliver: this.deliver,
      limits: this.limits,
      control: this.control,
    };
  }

  /** Whether the same files go to the same place as in `job`. */
  movesLike(job: JobSpec): boolean {
    return (
      this.destination.trim() === job.destination &&
      this.sources.length === job.sources.length &&
      this.sources.every((source, i) => source === job.sources[i])
    );
  }
}
