/** Failed records: their causes, the list of those that a person looks at, and the one that they look into. */
import { selectionOf, type MigrationDoor } from '../backend/door';
import type {
  Cause,
  FailedRecord,
  ListedFailure,
  Order,
  OrderBy,
  RecordDetail,
  Selection,
} from '../backend/types';
import { Choice } from './choice.svelte';
import { latest } from './latest';
import { PagedList } from './paged.svelte';

/** What of all failed records is listed: everything, one cause, or what a person left. */
export type Shown = { kind: 'all' } | { kind: 'cause'; id: number } | { kind: 'left' };

export class FailureList {
  causes: Cause[] = $state.raw([]);
  /** Records that a person left. */
  left: number = $state.raw(0);
  shown: Shown = $state.raw({ kind: 'all' });
  search: string = $state.raw('');
  order: Order = $state.raw({ by: 'number', descending: false });
  /** The count that the list was last asked for with. */
  listed: number = $state.raw(0);
  /** What is known of one record. */
  detail: RecordDetail | null = $state.raw(null);
  readonly list = new PagedList<ListedFailure>();
  readonly choice = new Choice(this.list);

  readonly all: number = $derived(this.causes.reduce((sum, one) => sum + one.count, 0));
  /** The cause that is shown, while it has records. */
  readonly cause: Cause | null = $derived.by(() => {
    const { shown } = this;
    return shown.kind === 'cause' ? (this.causes.find((one) => one.id === shown.id) ?? null) : null;
  });
  /** Rows that the list should have by now, without a search. */
  readonly expected: number = $derived.by(() => {
    if (this.shown.kind === 'all') return this.all;
    return this.shown.kind === 'left' ? this.left : (this.cause?.count ?? 0);
  });

  #door: MigrationDoor;
  #recalled = 0;

  constructor(door: MigrationDoor) {
    this.#door = door;
  }

  /** Asks for the causes anew. */
  readonly survey = latest(async () => {
    const [causes, account] = await Promise.all([this.#door.causes(), this.#door.reconciliation()]);
    this.causes = causes;
    this.left = account.left;
  });

  /** Begins anew, with all of them. */
  async open(): Promise<void> {
    this.shown = { kind: 'all' };
    this.search = '';
    this.detail = null;
    this.choice.reset();
    this.list.clear();
    await this.survey();
    await this.#begin();
  }

  /** Lists other records, from the beginning; the choice is dropped. */
  async show(shown: Shown): Promise<void> {
    this.shown = shown;
    this.choice.reset();
    await this.#begin();
  }

  async find(text: string): Promise<void> {
    if (text === this.search) return;
    this.search = text;
    this.choice.reset();
    await this.#begin();
  }

  /** Orders by this; a second time the other way round. */
  async sort(by: OrderBy): Promise<void> {
    const descending = this.order.by === by && !this.order.descending;
    this.order = { by, descending };
    this.choice.reset();
    await this.#begin();
  }

  /** Reads causes and rows again; place and choice stay as far as they can. */
  async reload(): Promise<void> {
    await this.survey();
    if (this.shown.kind === 'cause' && !this.cause) return this.show({ kind: 'all' });
    if (this.shown.kind === 'left' && this.left === 0) return this.show({ kind: 'all' });
    const before = this.listed;
    this.listed = this.expected;
    await this.list.reload(this.search ? null : this.expected);
    if (this.listed !== before) this.choice.settle();
  }

  /** Asks what is known of a record. Where the person went on meanwhile, only the latest counts. */
  async recall(record: number): Promise<void> {
    this.#recalled = record;
    const detail = await this.#door.record(record);
    if (this.#recalled === record) this.detail = detail;
  }

  /** The records of the list, as a rule for the engine. */
  rule(): Selection {
    return selectionOf({
      cause: this.shown.kind === 'cause' ? this.shown.id : null,
      left: this.shown.kind === 'left' ? true : null,
      search: this.search || null,
    });
  }

  /** What the engine is to work on: the choice, or all of the list. */
  selection(): Selection {
    const { chosen } = this.choice;
    if (chosen.kind === 'ids') return selectionOf({ ids: chosen.ids });
    const rule = this.rule();
    if (chosen.kind === 'none') return rule;
    const { by, descending } = this.order;
    const ends = chosen.ends && descending ? ([chosen.ends[1], chosen.ends[0]] as const) : chosen.ends;
    const span = ends && { by, first: ends[0].mark, last: ends[1].mark };
    return { ...rule, span, except: chosen.except };
  }

  /** Nothing but this record. */
  only(record: FailedRecord): Selection {
    return selectionOf({ ids: [record.id] });
  }

  async #begin(): Promise<void> {
    const selection = this.rule();
    const { order } = this;
    this.listed = this.expected;
    await this.list.reset({
      read: async (at) => {
        const page = await this.#door.listFailures(selection, order, at);
        return { rows: page.failures, next: page.next };
      },
      length: this.search ? null : this.expected,
    });
  }
}
