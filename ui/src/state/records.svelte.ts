/** All records, the account that they add up to, and looking at the destination again. */
import type { FilesHere, MigrationDoor } from '../backend/door';
import type { RecordDetail, RecordFilter, Reconciliation, ShownRecord, VerifyReport } from '../backend/types';
import { Choice } from './choice.svelte';
import { latest } from './latest';
import { PagedList } from './paged.svelte';

/** As many records can be verified by name; more are verified as a whole. */
export const VERIFIED_BY_NAME = 2_000;

const EVERYTHING: RecordFilter = { part: null, evidence: null, search: null, duplicates: false };

export class Records {
  account: Reconciliation | null = $state.raw(null);
  filter: RecordFilter = $state.raw(EVERYTHING);
  /** What is known of one record. */
  detail: RecordDetail | null = $state.raw(null);
  /** How far the verification is that goes on. */
  verifying: { report: VerifyReport; of: number } | null = $state.raw(null);
  /** What the verification of some records found. */
  verified: VerifyReport | null = $state.raw(null);
  /** Duplicates are being looked for. */
  looking: boolean = $state.raw(false);
  readonly list = new PagedList<ShownRecord>();
  readonly choice = new Choice(this.list);

  #door: MigrationDoor;
  #recalled = 0;

  constructor(door: MigrationDoor) {
    this.#door = door;
  }

  /** Asks for the numbers anew. */
  readonly survey = latest(async () => {
    this.account = await this.#door.reconciliation();
  });

  /** Lists what a filter lets through, from the beginning. */
  async show(given: Partial<RecordFilter>): Promise<void> {
    this.filter = { ...EVERYTHING, ...given };
    this.choice.reset();
    this.detail = null;
    const { filter } = this;
    await this.list.reset({
      read: async (at) => {
        const page = await this.#door.records(filter, at);
        return { rows: page.records, next: page.next };
      },
      length: this.#length(filter),
    });
  }

  /** Reads numbers and rows again; the place stays. */
  async reload(): Promise<void> {
    await this.survey();
    await this.list.reload(this.#length(this.filter));
    this.choice.settle();
  }

  async recall(record: number): Promise<void> {
    this.#recalled = record;
    const detail = await this.#door.record(record);
    if (this.#recalled === record) this.detail = detail;
  }

  /** Which of a record's files can be shown in the file manager; what was not delivered cannot. */
  async filesHere(record: number, isDelivered: boolean): Promise<FilesHere> {
    const { source, delivered } = await this.#door.filesHere(record);
    return { source, delivered: delivered && isDelivered };
  }

  /** Shows a record's file in the file manager. */
  reveal = (record: number, delivered: boolean) => this.#door.revealRecord(record, delivered);

  /** Reads the destination again: these records, or all of it. */
  async verify(ids: number[]): Promise<void> {
    if (this.verifying || !this.account) return;
    const { delivered, skipped } = this.account.balance;
    const of = ids.length || delivered + skipped;
    this.verified = null;
    this.verifying = { report: NOTHING_YET, of };
    try {
      const report = await this.#door.verify(ids, (told) => {
        if (this.verifying) this.verifying = { report: told, of };
      });
      // One that was ended has found nothing, and the migration may be left by now.
      if (!report) return;
      if (ids.length > 0) this.verified = report;
      await this.survey();
    } finally {
      this.verifying = null;
    }
  }

  endVerify = () => this.#door.endVerify();

  async findDuplicates(): Promise<void> {
    this.looking = true;
    try {
      await this.#door.findDuplicates();
      await this.survey();
    } finally {
      this.looking = false;
    }
  }

  /** The chosen records by name, where they are few enough. */
  get chosenIds(): number[] {
    const { chosen } = this.choice;
    return chosen.kind === 'ids' ? chosen.ids : [];
  }

  /** How many records a filter lets through, where the account tells; null: it is seen at the end. */
  #length(filter: RecordFilter): number | null {
    const { account } = this;
    if (!account || filter.search) return null;
    if (filter.duplicates) return account.duplicates?.records ?? 0;
    if (filter.evidence) return account.proven.find((one) => one.evidence === filter.evidence)?.records ?? 0;
    return account.balance[filter.part ?? 'found'];
  }
}

const NOTHING_YET: VerifyReport = {
  checked: 0,
  matching: 0,
  size_only: 0,
  missing: 0,
  differing: 0,
  unreadable: 0,
  bytes: 0,
  sidecars: 0,
  sidecars_wrong: 0,
  problems: [],
  orphans: null,
  orphan_paths: [],
};
