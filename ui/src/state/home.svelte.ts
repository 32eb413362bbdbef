/** The migrations that this computer knows: those at work first, with their rate. */
import type { Door, Line } from '../backend/door';
import type { Balance, ErrorReport, JobSpec, Progress, Sample, State } from '../backend/types';
import { lastPart, plain } from '../format';
import { m } from '../messages';
import { isActive } from './migration.svelte';

/** One migration in the list. */
export interface Row {
  checkpoint: string;
  name: string;
  from: string[];
  /** Sources beyond those that are named. */
  more: number;
  to: string;
  /** Null: its file was never looked at. */
  state: State | null;
  balance: Balance | null;
  lastMs: number | null;
  /** How fast it moves now. */
  sample: Sample | null;
  /** It is open in this program. */
  here: boolean;
  /** Another program has it open. */
  elsewhere: boolean;
  problem: ErrorReport | null;
}

export class Home {
  /** Null: not yet known. */
  lines: Line[] | null = $state.raw(null);
  /** The files are being looked at. */
  looking: boolean = $state(false);

  readonly rows: Row[] = $derived.by(() =>
    (this.lines ?? []).map((line) => rowOf(line, this.#live.get(line.checkpoint))).sort(atWorkFirst),
  );
  #door: Door;
  /** The latest progress of those that are at work here. */
  #live: ReadonlyMap<string, Progress> = $state.raw(new Map());
  #again = false;
  /** Migrations that the list may not hold, although they are open here: they were looked for. */
  #sought = new Set<string>();

  /** How many are at work in this program. */
  readonly working: number = $derived(this.#live.size);

  constructor(door: Door) {
    this.#door = door;
  }

  /** What was known last at once, then what the files say. */
  async begin(): Promise<void> {
    try {
      const known = await this.#door.knownMigrations();
      this.lines ??= known;
    } catch (thrown) {
      // Without a list there is still a beginning.
      this.lines ??= [];
      throw thrown;
    }
    await this.refresh();
  }

  /** Looks at the files. Asked for meanwhile, it looks once more, and what the look before saw is old. */
  async refresh(): Promise<void> {
    this.#again = true;
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.#again) {
        this.#again = false;
        const seen = await this.#door.lookAtMigrations();
        if (!this.#again) this.lines = seen;
      }
    } finally {
      this.looking = false;
    }
  }

  /** Takes the progress of a migration that is open here. */
  observe(progress: Progress, of: string): void {
    const before = this.#live.get(of);
    const live = new Map(this.#live);
    // What rests may be closed next; then its file tells.
    if (isActive(progress.state)) live.set(of, progress);
    else live.delete(of);
    this.#live = live;
    const isNew = !this.#sought.has(of) && !this.lines?.some((line) => line.checkpoint === of);
    const rested = before && !isActive(progress.state);
    if (!this.lines || !(isNew || rested)) return;
    if (isNew) this.#sought.add(of);
    void this.refresh().catch(() => undefined);
  }

  async forget(row: Row): Promise<void> {
    await this.#door.forgetMigration(row.checkpoint);
    this.#sought.delete(row.checkpoint);
    // A look that is under way still saw it.
    if (this.looking) this.#again = true;
    this.lines = (this.lines ?? []).filter((line) => line.checkpoint !== row.checkpoint);
  }

  job(row: Row): Promise<JobSpec> {
    return this.#door.migrationJob(row.checkpoint);
  }
}

function rowOf({ checkpoint, glance, problem, here }: Line, live: Progress | undefined): Row {
  const from = glance?.from ?? [];
  return {
    checkpoint,
    name: nameOf(glance?.name ?? '', glance?.to ?? '') || plain(lastPart(checkpoint)),
    from,
    more: (glance?.sources ?? 0) - from.length,
    to: glance?.to ?? '',
    state: live?.state ?? glance?.state ?? null,
    balance: live?.balance ?? glance?.balance ?? null,
    lastMs: live?.at_ms ?? glance?.last_ms ?? null,
    sample: live?.sample ?? null,
    here: here || live !== undefined,
    elsewhere: !here && !live && (glance?.open ?? false),
    problem,
  };
}

/** What a migration is called, safe to show. */
export function nameOf(name: string, to: string): string {
  return plain(name || lastPart(to) || (to ? m.noJob : ''));
}

/** Those at work first, then the ones used last. */
function atWorkFirst(a: Row, b: Row): number {
  const rank = (row: Row) => (row.state !== null && isActive(row.state) ? 0 : 1);
  return rank(a) - rank(b) || (b.lastMs ?? 0) - (a.lastMs ?? 0);
}

/** How much of it is done, from 0 to 1. */
export function shareDone({ found, pending }: Balance): number {
  return found > 0 ? Math.max(0, found - pending) / found : 0;
}
