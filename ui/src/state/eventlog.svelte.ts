/** The event log as it is read: the newest on top, older ones as one scrolls, never more than fit. */
import type { MigrationDoor } from '../backend/door';
import type { Actor, Event, EventFilter } from '../backend/types';
import { kindsIn, KINDS, type Group, saidWith, wordedLike } from '../parts/kinds';
import { latest } from './latest';
import { sight } from './sight';

const PAGE = 100;
/** More than this nobody scrolls through: further back one searches. */
const KEPT = 1_000;
/** Batches end many times a second; the log is renewed at most so often. */
const RENEWED_EVERY_MS = 1_000;

export class EventLog {
  /** Newest first. */
  events: Event[] = $state.raw([]);
  /** There are older ones. */
  more: boolean = $state(false);
  /** There are newer ones than are shown. */
  newer: boolean = $state(false);
  loading: boolean = $state(false);
  groups: ReadonlySet<Group> = $state.raw(
    new Set<Group>(KINDS.filter(({ quiet }) => !quiet).map(({ group }) => group)),
  );
  by: Actor | null = $state(null);
  text: string = $state('');

  #door: Pick<MigrationDoor, 'events'>;
  #next: number | null = null;
  #watched = false;
  #top = true;
  #due: ReturnType<typeof setTimeout> | null = null;
  /** Counts what was asked for: an answer to an older question is not taken. */
  #question = 0;

  constructor(door: Pick<MigrationDoor, 'events'>) {
    this.#door = door;
  }

  /** Somebody reads it until what this gives is called. */
  watch(): () => void {
    this.#watched = true;
    this.#top = true;
    void this.renew();
    const gone = sight.onShow(() => this.#renewSoon());
    return () => {
      this.#watched = false;
      if (this.#due) clearTimeout(this.#due);
      this.#due = null;
      this.#question += 1;
      this.events = [];
      gone();
    };
  }

  /** Something happened. */
  hear(): void {
    if (!this.#watched) return;
    if (this.#top) this.#renewSoon();
    else this.newer = true;
  }

  /** Whether the reader is at the top: only there the newest come by themselves. */
  scrolled(top: boolean): void {
    this.#top = top;
    if (top && this.newer) void this.renew();
  }

  filter(change: Partial<Pick<EventLog, 'groups' | 'by' | 'text'>>): Promise<void> {
    Object.assign(this, change);
    this.events = [];
    this.#top = true;
    return this.renew();
  }

  /** Takes in the newest. */
  renew = latest(async () => {
    const question = ++this.#question;
    this.loading = true;
    try {
      const page = await this.#door.events(this.#wanted, null, PAGE);
      if (question !== this.#question) return;
      const newest = this.events[0]?.seq ?? Infinity;
      const oldest = page.events.at(-1)?.seq ?? -Infinity;
      if (oldest > newest || newest === Infinity) {
        // What lies between was never seen: the log begins anew.
        this.#show(page.events, page.next);
      } else {
        const news = page.events.filter((event) => event.seq > newest);
        if (news.length > 0) this.#show([...news, ...this.events], this.#next);
      }
      this.newer = false;
    } catch {
      // The migration was closed meanwhile.
    } finally {
      if (question === this.#question) this.loading = false;
    }
  });

  /** Older ones. */
  older = async (): Promise<void> => {
    if (this.loading || this.#next === null || this.events.length >= KEPT) return;
    const question = ++this.#question;
    this.loading = true;
    try {
      const page = await this.#door.events(this.#wanted, this.#next, PAGE);
      if (question === this.#question) this.#show([...this.events, ...page.events], page.next);
    } catch {
      // The migration was closed meanwhile.
    } finally {
      if (question === this.#question) this.loading = false;
    }
  };

  /** It is all there is room for. */
  get full(): boolean {
    return this.events.length >= KEPT;
  }

  get #wanted(): EventFilter {
    const text = this.text.trim();
    return {
      kinds: kindsIn(this.groups),
      by: this.by ? [this.by] : [],
      text,
      also: text ? wordedLike(text) : [],
      worded: text ? saidWith(text) : [],
    };
  }

  #show(events: Event[], next: number | null): void {
    this.events = events.slice(0, KEPT);
    this.#next = events.length > KEPT ? (this.events.at(-1)?.seq ?? null) : next;
    this.more = this.#next !== null;
  }

  #renewSoon(): void {
    if (sight.hidden || !this.#watched) return;
    this.#due ??= setTimeout(() => {
      this.#due = null;
      void this.renew();
    }, RENEWED_EVERY_MS);
  }
}
