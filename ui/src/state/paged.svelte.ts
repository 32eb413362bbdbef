/**
 * A list that may be a million rows long, of which only the pages around the view are held. The engine reads
 * it by key: a page is asked for after the nearest row that is known, with so many rows skipped.
 *
 * While a text is searched for, nobody knows how long the list is, and the engine looks through a bounded part
 * of it with each call. Then it is walked from its beginning, and grows while it is.
 */
import type { Mark } from '../backend/types';

export const PAGE = 500;
const PAGES_KEPT = 12;

/** What a page begins after, how many rows are skipped then, and how many it has at most. */
export interface At {
  after: Mark | null;
  skip: number;
  limit: number;
}

export interface Answer<Row> {
  rows: Row[];
  next: Mark | null;
}

/** Where rows come from. `length` null: it is not known before the end is seen. */
export interface Source<Row> {
  read: (at: At) => Promise<Answer<Row>>;
  length: number | null;
}

export class PagedList<Row extends { id: number }> {
  /** Rows in the list, as far as that is known. */
  total: number = $state.raw(0);
  /** Whether `total` is all of them. */
  whole: boolean = $state.raw(true);
  /** Rows are being read. */
  reading: boolean = $state.raw(false);

  #pages: ReadonlyMap<number, Row[]> = $state.raw(new Map());
  #source: Source<Row> = { read: async () => ({ rows: [], next: null }), length: 0 };
  /** Where the row before each page stands, as far as it is known. */
  #after = new Map<number, Mark | null>([[0, null]]);
  #wanted: { first: number; last: number } = { first: 0, last: 0 };
  #walking: Promise<void> | null = null;
  #generation = 0;

  /** Begins anew with other rows. */
  async reset(source: Source<Row>): Promise<void> {
    this.#source = source;
    this.#wanted = { first: 0, last: 0 };
    await this.reload(source.length);
  }

  /** Holds nothing any more; what is still being read goes nowhere. */
  clear(): void {
    void this.reset({ read: () => Promise.resolve({ rows: [], next: null }), length: 0 });
  }

  /** Reads the rows in view again; the place stays. */
  async reload(length: number | null = this.#source.length): Promise<void> {
    this.#generation += 1;
    this.#walking = null;
    this.#source = { ...this.#source, length };
    this.#after = new Map([[0, null]]);
    this.#pages = new Map();
    this.whole = length !== null;
    this.total = length ?? 1;
    const last = Math.max(0, Math.ceil(this.total / PAGE) - 1);
    const first = Math.min(this.#wanted.first, last);
    if (this.total > 0) await this.show(first * PAGE, Math.min(this.#wanted.last, last) * PAGE);
  }

  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Sees to it that these rows are held. Where the view went on meanwhile, only the latest counts. */
  show(first: number, last: number): Promise<void> {
    this.#wanted = { first: Math.floor(first / PAGE), last: Math.floor(last / PAGE) };
    // A walk that has nothing to do would end before it is remembered.
    if (!this.#walking && this.#nextPage() === null) return Promise.resolve();
    this.#walking ??= this.#walk(this.#generation);
    return this.#walking;
  }

  /** The rows from one place to another, wherever the view is; at most as many as are asked for. */
  async slice(from: number, to: number): Promise<Row[]> {
    const generation = this.#generation;
    const rows: Row[] = [];
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page += 1) {
      let held = this.#pages.get(page) ?? null;
      while (!held && generation === this.#generation) {
        const next = this.#reachable(page);
        const got = await this.#fetch(next, generation);
        if (next === page) held = got;
        if (got === null || (next !== page && !this.#after.has(next + 1))) break;
      }
      if (!held) break;
      held.forEach((row, i) => {
        const index = page * PAGE + i;
        if (index >= from && index <= to) rows.push(row);
      });
    }
    return rows;
  }

  async #walk(generation: number): Promise<void> {
    this.reading = true;
    try {
      for (let next = this.#nextPage(); next !== null; next = this.#nextPage()) {
        if ((await this.#fetch(next, generation)) === null) return;
      }
    } finally {
      if (generation === this.#generation) {
        this.#walking = null;
        this.reading = false;
      }
    }
  }

  #nextPage(): number | null {
    for (let page = this.#wanted.first; page <= this.#wanted.last; page += 1) {
      if (page * PAGE < this.total && !this.#pages.has(page)) return this.#reachable(page);
    }
    return null;
  }

  /** The page that can be read on the way to this one. */
  #reachable(page: number): number {
    if (this.#source.length !== null) return page;
    let known = page;
    while (known > 0 && !this.#after.has(known)) known -= 1;
    return known;
  }

  /** Reads one page. Null when the list began anew meanwhile. */
  async #fetch(page: number, generation: number): Promise<Row[] | null> {
    let known = page;
    while (known > 0 && !this.#after.has(known)) known -= 1;
    let at: At = { after: this.#after.get(known) ?? null, skip: (page - known) * PAGE, limit: PAGE };
    let rows: Row[] = [];
    for (;;) {
      const answer = await this.#source.read(at);
      if (generation !== this.#generation) return null;
      rows = [...rows, ...answer.rows];
      const end = page * PAGE + rows.length;
      this.#keep(page, rows);
      if (answer.next === null) {
        // The true length, whatever was said before.
        this.total = end;
        this.whole = true;
        return rows;
      }
      if (rows.length >= PAGE) {
        this.#after.set(page + 1, answer.next);
        this.total = Math.max(this.total, end + 1);
        return rows;
      }
      // A search goes on where the last call ended; what it found so far is shown.
      this.total = Math.max(this.total, end + 1);
      at = { after: answer.next, skip: 0, limit: PAGE - rows.length };
    }
  }

  #keep(page: number, rows: Row[]): void {
    const pages = new Map(this.#pages).set(page, rows);
    for (const held of pages.keys()) {
      if (pages.size <= PAGES_KEPT) break;
      if (held < this.#wanted.first || held > this.#wanted.last) pages.delete(held);
    }
    this.#pages = pages;
  }
}
