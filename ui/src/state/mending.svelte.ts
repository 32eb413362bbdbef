/** What a person does about failed records: change them, leave them, send them through again. */
import type { Door } from '../backend/door';
import type { Amendment, FailedRecord, Selection } from '../backend/types';
import { count } from '../format';
import { m } from '../messages';
import type { Desk } from './desk.svelte';

/** Failed records that the person is asked about. */
export interface About {
  selection: Selection;
  records: number;
  /** The one record, where it is one. */
  record: FailedRecord | null;
}

/** What of the desk it needs. */
type Place = Pick<Desk, 'migration' | 'failures' | 'work' | 'asking' | 'tab'>;

export class Mending {
  /** Whom the question about failed records is about. */
  about: About | null = $state.raw(null);

  #door: Door;
  #desk: Place;

  constructor(door: Door, desk: Place) {
    this.#door = door;
    this.#desk = desk;
  }

  /** Asks what is to become of failed records. */
  ask = (asking: 'leave' | 'amend', about: About) => {
    this.about = about;
    this.#desk.asking = asking;
  };

  leave = (note: string) =>
    this.#desk.work.command(async () => {
      const { about } = this;
      if (!about) return;
      const records = await this.#door.leave(about.selection, note);
      this.#desk.asking = null;
      await this.#listAnew();
      this.#desk.work.done('leave', m.leave.done(records, count(records)));
    });

  /** Changes failed records, and perhaps sends them through again at once. */
  amend = (amendment: Amendment, andReprocess: boolean) =>
    this.#desk.work.command(async () => {
      const { about } = this;
      if (!about) return;
      const records = await this.#door.amend(about.selection, amendment);
      this.#desk.asking = null;
      if (andReprocess) return this.#sendAgain(about.selection);
      await this.#listAnew();
      this.#desk.work.done('amend', m.amend.done(records, count(records)));
    });

  reprocess = (selection: Selection) => this.#desk.work.command(() => this.#sendAgain(selection));

  export = (selection: Selection) =>
    this.#desk.work.command(async () => {
      const path = await this.#door.exportFailures(selection);
      if (path !== null) this.#desk.work.done('export', m.failures.exported(path));
    });

  async #sendAgain(selection: Selection): Promise<void> {
    const meanwhile = this.#desk.migration?.active ?? false;
    const records = await this.#door.reprocess(selection);
    this.#desk.failures.chooseNone();
    if (!meanwhile && records > 0) this.#desk.tab = 'run';
    const went = meanwhile ? m.failures.ontoRecovery : m.failures.reprocessing;
    this.#desk.work.done('reprocess', records > 0 ? went(records, count(records)) : m.failures.onlyLeft);
  }

  #listAnew(): Promise<void> {
    return this.#desk.failures.reload(this.#desk.failures.total);
  }
}
