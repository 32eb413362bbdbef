/** The control desk: what the one window shows and what its buttons do. Knows nothing of a page. */
import { asReport, type Defaults, type Door, type Drag } from '../backend/door';
import type { Control, Delivery, ErrorReport, Limits, Selection, Snapshot } from '../backend/types';
import { count } from '../format';
import { m } from '../messages';
import { Draft } from './draft.svelte';
import { FailureList } from './failures.svelte';
import { Migration } from './migration.svelte';

export type Screen = 'empty' | 'setup' | 'planning' | 'preflight' | 'run';
export type Tab = 'main' | 'preflight' | 'failures';
export type Notice = ErrorReport & { id: number; tone: 'error' | 'done' };

/** How long good news stays by itself. What went wrong stays until it is dismissed. */
const GOOD_NEWS_MS = 8_000;

export class Desk {
  migration: Migration | null = $state.raw(null);
  draft: Draft | null = $state.raw(null);
  tab: Tab = $state('main');
  notices: Notice[] = $state([]);
  /** A command is under way: its buttons wait. */
  busy: boolean = $state(false);
  asking: 'stop' | 'close' | null = $state(null);
  closing: boolean = $state(false);
  dragging: boolean = $state(false);
  readonly failures: FailureList;

  readonly screen: Screen = $derived.by(() => {
    if (this.draft && (this.migration || this.draft.sources.length > 0 || this.draft.destination !== ''))
      return 'setup';
    if (!this.migration) return 'empty';
    switch (this.migration.state) {
      case 'new':
      case 'planning':
        return 'planning';
      case 'ready':
        return 'preflight';
      default:
        return 'run';
    }
  });

  /** What a drop would do now. */
  readonly dropMeans: 'add' | 'begin' | 'refused' | 'refusedActive' = $derived.by(() => {
    if (this.migration?.active) return 'refusedActive';
    if (this.draft && this.screen === 'setup') return 'add';
    if (!this.migration || this.migration.state === 'finished') return 'begin';
    return 'refused';
  });

  #door: Door;
  #defaults: Defaults | null = null;
  #notice = 0;
  #planning = false;

  constructor(door: Door) {
    this.#door = door;
    this.failures = new FailureList(door);
  }

  /** Listens first, then asks what is there: nothing falls in between. */
  async begin(): Promise<void> {
    await this.attempt(async () => {
      await Promise.all([
        this.#door.onEvent((event) => {
          this.migration?.hear(event);
          this.#backToDraft();
          this.#dropQuestion();
        }),
        this.#door.onProgress((progress) => {
          this.migration?.observe(progress);
          this.#dropQuestion();
        }),
        this.#door.onCloseRequested(() => (this.asking = 'close')),
        this.#door.onDrag((drag) => this.#dragged(drag)),
      ]);
      this.#defaults = await this.#door.defaults();
      this.draft = Draft.blank(this.#defaults);
      const current = await this.#door.current();
      if (current) this.#show(current);
      const paths = await this.#door.launchPaths();
      if (paths.length > 0) await this.#take(paths);
    });
  }

  addFolders = () => this.attempt(async () => this.#addSources(await this.#door.pickFolders()));
  addFiles = () => this.attempt(async () => this.#addSources(await this.#door.pickFiles()));

  chooseDestination = () =>
    this.attempt(async () => {
      const path = await this.#door.pickDestination();
      if (path !== null && this.draft) this.draft.destination = path;
    });

  openMigration = () =>
    this.attempt(async () => {
      const path = await this.#door.pickMigration();
      if (path !== null) await this.#open(path);
    });

  /** Checks the draft. The same files to the same place keep their migration. */
  check = () =>
    this.#command(async () => {
      const draft = this.draft;
      if (!draft || draft.problem) return;
      const open = this.migration;
      if (open && draft.movesLike(open.job)) {
        await open.setLimits(draft.limits);
        await open.setDelivery(draft.deliver);
        // After the limits: one that changed has turned its autopilot off.
        await open.setControl(draft.control);
      } else {
        const job = draft.job(open?.job ?? null);
        if (open) await this.#closeOpen();
        this.draft = draft;
        this.#show(await this.#door.createMigration(job));
      }
      this.draft = null;
      this.#plan();
    });

  checkAgain = () => this.#command(async () => this.#plan());
  cancelCheck = () => this.#command(() => this.#door.cancelPlan());

  /** Back to the description, with what it holds. */
  edit = () => {
    const open = this.migration;
    if (open) this.draft = new Draft({ ...open.job, limits: open.progress.limits }, open.ranges);
  };

  /** Leaves the description without a change. */
  leaveEdit = () => {
    if (this.migration && this.migration.state !== 'new') this.draft = null;
    else return this.close();
  };

  start = () => this.#command(() => this.#door.start());
  pause = () => this.#command(() => this.#door.pause());
  stop = () => {
    this.asking = null;
    return this.#command(() => this.#door.stop());
  };

  setLimits = (limits: Limits) => this.attempt(async () => this.migration?.setLimits(limits));
  setControl = (control: Control) => this.attempt(async () => this.migration?.setControl(control));
  setDelivery = (delivery: Delivery) => this.attempt(async () => this.migration?.setDelivery(delivery));

  reprocess = (selection: Selection) =>
    this.#command(async () => {
      const meanwhile = this.migration?.active ?? false;
      const records = await this.#door.reprocess(selection);
      this.failures.chooseNone();
      if (!meanwhile) this.tab = 'main';
      this.#say('done', {
        code: 'reprocess',
        message: (meanwhile ? m.failures.ontoRecovery : m.failures.reprocessing)(records, count(records)),
        advice: '',
      });
    });

  exportFailures = (selection: Selection) =>
    this.#command(async () => {
      const path = await this.#door.exportFailures(selection);
      if (path !== null)
        this.#say('done', { code: 'export', message: m.failures.exported(path), advice: '' });
    });

  /** Closes the migration that rests; the window is empty again. */
  close = () =>
    this.#command(async () => {
      if (this.migration) await this.#closeOpen();
      this.#blank();
    });

  quit = async () => {
    this.closing = true;
    await this.attempt(() => this.#door.quit());
    this.closing = false;
    this.asking = null;
  };

  dismiss = (id: number) => {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  };

  async #addSources(paths: string[]): Promise<void> {
    if (paths.length === 0) return;
    if (!this.draft && this.#defaults) this.draft = Draft.blank(this.#defaults);
    this.draft?.add(paths);
  }

  /** Paths from outside: one `.sluice` file is opened, everything else becomes a source. */
  async #take(paths: string[]): Promise<void> {
    const means = this.dropMeans;
    if (means === 'refused' || means === 'refusedActive') {
      this.#say('error', { code: means, message: m.drop[means], advice: '' });
      return;
    }
    const [first] = paths;
    if (paths.length === 1 && first?.toLowerCase().endsWith('.sluice')) return this.#open(first);
    if (means === 'begin' && this.migration) {
      await this.#closeOpen();
      this.#blank();
    }
    await this.#addSources(paths);
  }

  #dragged(drag: Drag): void {
    this.dragging = drag.kind === 'over';
    if (drag.kind === 'dropped' && drag.paths.length > 0) void this.attempt(() => this.#take(drag.paths));
  }

  async #open(path: string): Promise<void> {
    if (this.migration) await this.#closeOpen();
    this.#blank();
    this.#show(await this.#door.openMigration(path));
  }

  async #closeOpen(): Promise<void> {
    this.migration?.forget();
    await this.#door.closeMigration();
    this.migration = null;
  }

  #blank(): void {
    this.tab = 'main';
    this.draft = this.#defaults && Draft.blank(this.#defaults);
  }

  #show(snapshot: Snapshot): void {
    this.migration = new Migration(this.#door, snapshot);
    this.tab = 'main';
    this.draft = null;
    this.#backToDraft();
  }

  /** A migration that was never checked to its end goes back to where it can be checked. */
  #backToDraft(): void {
    if (this.migration?.state === 'new' && !this.draft && !this.#planning) this.edit();
  }

  /** What was asked about a run has no meaning once nothing is at work. */
  #dropQuestion(): void {
    if (this.asking && !this.closing && !this.migration?.active) this.asking = null;
  }

  /** The plan may take an hour; its buttons must not wait for it. */
  #plan(): void {
    const planned = this.migration;
    this.#planning = true;
    void this.attempt(async () => {
      try {
        await this.#door.plan();
      } finally {
        this.#planning = false;
        if (planned && this.migration === planned) {
          await planned.resync();
          this.#backToDraft();
        }
      }
    });
  }

  async #command(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    // What went wrong before has been read: the person goes on.
    this.notices = this.notices.filter((notice) => notice.tone !== 'error');
    await this.attempt(work);
    this.busy = false;
  }

  /** Does the work; what goes wrong is shown. */
  async attempt(work: () => Promise<void> | undefined): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#say('error', asReport(thrown));
    }
  }

  #say(tone: Notice['tone'], report: ErrorReport): void {
    this.#notice += 1;
    const id = this.#notice;
    const rest = this.notices.filter((notice) => notice.message !== report.message);
    this.notices = [...rest, { ...report, tone, id }].slice(-3);
    if (tone === 'done') setTimeout(() => this.dismiss(id), GOOD_NEWS_MS);
  }
}
