/**
 * Which rows of a long list are chosen: some, named by their numbers; or a rule: all, or all from one row to
 * another, less those that were taken out. A million rows are chosen without naming them.
 */
import type { PagedList } from './paged.svelte';

/** Spans up to this long are named row by row; a longer one stays a rule. */
const NAMED = 2_000;

/** What a choice means to the engine. */
export type Chosen<Row> =
  | { kind: 'none' }
  | { kind: 'ids'; ids: number[] }
  | { kind: 'rule'; ends: [first: Row, last: Row] | null; except: number[] };

interface Rule<Row> {
  /** The rows between which all are chosen, by place and as they were read; null: all of the list. */
  span: { from: number; to: number; first: Row; last: Row } | null;
  except: ReadonlySet<number>;
}

export class Choice<Row extends { id: number }> {
  /** The row with the keyboard. */
  cursor: number = $state.raw(0);
  #ids: ReadonlySet<number> = $state.raw(new Set());
  #rule: Rule<Row> | null = $state.raw(null);
  #anchor = 0;
  #list: PagedList<Row>;

  /** How many rows are chosen, as far as the list's length is known. */
  readonly count: number = $derived.by(() => {
    if (!this.#rule) return this.#ids.size;
    const { span, except } = this.#rule;
    return (span ? span.to - span.from + 1 : this.#list.total) - except.size;
  });
  /** All rows are chosen, and none was taken out. */
  readonly everything: boolean = $derived(
    this.#rule !== null && this.#rule.span === null && this.#rule.except.size === 0,
  );

  constructor(list: PagedList<Row>) {
    this.#list = list;
  }

  /** What is chosen. */
  get chosen(): Chosen<Row> {
    if (this.#rule) {
      const { span, except } = this.#rule;
      return { kind: 'rule', ends: span && [span.first, span.last], except: [...except] };
    }
    return this.#ids.size > 0 ? { kind: 'ids', ids: [...this.#ids] } : { kind: 'none' };
  }

  isChosen(row: Pick<Row, 'id'>, index: number): boolean {
    if (!this.#rule) return this.#ids.has(row.id);
    return this.#covers(this.#rule, index) && !this.#rule.except.has(row.id);
  }

  none(): void {
    this.#rule = null;
    this.#ids = new Set();
  }

  all(): void {
    this.#rule = { span: null, except: new Set() };
    this.#ids = new Set();
  }

  /** Back to the beginning, with nothing chosen. */
  reset(): void {
    this.cursor = this.#anchor = 0;
    this.none();
  }

  /** Keeps the keyboard's row inside of the list. What was chosen by place means other rows now. */
  settle(): void {
    this.cursor = Math.min(this.cursor, Math.max(0, this.#list.total - 1));
    if (this.#rule?.span) this.none();
  }

  /** Only this row. */
  only(index: number): void {
    this.cursor = this.#anchor = index;
    const row = this.#list.row(index);
    this.#rule = null;
    this.#ids = new Set(row ? [row.id] : []);
  }

  /** This row in or out, the others stay. */
  async toggle(index: number): Promise<void> {
    this.cursor = this.#anchor = index;
    const row = this.#list.row(index);
    if (!row) return;
    const rule = this.#rule;
    if (rule && this.#covers(rule, index)) {
      this.#rule = { ...rule, except: toggled(rule.except, row.id) };
      return;
    }
    if (rule?.span) {
      // What lies outside of a rule cannot be added to it, so its rows are named, as many as one may name.
      const { from, to } = rule.span;
      const rows = await this.#list.slice(from, Math.min(to, from + NAMED - 1));
      this.#ids = new Set(rows.map((one) => one.id).filter((id) => !rule.except.has(id)));
      this.#rule = null;
    }
    this.#ids = toggled(this.#ids, row.id);
  }

  /** From the row that was chosen last to this one. */
  async extend(index: number): Promise<void> {
    this.cursor = index;
    const [from, to] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
    if (to - from < NAMED) {
      const rows = await this.#list.slice(from, to);
      if (this.cursor !== index) return;
      this.#rule = null;
      this.#ids = new Set(rows.map((row) => row.id));
      return;
    }
    const [first] = await this.#list.slice(from, from);
    const [last] = await this.#list.slice(to, to);
    if (this.cursor !== index || !first || !last) return;
    this.#ids = new Set();
    this.#rule = { span: { from, to, first, last }, except: new Set() };
  }

  #covers(rule: Rule<Row>, index: number): boolean {
    return rule.span === null || (index >= rule.span.from && index <= rule.span.to);
  }
}

function toggled(set: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const changed = new Set(set);
  if (!changed.delete(id)) changed.add(id);
  return changed;
}
