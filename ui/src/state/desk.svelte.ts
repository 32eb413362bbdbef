/** The control desk: what the one window shows and what its buttons do. Knows nothing of a page. */
import { asReport, type Defaults, type Door, type Drag } from '../backend/door';
import type {
  Advice,
  Amendment,
  Control,
  Delivery,
  ErrorReport,
  FailedRecord,
  Limits,
  Offer,
  Selection,
  Snapshot,
} from '../backend/types';
import { count } from '../format';
import { m } from '../messages';
import { type CatalogueDraft, cataloguesAmong } from './catalogue.svelte';
import { Connections } from './connections.svelte';
import { Draft } from './draft.svelte';
import { FailureList } from './failures.svelte';
import { Migration } from './migration.svelte';

export type Screen = 'empty' | 'setup' | 'planning' | 'preflight' | 'run';
export type Tab = 'main' | 'preflight' | 'failures' | 'catalogues';
export type Notice = ErrorReport & { id: number; tone: 'error' | 'done' };

/** Failed records that the person is asked about. */
export interface About {
  selection: Selection;
  records: number;
  /** The one record, where it is one. */
  record: FailedRecord | null;
}

/** An offer of the advisor that was taken. */
interface Applied {
  offer: Offer;
  undo: () => Promise<void>;
}

/** Advice looks half a minute back: so long it would offer again what was just done. */
const APPLIED_STAYS_MS = 30_000;

/** How long good news stays by itself. What went wrong stays until it is dismissed. */
const GOOD_NEWS_MS = 8_000;

export class Desk {
  migration: Migration | null = $state.raw(null);
  draft: Draft | null = $state.raw(null);
  tab: Tab = $state('main');
  notices: Notice[] = $state([]);
  /** A command is under way: its buttons wait. */
  busy: boolean = $state(false);
  asking: 'stop' | 'close' | 'leave' | 'amend' | 'connections' | null = $state(null);
  /** Whom the question about failed records is about. */
  about: About | null = $state.raw(null);
  applied: Applied | null = $state.raw(null);
  closing: boolean = $state(false);
  dragging: boolean = $state(false);
  readonly failures: FailureList;

  readonly screen: Screen = $derived.by(() => {
    const { draft } = this;
    const begun = draft && draft.sources.length + draft.catalogues.length + draft.destination.length > 0;
    if (draft && (this.migration || begun)) return 'setup';
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
      this.draft = Draft.blank(this.#door, this.#defaults);
      const current = await this.#door.current();
      if (current) this.#show(current);
      const paths = await this.#door.launchPaths();
      if (paths.length > 0) await this.#take(paths);
    });
  }

  addFolders = () => this.attempt(async () => this.#addSources(await this.#door.pickFolders()));
  addFiles = () => this.attempt(async () => this.#addSources(await this.#door.pickFiles()));
  addCatalogues = () => this.attempt(async () => this.#addCatalogues(await this.#door.pickCatalogues()));

  /** Shows a catalogue's columns and names. */
  showCatalogue = (catalogue: CatalogueDraft) => {
    if (this.draft) this.draft.shown = catalogue;
    this.tab = 'catalogues';
  };

  asCatalogue = (path: string) => {
    this.draft?.asCatalogue(path);
    this.tab = 'catalogues';
  };

  savePreset = (catalogue: CatalogueDraft) =>
    this.attempt(async () => {
      const path = await this.#door.savePreset(catalogue.spec());
      if (path !== null)
        this.#say('done', { code: 'preset', message: m.catalogue.presetSaved(path), advice: '' });
    });

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
        if (!draft.mapsLike(open.job)) await open.setMapping(draft.map);
      } else {
        const job = draft.job();
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
    if (!open) return;
    const now = { ...open.job, limits: open.progress.limits };
    this.draft = new Draft(this.#door, now, open.ranges, open.job);
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

  reprocess = (selection: Selection) => this.#command(() => this.#reprocess(selection));

  /** Asks what is to become of failed records. */
  askAbout = (asking: 'leave' | 'amend', about: About) => {
    this.about = about;
    this.asking = asking;
  };

  leave = (note: string) =>
    this.#command(async () => {
      const { about } = this;
      if (!about) return;
      const records = await this.#door.leave(about.selection, note);
      this.asking = null;
      await this.failures.reload(this.failures.total);
      this.#say('done', { code: 'leave', message: m.leave.done(records, count(records)), advice: '' });
    });

  /** Changes failed records, and perhaps sends them through again at once. */
  amend = (amendment: Amendment, andReprocess: boolean) =>
    this.#command(async () => {
      const { about } = this;
      if (!about) return;
      const records = await this.#door.amend(about.selection, amendment);
      this.asking = null;
      if (andReprocess) return this.#reprocess(about.selection);
      await this.failures.reload(this.failures.total);
      this.#say('done', { code: 'amend', message: m.amend.done(records, count(records)), advice: '' });
    });

  /** Why a text is no bandwidth; null when it is one. */
  bandwidthProblem = async (text: string): Promise<string | null> => {
    try {
      await this.#door.checkBandwidth(text);
      return null;
    } catch (thrown) {
      return asReport(thrown).message;
    }
  };

  /** Does what the advisor offers. */
  apply = ({ offer }: Advice) =>
    this.#command(async () => {
      const open = this.migration;
      if (!open || !offer) return;
      const { limits } = open.progress;
      const { control, endpoints } = open.job;
      let undo: () => Promise<void>;
      switch (offer.knob) {
        case 'concurrency':
          await open.setLimits({ ...limits, concurrency: offer.to });
          undo = async () => {
            await open.setLimits({ ...open.progress.limits, concurrency: limits.concurrency });
            await open.setControl({ ...open.job.control, autopilot: control.autopilot });
          };
          break;
        case 'service_concurrency': {
          const before = endpoints?.[offer.service]?.concurrency ?? null;
          await open.setPlaces(offer.service, offer.to);
          undo = () => open.setPlaces(offer.service, before);
          break;
        }
        case 'look_ahead':
          await open.setControl({ ...control, look_ahead: true });
          undo = () => open.setControl({ ...open.job.control, look_ahead: false });
      }
      const applied = { offer, undo };
      this.applied = applied;
      setTimeout(() => {
        if (this.applied === applied) this.applied = null;
      }, APPLIED_STAYS_MS);
    });

  undo = () =>
    this.#command(async () => {
      await this.applied?.undo();
      this.applied = null;
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

  /** The user's connections, as they are now. */
  connections = () => new Connections(this.#door);

  quit = async () => {
    this.closing = true;
    await this.attempt(() => this.#door.quit());
    this.closing = false;
    this.asking = null;
  };

  dismiss = (id: number) => {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  };

  async #reprocess(selection: Selection): Promise<void> {
    const meanwhile = this.migration?.active ?? false;
    const records = await this.#door.reprocess(selection);
    this.failures.chooseNone();
    if (!meanwhile && records > 0) this.tab = 'main';
    const went = meanwhile ? m.failures.ontoRecovery : m.failures.reprocessing;
    const message = records > 0 ? went(records, count(records)) : m.failures.onlyLeft;
    this.#say('done', { code: 'reprocess', message, advice: '' });
  }

  async #addSources(paths: string[]): Promise<void> {
    if (paths.length > 0) this.#drafted()?.add(paths);
  }

  async #addCatalogues(files: string[]): Promise<void> {
    if (files.length === 0) return;
    this.#drafted()?.addCatalogues(files);
    this.tab = 'catalogues';
  }

  #drafted(): Draft | null {
    if (!this.draft && this.#defaults) this.draft = Draft.blank(this.#door, this.#defaults);
    return this.draft;
  }

  /** Paths from outside: one `.sluice` file is opened, a catalogue is looked at, everything else becomes
      a source. */
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
    const catalogues = cataloguesAmong(paths);
    await this.#addSources(paths.filter((path) => !catalogues.includes(path)));
    await this.#addCatalogues(catalogues);
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
    this.applied = null;
    this.about = null;
    await this.#door.closeMigration();
    this.migration = null;
  }

  #blank(): void {
    this.tab = 'main';
    this.draft = this.#defaults && Draft.blank(this.#door, this.#defaults);
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
    const ofRun = this.asking === 'stop' || this.asking === 'close';
    if (ofRun && !this.closing && !this.migration?.active) this.asking = null;
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
