/** The picture of the open migration: a snapshot, then the events since its number, and progress. */
import type { Door, MigrationDoor } from '../backend/door';
import type {
  BatchSummary,
  Control,
  Delivery,
  Endpoint,
  Event,
  FailureGroup,
  JobSpec,
  LimitRanges,
  Limits,
  LiveBatch,
  Preflight,
  Progress,
  Sample,
  Snapshot,
  State,
} from '../backend/types';
import { CHANGES, isMarked } from '../parts/kinds';
import { EventLog } from './eventlog.svelte';
import { FailureList } from './failures.svelte';
import { Records } from './records.svelte';
import { Timeline } from './timeline.svelte';

/** As many as the engine's snapshot holds. */
const BATCHES_KEPT = 120;
const SAMPLES_KEPT = 600;

/** Failures come by the hundred; their groups are asked for at most this often. */
const GROUPS_EVERY_MS = 2_000;

/** Changes are marked on charts and told in a glance; further back the event log goes. */
const CHANGES_KEPT = 200;

/** Between two batches of the recovery lane nothing is shown to vanish for so long. */
const RECOVERY_STAYS_MS = 1_500;

const NO_LIMITS: Endpoint = { concurrency: null, rate: null, burst: null };

const ACTIVE: ReadonlySet<State> = new Set([
  'planning',
  'running',
  'watching',
  'waiting',
  'pausing',
  'stopping',
]);

/** Whether something is at work in this state. */
export function isActive(state: State): boolean {
  return ACTIVE.has(state);
}

export class Migration {
  readonly checkpoint: string;
  /** The way to this one, whatever is shown. */
  readonly door: MigrationDoor;
  job: JobSpec = $state.raw(undefined as never);
  ranges: LimitRanges = $state.raw(undefined as never);
  progress: Progress = $state.raw(undefined as never);
  /** The batch that runs; between two batches the one before, so that nothing flickers. */
  batch: LiveBatch | null = $state.raw(null);
  preflight: Preflight | null = $state.raw(null);
  batches: BatchSummary[] = $state.raw([]);
  /** The batch on the recovery lane; kept over the short time between two. */
  recovery: LiveBatch | null = $state.raw(null);
  /** What changed, when and by whom, oldest first. */
  changes: Event[] = $state.raw([]);
  samples: Sample[] = $state.raw([]);
  groups: FailureGroup[] = $state.raw([]);
  /** Counts changes of failed records that leave their number as it is. */
  changed: number = $state(0);

  readonly state: State = $derived(this.progress.state);
  readonly active: boolean = $derived(ACTIVE.has(this.progress.state));
  /** The run is at work, or goes on by itself: failed records can be sent after it. */
  readonly underWay: boolean = $derived(['running', 'watching', 'waiting'].includes(this.state));

  /** The stretch of its life that is looked at. */
  readonly timeline: Timeline;
  readonly log: EventLog;
  readonly failures: FailureList;
  readonly records: Records;

  #seq = 0;
  #recoverySeen = 0;
  /** Progress that was taken before this moment is older than an event that was applied. */
  #since = 0;
  /** Batches of the lanes beside the run: they are not part of the rhythm. */
  #beside = new Set<number>();
  #held: Event[] = [];
  #resyncing: Promise<void> | null = null;
  #groupsDue: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  constructor(door: Door, snapshot: Snapshot) {
    const mine = (this.door = door.of(snapshot.checkpoint));
    this.checkpoint = snapshot.checkpoint;
    this.timeline = new Timeline(mine);
    this.log = new EventLog(mine);
    this.failures = new FailureList(mine);
    this.records = new Records(mine);
    this.#adopt(snapshot);
    void this.#recall();
  }

  /** Takes a durable event. One that is missing before it means: ask for a new snapshot. */
  hear(event: Event): void {
    if (this.#closed || event.seq <= this.#seq) return;
    if (this.#resyncing || event.seq !== this.#seq + 1) {
      this.#held.push(event);
      void this.resync();
      return;
    }
    this.#apply(event);
    this.log.hear();
  }

  /** Takes the latest progress. */
  observe(progress: Progress): void {
    if (this.#closed || progress.at_ms < this.#since || progress.at_ms < this.progress.at_ms) return;
    this.progress = progress;
    this.#followBatch();
    const { sample } = progress;
    if (sample && sample.at_ms > (this.samples.at(-1)?.at_ms ?? 0))
      this.samples = [...this.samples, sample].slice(-SAMPLES_KEPT);
    this.#followTime();
  }

  #followTime(): void {
    this.timeline.follow(this.samples, this.progress.at_ms, ACTIVE.has(this.progress.state));
  }

  /** Asks for a new snapshot, then applies the events that came meanwhile. */
  resync(): Promise<void> {
    this.#resyncing ??= this.#fetch().finally(() => {
      this.#resyncing = null;
      const held = this.#held;
      this.#held = [];
      for (const event of held) this.hear(event);
    });
    return this.#resyncing;
  }

  /** Nothing is taken any more. */
  forget(): void {
    this.#closed = true;
    if (this.#groupsDue) clearTimeout(this.#groupsDue);
  }

  async setLimits(limits: Limits): Promise<void> {
    const before = this.progress.limits;
    await this.door.setLimits(limits);
    this.progress = { ...this.progress, limits };
    this.job = { ...this.job, limits, control: steered(this.job.control, before, limits) };
  }

  async setControl(control: Control): Promise<void> {
    await this.door.setControl(control);
    this.job = { ...this.job, control };
  }

  /** How many requests a service may get at once. Null: as the migration's own limits say. */
  setPlaces(service: string, concurrency: number | null): Promise<void> {
    return this.setEndpoint(service, { concurrency });
  }

  /** Limits of one service: what is null follows the migration's own. */
  async setEndpoint(service: string, change: Partial<Endpoint>): Promise<void> {
    const endpoint = { ...NO_LIMITS, ...this.job.endpoints?.[service], ...change };
    await this.door.setEndpoint(service, endpoint);
    this.job = { ...this.job, endpoints: { ...this.job.endpoints, [service]: endpoint } };
  }

  /** Pauses when the clock next shows that time; null takes it back. */
  pauseAt(time: string | null): Promise<void> {
    return this.door.pauseAt(time);
  }

  async setDelivery(deliver: Delivery): Promise<void> {
    await this.door.setDelivery(deliver);
    this.job = { ...this.job, deliver };
  }

  /** Takes over everything of a job but where it moves what. */
  async setJob(job: JobSpec): Promise<void> {
    await this.door.setJob(job);
    const { limits } = job;
    this.progress = { ...this.progress, limits };
    this.job = { ...job, name: this.job.name };
  }

  async #fetch(): Promise<void> {
    try {
      const snapshot = await this.door.snapshot();
      if (!this.#closed) this.#adopt(snapshot);
    } catch {
      // The migration was closed meanwhile. What is held has no picture to go into.
      this.#held = [];
    }
  }

  #adopt(snapshot: Snapshot): void {
    this.job = snapshot.job;
    this.ranges = snapshot.ranges;
    this.preflight = snapshot.preflight;
    this.batches = snapshot.batches;
    this.samples = snapshot.samples;
    this.groups = snapshot.failure_groups;
    this.#seq = snapshot.last_event;
    for (const batch of [snapshot.progress.recovery, snapshot.progress.aside])
      if (batch) this.#beside.add(batch.id);
    if (!this.progress || snapshot.progress.at_ms >= this.progress.at_ms) this.progress = snapshot.progress;
    this.#followBatch();
    this.#followTime();
  }

  #followBatch(): void {
    const { batch, state } = this.progress;
    if (batch || !ACTIVE.has(state) || state === 'watching') this.batch = batch;
    const { recovery, at_ms } = this.progress;
    if (recovery) this.#recoverySeen = at_ms;
    if (recovery || !ACTIVE.has(state) || at_ms > this.#recoverySeen + RECOVERY_STAYS_MS)
      this.recovery = recovery;
  }

  /** What changed before this picture was taken. Not knowing it hinders nobody. */
  async #recall(): Promise<void> {
    try {
      const all = { kinds: [...CHANGES], by: [], text: '', also: [], worded: [] };
      const { events } = await this.door.events(all, null, CHANGES_KEPT);
      if (!this.#closed) this.#note(events);
    } catch {
      // Closed meanwhile.
    }
  }

  #note(events: Event[]): void {
    const known = new Set(this.changes.map((event) => event.seq));
    const news = events.filter((event) => isMarked(event) && !known.has(event.seq));
    if (news.length === 0) return;
    this.changes = [...this.changes, ...news].sort((a, b) => a.seq - b.seq).slice(-CHANGES_KEPT);
  }

  #apply(event: Event): void {
    this.#seq = event.seq;
    const what = event.what;
    this.#note([event]);
    switch (what.kind) {
      case 'state_changed':
        this.#since = event.at_ms;
        this.progress = { ...this.progress, state: what.to };
        if (what.to === 'running' || what.to === 'watching' || what.to === 'finished')
          this.progress = { ...this.progress, outage: null };
        if (!ACTIVE.has(what.to)) void this.resync();
        break;
      case 'reprocessed':
        // One that failed again and goes back once more leaves their number as it is.
        this.changed += 1;
        void this.resync();
        break;
      case 'planned':
        void this.resync();
        break;
      case 'limits_changed':
        this.#since = event.at_ms;
        this.progress = { ...this.progress, limits: what.to };
        break;
      case 'outage_began':
        this.#since = event.at_ms;
        this.progress = { ...this.progress, outage: what.outage };
        break;
      case 'batch_ended':
        // A snapshot may hold more than its number says.
        if (!this.#beside.delete(what.batch.id)) this.#ended(what.batch);
        break;
      case 'records_failed':
        this.#groupsDue ??= setTimeout(() => {
          this.#groupsDue = null;
          void this.resync();
        }, GROUPS_EVERY_MS);
        break;
      case 'batch_started':
        if (what.lane !== 'main') this.#beside.add(what.batch);
        break;
      case 'outage_ended':
        this.#since = event.at_ms;
        this.progress = { ...this.progress, outage: null };
        break;
      case 'amended':
      case 'left':
      case 'taken_up':
        this.changed += 1;
        break;
      case 'autopilot_changed':
      case 'settings_changed':
      case 'pause_set':
      case 'pause_due':
      case 'checkpoint_writable':
      case 'watch_polls':
      case 'folder_failed':
      case 'catalogue_written':
      case 'catalogue_failed':
      case 'leases_released':
        break;
    }
  }

  /** Two batches may overlap, so they need not end in their order. */
  #ended(batch: BatchSummary): void {
    if (this.batches.some((one) => one.id === batch.id)) return;
    const after = this.batches.findLastIndex((one) => one.id < batch.id) + 1;
    const [earlier, later] = [this.batches.slice(0, after), this.batches.slice(after)];
    this.batches = [...earlier, batch, ...later].slice(-BATCHES_KEPT);
  }
}

/** The person's hand comes first: the autopilot lets go of what is set, as in the engine. */
export function steered(control: Control, before: Limits, after: Limits): Control {
  const { autopilot } = control;
  return {
    ...control,
    autopilot: {
      ...autopilot,
      concurrency: autopilot.concurrency && before.concurrency === after.concurrency,
      batch_size: autopilot.batch_size && before.batch_size === after.batch_size,
    },
  };
}
