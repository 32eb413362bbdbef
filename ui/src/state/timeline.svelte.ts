/** The stretch of a migration's life that the person looks at: chosen, zoomed, and told in as many points as a
    chart can show, however long it is. */
import type { MigrationDoor } from '../backend/door';
import type { MetricPoint, Sample } from '../backend/types';
import { merged, type Point, type Range } from '../parts/curve';
import { latest } from './latest';
import { sight } from './sight';

export const STRETCHES = ['minute', 'ten', 'hour', 'day', 'whole'] as const;
export type Stretch = (typeof STRETCHES)[number];

const SECONDS: Record<Exclude<Stretch, 'whole'>, number> = {
  minute: 60,
  ten: 600,
  hour: 3_600,
  day: 86_400,
};

/** As many as a chart has room for. */
const POINTS = 300;

/** The engine adds a point to the history so often. */
const FINEST_S = 10;
const ASK_AGAIN_AT_MOST_S = 60;

/** No stretch is looked at more closely than this. */
const SHORTEST_MS = 5_000;
const ZOOMS_KEPT = 20;

/** What is told of the present. */
interface Present {
  /** The engine's clock. */
  nowMs: number;
  samples: Sample[];
  active: boolean;
}

export class Timeline {
  stretch: Stretch = $state('ten');
  /** The moment that the person points at. */
  cursor: number | null = $state(null);
  history: MetricPoint[] = $state.raw([]);
  beginsMs: number | null = $state(null);

  readonly range: Range = $derived.by(() => {
    const zoom = this.#zooms.at(-1);
    if (zoom) return zoom;
    const toMs = this.#endMs;
    if (this.stretch !== 'whole') return { fromMs: toMs - SECONDS[this.stretch] * 1000, toMs };
    const first = this.beginsMs ?? this.#present.samples[0]?.at_ms ?? toMs;
    return { fromMs: Math.min(first, toMs - SHORTEST_MS), toMs };
  });
  readonly zoomed: boolean = $derived.by(() => this.#zooms.length > 0);
  readonly points: Point[] = $derived.by(() =>
    merged(this.history, this.#present.samples, this.range, this.#grain),
  );

  #door: Pick<MigrationDoor, 'history'>;
  #present: Present = $state.raw({ nowMs: 0, samples: [], active: false });
  #zooms: Range[] = $state.raw([]);
  /** When the history ends. */
  #endedMs = $state(0);
  /** Where the latest stretch ends: now, or when it last was at work. */
  readonly #endMs: number = $derived.by(() => {
    const { nowMs, samples, active } = this.#present;
    return active ? nowMs : Math.max(samples.at(-1)?.at_ms ?? 0, this.#endedMs) || nowMs;
  });
  #askedMs = -Infinity;
  #watchers = 0;

  constructor(door: Pick<MigrationDoor, 'history'>) {
    this.#door = door;
  }

  /** Somebody looks at it until what this gives is called. */
  watch(): () => void {
    this.#watchers += 1;
    void this.#ask();
    const gone = sight.onShow(() => void this.#ask());
    return () => {
      this.#watchers -= 1;
      gone();
    };
  }

  /** Goes on to this moment. */
  follow(samples: Sample[], nowMs: number, active: boolean): void {
    this.#present = { nowMs, samples, active };
    if (active && this.#watchers > 0 && !sight.hidden && nowMs - this.#askedMs >= this.#every * 1000)
      void this.#ask();
  }

  choose(stretch: Stretch): Promise<void> {
    this.stretch = stretch;
    this.#zooms = [];
    return this.#ask();
  }

  /** Looks at a part of it more closely. */
  zoom(fromMs: number, toMs: number): Promise<void> {
    const [from, to] = fromMs < toMs ? [fromMs, toMs] : [toMs, fromMs];
    const short = Math.max(0, SHORTEST_MS - (to - from)) / 2;
    this.#zooms = [...this.#zooms, { fromMs: from - short, toMs: to + short }].slice(-ZOOMS_KEPT);
    return this.#ask();
  }

  /** Half or twice as much, around the moment that is pointed at. */
  scale(factor: number): Promise<void> {
    const { fromMs, toMs } = this.range;
    const around = this.cursor ?? (fromMs + toMs) / 2;
    if (factor > 1 && this.zoomed && (toMs - fromMs) * factor >= this.#widestMs) return this.whole();
    return this.zoom(around - (around - fromMs) * factor, around + (toMs - around) * factor);
  }

  /** Back to what was looked at before. */
  back(): Promise<void> {
    if (!this.zoomed) return Promise.resolve();
    this.#zooms = this.#zooms.slice(0, -1);
    return this.#ask();
  }

  /** Back to the stretch that was chosen. */
  whole(): Promise<void> {
    this.#zooms = [];
    return this.#ask();
  }

  /** Points at the next point, or the one before; with a big step every tenth. */
  step(by: number): void {
    const { points, cursor } = this;
    const at = cursor === null ? -1 : points.findLastIndex((point) => point.at_ms <= cursor);
    const from = at < 0 ? (by > 0 ? -1 : points.length) : at;
    const next = points[Math.min(points.length - 1, Math.max(0, from + by))];
    this.cursor = next?.at_ms ?? null;
  }

  get #widestMs(): number {
    if (this.stretch !== 'whole') return SECONDS[this.stretch] * 1000;
    return this.#endMs - (this.beginsMs ?? this.#endMs);
  }

  /** Seconds that one point of this stretch sums up. */
  get #grain(): number {
    const { fromMs, toMs } = this.range;
    const seconds = (toMs - fromMs) / 1000 / POINTS;
    // As long as samples tell every second of it, they are drawn as they are.
    return (toMs - fromMs) / 1000 <= SECONDS.ten ? 1 : Math.max(FINEST_S, seconds);
  }

  get #every(): number {
    return Math.min(ASK_AGAIN_AT_MOST_S, Math.max(FINEST_S, this.#grain));
  }

  #ask = latest(async () => {
    if (this.#watchers === 0) return;
    this.#askedMs = this.#present.nowMs;
    // Where the whole run begins nobody knows before it has been asked for.
    const from = this.stretch === 'whole' && !this.zoomed ? 0 : this.range.fromMs;
    const before = this.#endMs;
    try {
      const told = await this.#door.history(from, this.range.toMs, POINTS);
      this.history = told.points;
      this.beginsMs = told.begins_ms;
      this.#endedMs = told.ends_ms ?? 0;
      // At rest it ends long before now: then another stretch is meant.
      if (!this.#present.active && this.#endMs !== before) void this.#ask();
    } catch {
      // The migration was closed meanwhile.
    }
  });
}
