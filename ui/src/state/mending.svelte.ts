/** What a person does about failed records: change them, leave them, send them through again. */
import type { Amendment, Corrections, FailedRecord, Selection } from '../backend/types';
import { count } from '../format';
import { m } from '../messages';
import { Amending } from './amending.svelte';
import type { Desk } from './desk.svelte';
import type { Migration } from './migration.svelte';

/** Failed records that the person is asked about. */
export interface About {
  selection: Selection;
  records: number;
  /** The one record, where it is one. */
  record: FailedRecord | null;
}

/** A corrected report that was looked at. */
export interface Found {
  path: string;
  corrections: Corrections;
}

/** What of the desk it needs. */
type Place = Pick<Desk, 'migration' | 'work' | 'asking' | 'tab'>;

export class Mending {
  /** Whom the question about failed records is about. */
  about: About | null = $state.raw(null);
  /** The change that is being described. */
  amending: Amending | null = $state.raw(null);
  /** The corrections that the person is asked about. */
  found: Found | null = $state.raw(null);

  #desk: Place;

  constructor(desk: Place) {
    this.#desk = desk;
  }

  askLeave = (about: About) => {
    this.about = about;
    this.#desk.asking = 'leave';
  };

  /** Asks how records are to be changed; one shows its path as it is. */
  askAmend = (about: About) =>
    this.#desk.work.attempt(async () => {
      const open = this.#desk.migration;
      if (!open) return;
      const detail = about.record && (await open.door.record(about.record.id));
      if (!this.#shows(open)) return;
      this.about = about;
      this.amending = new Amending(open.door, about, detail?.path ?? null);
      this.#desk.asking = 'amend';
    });

  leave = (note: string) =>
    this.#command(async (open) => {
      const { about } = this;
      if (!about) return;
      const records = await open.door.leave(about.selection, note);
      this.#answered(open);
      await this.#reload(open);
      this.#desk.work.done('leave', m.leave.done(records, count(records)));
    });

  /** Takes back that records were left. */
  takeUp = (selection: Selection) =>
    this.#command(async (open) => {
      const records = await open.door.takeUp(selection);
      await this.#reload(open);
      this.#desk.work.done('take-up', m.leave.undone(records, count(records)));
    });

  /** Changes failed records, and perhaps sends them through again at once. */
  amend = (amendment: Amendment, andReprocess: boolean) =>
    this.#command(async (open) => {
      const { about } = this;
      if (!about) return;
      const records = await open.door.amend(about.selection, amendment);
      this.#answered(open);
      if (andReprocess && this.#shows(open)) return this.#sendAgain(open, about.selection);
      await this.#reload(open);
      this.#desk.work.done('amend', m.amend.done(records, count(records)));
    });

  reprocess = (selection: Selection) => this.#command((open) => this.#sendAgain(open, selection));

  export = (selection: Selection) =>
    this.#command(async (open) => {
      const path = await open.door.exportFailures(selection);
      if (path !== null) this.#desk.work.done('export', m.failures.exported(path));
    });

  /** Asks for a corrected report, and shows what it would change. */
  findCorrections = () =>
    this.#command(async (open) => {
      const found = await open.door.findCorrections();
      if (!found || !this.#shows(open)) return;
      this.found = found;
      this.#desk.asking = 'corrections';
    });

  /** Applies the corrections that were shown. */
  correct = () =>
    this.#command(async (open) => {
      if (!this.found) return;
      const meanwhile = open.active;
      const { changed, again } = await open.door.applyCorrections(this.found.path);
      this.#answered(open);
      open.failures.choice.none();
      if (!meanwhile && again > 0) this.#showRun(open);
      else await this.#reload(open);
      this.#desk.work.done('correct', m.corrections.done(changed, count(changed)));
    });

  /** What was asked and found is of a migration that is not shown any more. */
  forget(): void {
    this.about = null;
    this.amending = null;
    this.found = null;
  }

  async #sendAgain(open: Migration, selection: Selection): Promise<void> {
    const meanwhile = open.active;
    const records = await open.door.reprocess(selection);
    open.failures.choice.none();
    if (!meanwhile && records > 0) this.#showRun(open);
    const went = meanwhile ? m.failures.ontoRecovery : m.failures.reprocessing;
    this.#desk.work.done('reprocess', records > 0 ? went(records, count(records)) : m.failures.onlyLeft);
  }

  #command(work: (open: Migration) => Promise<void>): Promise<void> {
    const { migration } = this.#desk;
    return this.#desk.work.command(async () => {
      if (migration) await work(migration);
    });
  }

  /** Whether it is still the one that is shown: what came from outside may have opened another. */
  #shows(open: Migration): boolean {
    return this.#desk.migration === open;
  }

  #answered(open: Migration): void {
    if (!this.#shows(open)) return;
    this.forget();
    this.#desk.asking = null;
  }

  async #reload(open: Migration): Promise<void> {
    if (this.#shows(open)) await open.failures.reload();
  }

  #showRun(open: Migration): void {
    if (this.#shows(open)) this.#desk.tab = 'run';
  }
}
