/**
 * Failed records as a list that may be a million rows long, of which only the pages around the view
 * are held. The engine pages by key, so row numbers are found by walking from the nearest known page.
 */
import { selectionOf, type Door } from '../backend/door';
import type { Attempt, Category, FailedRecord, Selection } from '../backend/types';

export const PAGE = 500;
const PAGES_KEPT = 12;

export class FailureList {
  category: Category | null = $state.raw(null);
  /** Rows in the list: what the groups say, put right when the last page is seen. */
  total: number = $state.raw(0);
  /** The count that the list was last asked for with. */
  listed: number = $state.raw(0);
  /** Chosen records; `everything` stands for all rows without naming them. */
  chosen: ReadonlySet<number> = $state.raw(new Set());
  everything: boolean = $state.raw(false);
  /** The row with the keyboard. */
  cursor: number = $state.raw(0);

  /** The failed attempts of one record, once they are known. */
  history: { record: number; attempts: Attempt[] } | null = $state.raw(null);

  readonly chosenCount: number = $derived(this.everything ? this.total : this.chosen.size);

  #pages: ReadonlyMap<number, FailedRecord[]> = $state.raw(new Map());
  #door: Door;
  /** `#after[n]` is the key after which page n begins. */
  #after: number[] = [0];
  #wanted: { first: number; last: number } = { first: 0, last: 0 };
  #walking: Promise<void> | null = null;
  #generation = 0;
  #recalled = 0;
  #anchor = 0;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Begins anew with another cause or a new count; the choice is dropped. */
  async reset(category: Category | null, total: number): Promise<void> {
    this.category = category;
    this.cursor = 0;
    this.#anchor = 0;
    this.#wanted = { first: 0, last: 0 };
    this.chooseNone();
    await this.reload(total);
  }

  /** Reads the rows in view again; the choice and the place stay. */
  async reload(total: number): Promise<void> {
    this.#generation += 1;
    this.#walking = null;
    this.total = this.listed = total;
    this.cursor = Math.min(this.cursor, Math.max(0, total - 1));
    this.#after = [0];
    this.#pages = new Map();
    const { first, last } = this.#wanted;
    if (total > 0) await this.show(first * PAGE, last * PAGE);
  }

  /** Asks for the attempts of a record. Where the person went on meanwhile, only the latest counts. */
  async recall(record: number): Promise<void> {
    this.#recalled = record;
    const attempts = await this.#door.attempts(record);
    if (this.#recalled === record) this.history = { record, attempts };
  }

  row(index: number): FailedRecord | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Sees to it that these rows are held. Where the view went on meanwhile, only the latest counts. */
  show(first: number, last: number): Promise<void> {
    this.#wanted = { first: Math.floor(first / PAGE), last: Math.floor(last / PAGE) };
    this.#walking ??= this.#walk(this.#generation);
    return this.#walking;
  }

  async #walk(generation: number): Promise<void> {
    try {
      for (let next = this.#nextPage(); next !== null; next = this.#nextPage()) {
        if ((await this.#fetch(next, generation)) === null) return;
      }
    } finally {
      if (generation === this.#generation) this.#walking = null;
    }
  }

  #nextPage(): number | null {
    for (let page = this.#wanted.first; page <= this.#wanted.last; page += 1) {
      if (page * PAGE < this.total && !this.#pages.has(page)) return Math.min(page, this.#after.length - 1);
    }
    return null;
  }

  /** Reads one page whose key is known. Null when the list began anew meanwhile. */
  async #fetch(page: number, generation: number): Promise<FailedRecord[] | null> {
    const selection = selectionOf({ category: this.category });
    const answer = await this.#door.failures(selection, this.#after[page] ?? 0, PAGE);
    if (generation !== this.#generation) return null;
    const end = page * PAGE + answer.failures.length;
    if (answer.next === null) this.total = end;
    else {
      this.#after[page + 1] = answer.next;
      this.total = Math.max(this.total, end + 1);
    }
    const pages = new Map(this.#pages).set(page, answer.failures);
    for (const held of pages.keys()) {
      if (pages.size <= PAGES_KEPT) break;
      if (held < this.#wanted.first || held > this.#wanted.last) pages.delete(held);
    }
    this.#pages = pages;
    return answer.failures;
  }

  isChosen(record: FailedRecord): boolean {
    return this.everything || this.chosen.has(record.id);
  }

  chooseNone(): void {
    this.everything = false;
    this.chosen = new Set();
  }

  chooseAll(): void {
    this.everything = true;
    this.chosen = new Set();
  }

  /** Only this row. */
  chooseOnly(index: number): void {
    this.cursor = this.#anchor = index;
    const record = this.row(index);
    this.everything = false;
    this.chosen = new Set(record ? [record.id] : []);
  }

  /** This row in or out, the others stay. */
  async toggle(index: number): Promise<void> {
    this.cursor = this.#anchor = index;
    const record = this.row(index);
    if (!record) return;
    const chosen = new Set(this.everything ? await this.#ids(0, this.total - 1) : this.chosen);
    if (!chosen.delete(record.id)) chosen.add(record.id);
    this.everything = false;
    this.chosen = chosen;
  }

  /** From the row that was chosen last to this one. */
  async extend(index: number): Promise<void> {
    this.cursor = index;
    const [from, to] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
    const ids = await this.#ids(from, to);
    if (this.cursor !== index) return;
    this.everything = false;
    this.chosen = new Set(ids);
  }

  /** What the engine is to work on: the choice, or all of the cause that is shown. */
  selection(): Selection {
    return selectionOf({ category: this.category, ids: this.everything ? [] : [...this.chosen] });
  }

  /** Nothing but this record. */
  only(record: FailedRecord): Selection {
    return selectionOf({ ids: [record.id] });
  }

  async #ids(from: number, to: number): Promise<number[]> {
    const ids: number[] = [];
    const generation = this.#generation;
    for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page += 1) {
      let rows = this.#pages.get(page) ?? null;
      while (!rows) {
        const near = Math.min(page, this.#after.length - 1);
        const got = await this.#fetch(near, generation);
        if (got === null) return ids;
        if (near === page) rows = got;
        else if (this.#after.length - 1 <= near) return ids;
      }
      rows.forEach((record, i) => {
        const index = page * PAGE + i;
        if (index >= from && index <= to) ids.push(record.id);
      });
    }
    return ids;
  }
}
