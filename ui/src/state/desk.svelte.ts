/** The control desk: what the one window shows and what its buttons do. Knows nothing of a page. */
import { asReport, type Door } from '../backend/door';
import type { Event, Progress, Snapshot } from '../backend/types';
import { m } from '../messages';
import { Advising } from './advising.svelte';
import { Arrivals } from './arrivals.svelte';
import { Checking } from './checking.svelte';
import { Describing } from './describing.svelte';
import { Draft } from './draft.svelte';
import { Guide } from './guide.svelte';
import { Home, type Row } from './home.svelte';
import { latest } from './latest';
import { Mending } from './mending.svelte';
import { Migration } from './migration.svelte';
import { wordsOf } from './news';
import { Pilot } from './pilot.svelte';
import { Program } from './program.svelte';
import { sight } from './sight';
import { Steering } from './steering';
import type { Step } from './steps';
import { Work } from './work.svelte';

export type Screen = 'home' | 'setup' | 'planning' | 'preflight' | 'run';
/** The views of a migration. */
export type Tab = 'run' | 'check' | 'failures' | 'records' | 'events' | 'job';
/** What the window asks the person, or lets them set, in front of everything else. */
export type Question =
  | 'stop'
  | 'close'
  | 'forget'
  | 'leave'
  | 'amend'
  | 'corrections'
  | 'connections'
  | 'settings'
  | 'shortcuts'
  | 'about';

/** Questions about the migration that is open: none of them is answered on another. */
const OF_MIGRATION: ReadonlySet<Question> = new Set(['stop', 'leave', 'amend', 'corrections']);

export class Desk {
  migration: Migration | null = $state.raw(null);
  /** What is being described: a new migration, or the one that is open, anew. */
  draft: Draft | null = $state.raw(null);
  /** Descriptions that were left before they were checked, the last one first. */
  drafts: Draft[] = $state.raw([]);
  /** Home is shown, whatever else is open. */
  atHome: boolean = $state(true);
  tab: Tab = $state('run');
  step: Step = $state('sources');
  asking: Question | null = $state(null);
  /** The migration that the person wants to forget. */
  forgetting: Row | null = $state.raw(null);
  readonly home: Home;
  readonly work = new Work();
  readonly mending: Mending;
  readonly advising: Advising;
  readonly pilot: Pilot;
  /** What is looked at of the check; another check has another. */
  checking: Checking = $state.raw(undefined as never);
  readonly guide: Guide;
  readonly arrivals: Arrivals;
  readonly describing: Describing;
  readonly program: Program;
  readonly steering: Steering;

  readonly screen: Screen = $derived.by(() => {
    if (this.atHome) return 'home';
    if (this.draft) return 'setup';
    if (!this.migration) return 'home';
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

  /** Lines of Home: migrations and descriptions that were left. */
  readonly rows: number = $derived.by(() => this.home.rows.length + this.drafts.length);

  #door: Door;
  /** The engine was told that nobody sees the page. */
  #isUnseen = false;
  /** Migrations that are being planned. */
  #planning = new Set<string>();
  /** What changes what is shown, one after the other. */
  #turns: Promise<void> = Promise.resolve();
  /** What happened in a migration that is being opened, before its picture was there. */
  #early: [Event, string][] | null = null;

  constructor(door: Door) {
    this.#door = door;
    this.home = new Home(door);
    this.mending = new Mending(this);
    this.advising = new Advising(this);
    this.pilot = new Pilot(this);
    this.checking = new Checking(this);
    this.guide = new Guide(this);
    this.arrivals = new Arrivals(this, door);
    this.describing = new Describing(this, door);
    this.program = new Program(this, door);
    this.steering = new Steering(this, door);
  }

  /** Listens first, then asks what is there: nothing falls in between. */
  async begin(): Promise<void> {
    sight.onChange(() => void this.attempt(this.#look));
    // A page that is loaded anew takes the place of one that went out of sight.
    void this.attempt(this.#look);
    await this.#shows(async () => {
      await Promise.all([
        this.#door.onTold(({ of, events, progress }) => {
          // A page that is wrong about this would stand still.
          if (this.#isUnseen && !sight.hidden) void this.attempt(this.#look);
          for (const event of events) this.#hear(event, of);
          this.#observe(progress, of);
        }),
        this.#door.onCloseRequested(() => (this.asking = 'close')),
        this.#door.onDrag((drag) => this.arrivals.drag(drag)),
        this.#door.onPathsArrived(() => void this.#shows(() => this.arrivals.take())),
        this.#door.onAwake((held) => (this.program.awake = held)),
        this.#door.onNews((happened) => {
          const [title, text] = wordsOf(happened);
          void this.#door.notify(title, text).catch(() => undefined);
        }),
      ]);
      void this.program.sayInTray();
      void this.attempt(() => this.home.begin());
      const [defaults, current, awake, kept] = await Promise.all([
        this.#door.defaults(),
        this.#door.current(),
        this.#door.isAwake(),
        this.#door.drafts(),
      ]);
      this.program.defaults = defaults;
      this.drafts = kept.map((one) => Draft.kept(this.#door, one, defaults.ranges));
      this.program.awake = awake;
      if (current) this.#show(current);
      await this.arrivals.take();
    });
  }

  /** Tells whether anybody sees the page, one after the other: where it comes and goes at once, what is so in the
      end is what counts. While nobody saw it little was told: then a new picture is asked for. */
  #look = latest(async () => {
    this.#isUnseen = sight.hidden;
    await this.#door.seen(!this.#isUnseen);
    if (!this.#isUnseen) await this.migration?.resync();
  });

  #hear(event: Event, of: string): void {
    if (this.migration?.checkpoint !== of) {
      this.#early?.push([event, of]);
      return;
    }
    this.migration.hear(event);
    this.#backToDraft();
    this.#dropQuestion();
  }

  #observe(progress: Progress, of: string): void {
    this.home.observe(progress, of);
    if (this.migration?.checkpoint === of) this.migration.observe(progress);
    this.#dropQuestion();
  }

  openMigration = () =>
    this.attempt(async () => {
      const path = await this.#door.pickMigration();
      if (path !== null) await this.inTurn(() => this.open(path));
    });

  /** Opens a migration of the list. */
  openRow = (row: Row) => this.#command(() => this.open(row.checkpoint));

  /** Describes another migration that does the same. */
  duplicate = (row: Row) =>
    this.#command(async () => {
      const job = await this.home.job(row);
      const { ranges } = this.program.defaults ?? (await this.#door.defaults());
      await this.putAway();
      this.describe(new Draft(this.#door, job, ranges, job));
    });

  askToForget = (row: Row) => {
    this.forgetting = row;
    this.asking = 'forget';
  };

  forget = () =>
    this.work.command(async () => {
      const { forgetting } = this;
      this.asking = null;
      if (forgetting) await this.home.forget(forgetting);
    });

  /** Leads Home. What runs goes on; a description is kept. */
  goHome = () =>
    this.#command(async () => {
      const { draft } = this;
      // The description of an open migration stays with it.
      if (draft && this.migration) await this.attempt(() => draft.keep());
      else await this.putAway();
      this.atHome = true;
      void this.attempt(() => this.home.refresh());
    });

  newMigration = () =>
    this.#command(async () => {
      await this.putAway();
      this.describe(null);
    });

  /** Goes on with a description that was left: one of a migration changes that one, as before. */
  goOn = (draft: Draft) =>
    this.#command(async () => {
      await this.putAway();
      this.drafts = this.drafts.filter((one) => one !== draft);
      if (draft.of !== null) await this.#openToEdit(draft.of);
      this.describe(draft);
    });

  dropDraft = (draft: Draft) =>
    this.attempt(async () => {
      this.drafts = this.drafts.filter((one) => one !== draft);
      await draft.drop();
    });

  /** Checks the draft. The same files to the same place keep their migration. */
  check = () => {
    const { draft } = this;
    return this.#command(async () => {
      // Something else may have come onto the desk before its turn.
      if (!draft || draft.problem || draft !== this.draft) return;
      const open = this.migration;
      // What was tried already is no plan any more: then another migration is made.
      const unmoved = open?.state === 'ready' || open?.state === 'new';
      if (open && unmoved && draft.movesLike(open.job)) {
        await open.setJob(draft.job());
      } else {
        const job = draft.job();
        if (open) await this.#leaveOpen();
        await this.#opened(() => this.#door.createMigration(job));
      }
      await this.attempt(() => draft.drop());
      this.draft = null;
      this.step = 'check';
      this.#plan();
    });
  };

  checkAgain = () =>
    this.work.command(async () => {
      this.#plan();
    });

  /** Back to the description, with what it holds. */
  edit = () => {
    const open = this.migration;
    if (!open) return;
    this.draft = Draft.of(open, this.#door);
    this.draft.look();
    this.step = 'sources';
  };

  /** Leaves the description, back to what it is of. What was changed in it is kept. */
  leaveEdit = () =>
    this.migration && this.migration.state !== 'new'
      ? this.#command(async () => {
          if (this.draft?.isBegun) this.work.done('draft', m.guide.kept);
          await this.#putDraftAway();
        })
      : this.goHome();

  /** Puts a description onto the desk; null: an empty one. */
  describe(draft: Draft | null): void {
    this.draft = draft ?? (this.program.defaults && Draft.blank(this.#door, this.program.defaults));
    // Nothing is checked before its catalogues are looked at.
    draft?.look();
    this.step = 'sources';
    this.atHome = false;
  }

  /** Shows a migration. */
  async open(path: string): Promise<void> {
    if (this.migration?.checkpoint === path) {
      this.atHome = false;
      return;
    }
    await this.putAway();
    this.atHome = true;
    await this.#opened(() => this.#door.openMigration(path));
  }

  /** Opens the migration that a description changes. Where that is not possible any more, says why; then it
      describes a new one. */
  async #openToEdit(checkpoint: string): Promise<void> {
    const words = m.guide.edit;
    try {
      await this.#opened(() => this.#door.openMigration(checkpoint));
    } catch (thrown) {
      const report = asReport(thrown);
      const [message, advice] = [words.away(report.message), words.asNew(report.advice)];
      this.work.notices.say('error', { ...report, message, advice });
      return;
    }
    const state = this.migration?.state;
    if (state === 'new' || state === 'ready') return;
    const message = state === 'planning' ? words.checking : words.begun;
    await this.#leaveOpen();
    this.work.notices.say('error', { code: 'not_edited', message, advice: words.asNew(''), what: null });
  }

  /** Shows what is opened, with what happens there in the meantime. */
  async #opened(open: () => Promise<Snapshot>): Promise<void> {
    this.#early = [];
    try {
      this.#show(await open());
      for (const [event, of] of this.#early) this.#hear(event, of);
    } finally {
      this.#early = null;
    }
  }

  /** Nothing is on the desk any more: a description is kept, what runs goes on. */
  async putAway(): Promise<void> {
    if (this.migration) await this.#leaveOpen();
    await this.#putDraftAway();
  }

  /** A description in which something would be lost is listed at Home from now on. */
  async #putDraftAway(): Promise<void> {
    const { draft } = this;
    this.draft = null;
    if (!draft) return;
    if (draft.isBegun) this.drafts = [draft, ...this.drafts];
    await this.attempt(() => (draft.isBegun ? draft.keep() : draft.drop()));
  }

  async #leaveOpen(): Promise<void> {
    const { migration } = this;
    migration?.forget();
    this.migration = null;
    this.advising.applied = null;
    this.mending.forget();
    if (this.asking && OF_MIGRATION.has(this.asking)) this.asking = null;
    this.pilot.end();
    this.checking = new Checking(this);
    if (migration?.records.verifying) await this.attempt(() => migration.records.endVerify());
    await this.#door.leaveMigration();
  }

  #show(snapshot: Snapshot): void {
    this.migration = new Migration(this.#door, snapshot);
    this.tab = 'run';
    this.draft = null;
    this.atHome = false;
    this.#backToDraft();
  }

  /** A migration that was never checked to its end goes back to where it can be checked. */
  #backToDraft(): void {
    const { migration } = this;
    if (migration?.state === 'new' && !this.draft && !this.#planning.has(migration.checkpoint)) this.edit();
  }

  /** What was asked about a run has no meaning once nothing is at work. */
  #dropQuestion(): void {
    if (this.program.closing) return;
    if (this.asking === 'stop' && !this.migration?.active) this.asking = null;
    if (this.asking === 'close' && !this.migration?.active && this.home.working === 0) this.asking = null;
  }

  /** The plan may take an hour; its buttons must not wait for it. */
  #plan(): void {
    const { migration } = this;
    if (!migration) return;
    const of = migration.checkpoint;
    this.checking = new Checking(this);
    this.#planning.add(of);
    void this.attempt(async () => {
      try {
        await migration.door.plan();
      } finally {
        this.#planning.delete(of);
        // It may have been left and opened again meanwhile.
        if (this.migration?.checkpoint === of) {
          await this.migration.resync();
          this.#backToDraft();
        }
      }
    });
  }

  /** Changes what is shown. The engine shows one migration: two changes at once would leave the page with
      another than the engine has. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  #shows = (work: () => Promise<void>) => this.attempt(() => this.inTurn(work));
  #command = (work: () => Promise<void>) => this.work.command(() => this.inTurn(work));

  /** Does the work; what goes wrong is shown. */
  attempt = (work: () => Promise<void> | undefined) => this.work.attempt(work);

  /** A command is under way: its buttons wait. */
  get busy(): boolean {
    return this.work.busy;
  }
}
