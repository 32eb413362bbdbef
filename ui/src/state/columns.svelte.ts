/** Which columns of the failed records are shown; kept from one start of the program to the next. */
export const FAILURE_COLUMNS = [
  'id',
  'source',
  'stage',
  'category',
  'attempts',
  'size',
  'failed',
  'row',
  'external',
  'message',
] as const;
export type FailureColumn = (typeof FAILURE_COLUMNS)[number];

/** Without these nobody knows what a row is about. */
const ALWAYS: readonly FailureColumn[] = ['id', 'source'];
const USUAL: readonly FailureColumn[] = ['id', 'source', 'category', 'attempts', 'size', 'message'];
const KEPT = 'sluice.failure-columns';

export class FailureColumns {
  shown: ReadonlySet<FailureColumn> = $state.raw(new Set(USUAL));

  #keep: Pick<Storage, 'getItem' | 'setItem'> | null;

  constructor(keep: Pick<Storage, 'getItem' | 'setItem'> | null) {
    this.#keep = keep;
    const kept = keep?.getItem(KEPT)?.split(',') ?? null;
    if (kept)
      this.shown = new Set(FAILURE_COLUMNS.filter((one) => ALWAYS.includes(one) || kept.includes(one)));
  }

  /** Those that may be left out. */
  readonly choosable = FAILURE_COLUMNS.filter((one) => !ALWAYS.includes(one));

  toggle(column: FailureColumn): void {
    const shown = new Set(this.shown);
    if (!shown.delete(column)) shown.add(column);
    this.shown = shown;
    this.#keep?.setItem(KEPT, [...shown].join(','));
  }
}
