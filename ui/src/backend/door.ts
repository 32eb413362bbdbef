/** The one door between the window and the engine. Everything that crosses is named here. */
import type {
  Amendment,
  AmendmentPreview,
  Catalogue,
  CatalogueTrial,
  Cause,
  ConcernedPage,
  Connection,
  Control,
  Corrections,
  Delivery,
  Duplicates,
  Endpoint,
  ErrorReport,
  Event,
  EventFilter,
  EventPage,
  FailurePage,
  Finding,
  FoundTool,
  History,
  HostKey,
  Inspection,
  JobSpec,
  Known,
  KnownMigration,
  LimitRanges,
  Limits,
  Order,
  Outage,
  PageAt,
  Progress,
  Reconciliation,
  RecordDetail,
  RecordFilter,
  RecordPage,
  RequestStep,
  RequestTrial,
  SecretField,
  Selection,
  Snapshot,
  SourcesTrial,
  Trial,
  TriedOutcome,
  VerifyReport,
} from './types';
import { reportIn } from '../messages/said';

/** What a new migration starts from. */
export interface Defaults {
  deliver: Delivery;
  limits: Limits;
  control: Control;
  ranges: LimitRanges;
}

/** A migration that this computer knows. */
export type Line = KnownMigration & {
  /** It is open in this program. */
  here: boolean;
};

/** The language of the window. */
export type Language = 'system' | 'english' | 'german';

/** What the person has set for this program on this computer. */
export interface Settings {
  /** Records in flight over all migrations; null: as each is told by itself. */
  records_at_once: number | null;
  /** Keeps the computer awake while something runs. */
  keep_awake: boolean;
  notify: boolean;
  /** Closed while something runs, the window goes into the system's tray. */
  stay_in_tray: boolean;
  language: Language;
  /** What new migrations begin with. */
  deliver: Delivery;
  limits: Limits;
  control: Control;
}

/** What the icon in the tray says. */
export interface TrayWords {
  show: string;
  quit: string;
  /** While nothing is at work. */
  resting: string;
  /** With `{n}` for how many are at work and `{share}` for how much of that is done, in hundredths. */
  working: string;
  /** Where the window went: title and text. */
  hidden: string;
  hidden_text: string;
}

/** What the program is. */
export interface About {
  version: string;
  system: string;
  /** The folder of the logs; null where none are kept. */
  logs: string | null;
}

/** What is told at once of one migration that is open. */
export interface Told {
  /** Its file. */
  of: string;
  /** Durable events in their order; of the migration that is shown, while the page is seen. */
  events: Event[];
  /** Taken after the events. */
  progress: Progress;
}

/** Something happened that the person wants to know of, also while they do something else. */
export interface Happened {
  /** The migration's file. */
  of: string;
  name: string;
  to: string;
  news:
    | { kind: 'finished'; delivered: number; failed: number }
    | { kind: 'outage' | 'gave_up'; outage: Outage }
    | { kind: 'failures'; failed: number };
}

/** A description that was left before it was checked. */
export interface KeptDraft {
  id: string;
  job: JobSpec;
  /** The file of the migration that it changes; null: it describes a new one. */
  of: string | null;
}

/** Which files of a record lie on this computer. */
export interface FilesHere {
  source: boolean;
  /** What was delivered of it, or would be. */
  delivered: boolean;
}

/** What the person drags over the window. */
export type Drag = { kind: 'over' } | { kind: 'left' } | { kind: 'dropped'; paths: string[] };

/** Ends a subscription. */
export type Unlisten = () => void;

/** What is asked of one open migration. Each command says which one it means, and rejects when that one is not open
    any more: what the person saw on one never steers another. */
export interface MigrationDoor {
  snapshot(): Promise<Snapshot>;
  /** Resolves when the plan is complete or was cancelled. */
  plan(): Promise<void>;
  cancelPlan(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  stop(): Promise<void>;
  setLimits(limits: Limits): Promise<void>;
  setDelivery(delivery: Delivery): Promise<void>;
  setControl(control: Control): Promise<void>;
  /** Limits of one service; without any it follows the migration's own. */
  setEndpoint(service: string, endpoint: Endpoint): Promise<void>;
  /** The durable events before that number, or the newest ones; newest first. */
  events(filter: EventFilter, before: number | null, limit: number): Promise<EventPage>;
  /** What the migration did from one moment to another, in about so many points. */
  history(from: number, to: number, points: number): Promise<History>;
  /** Pauses when the clock next shows that time (`08:00`); null takes it back. */
  pauseAt(time: string | null): Promise<void>;
  /** Changes failed records before they are tried again. How many. */
  amend(selection: Selection, amendment: Amendment): Promise<number>;
  /** Marks failed records as left, and why. How many. */
  leave(selection: Selection, note: string): Promise<number>;
  /** Puts failed records back: onto the recovery lane while the run goes on, else the run starts. How many. */
  reprocess(selection: Selection): Promise<number>;
  /** Asks where, then writes. The path written; null when the person cancelled. */
  exportFailures(selection: Selection): Promise<string | null>;
  /** Why records are failed now, most frequent first. */
  causes(): Promise<Cause[]>;
  /** A page of the chosen failed records, in that order. */
  listFailures(selection: Selection, order: Order, at: PageAt): Promise<FailurePage>;
  /** What a change of failed records would do. */
  previewAmendment(selection: Selection, amendment: Amendment): Promise<AmendmentPreview>;
  /** Takes back that records were left. How many. */
  takeUp(selection: Selection): Promise<number>;
  /** Asks for a corrected report and looks at it; null when the person cancelled. */
  findCorrections(): Promise<{ path: string; corrections: Corrections } | null>;
  /** Applies a corrected report, all of it or nothing. What goes through again starts. */
  applyCorrections(path: string): Promise<Corrections>;
  /** A page of the records that a filter lets through. */
  records(filter: RecordFilter, at: PageAt): Promise<RecordPage>;
  /** Everything that is known of one record; null: there is none. */
  record(id: number): Promise<RecordDetail | null>;
  /** Which files of a record lie on this computer. */
  filesHere(id: number): Promise<FilesHere>;
  /** Shows a record's file in the system's file manager: its source, or what was delivered of it. */
  revealRecord(id: number, delivered: boolean): Promise<void>;
  /** The account of the migration. */
  reconciliation(): Promise<Reconciliation>;
  /** Looks for delivered records with the same content. Rejects while it is at work. */
  findDuplicates(): Promise<Duplicates>;
  /** Reads the destination again: these records, or all of it. Null when it was ended before. */
  verify(records: number[], hear: (soFar: VerifyReport) => void): Promise<VerifyReport | null>;
  endVerify(): Promise<void>;
  /** Asks where, then writes the proof. The path written; null when the person cancelled. */
  exportProof(): Promise<string | null>;
  /** Takes over everything of a job but its sources, catalogues, groups and destination. */
  setJob(job: JobSpec): Promise<void>;
  /** One look at each service that the job asks, and at the secrets that it names. */
  lookAtServices(): Promise<Finding[]>;
  /** Records behind a finding of the check, with a number above `after`. */
  concerned(code: string, after: number, limit: number): Promise<ConcernedPage>;
  /** Moves so many records for real, from all over the plan, and pauses then. */
  startPilot(records: number): Promise<void>;
  /** Records that were tried and have their outcome, with a number above `after`. */
  triedRecords(after: number, limit: number): Promise<TriedOutcome[]>;
}

/** Every command rejects with an `ErrorReport`. */
export interface Door {
  /** What a new migration starts from. */
  defaults(): Promise<Defaults>;
  /** The migration that is open in this program, e.g. after a reload of the page. */
  current(): Promise<Snapshot | null>;
  /** Paths that came from outside: with the start, or since the last call. Given once. */
  launchPaths(): Promise<string[]>;

  /** Checks the job and makes the checkpoint. Planning is asked for with `plan`. */
  createMigration(job: JobSpec): Promise<Snapshot>;
  openMigration(path: string): Promise<Snapshot>;
  /** Takes the shown migration off the desk: at work it goes on, at rest its file is closed. */
  leaveMigration(): Promise<void>;
  /** The way to an open migration, by its file; also to one that is at work and not shown. */
  of(checkpoint: string): MigrationDoor;

  /** Rejects, with the reason, what is no bandwidth timetable. */
  checkBandwidth(text: string): Promise<void>;

  /** What a catalogue is, its first rows, and which columns probably say what. */
  inspectCatalogue(catalogue: Catalogue): Promise<Inspection>;
  /** Which files the first rows of the job's catalogue with that number name, and where they would go. */
  tryCatalogue(job: JobSpec, number: number): Promise<CatalogueTrial>;
  /** Asks for a preset and reads it; null when the person cancelled. */
  loadPreset(): Promise<Partial<Catalogue> | null>;
  /** Asks where, then keeps how a catalogue is read and mapped. The path written; null when cancelled. */
  savePreset(catalogue: Catalogue): Promise<string | null>;

  pickFolders(): Promise<string[]>;
  pickFiles(): Promise<string[]>;
  pickCatalogues(): Promise<string[]>;
  pickDestination(): Promise<string | null>;
  /** The folder of a catalogue's files. */
  pickBase(): Promise<string | null>;
  pickMigration(): Promise<string | null>;

  /** The user's own connections, by name. */
  connections(): Promise<Known[]>;
  /** Whether this computer can keep secrets. */
  hasKeychain(): Promise<boolean>;
  /** Keeps a connection, and its secrets in the keychain. */
  addConnection(name: string, connection: Connection, secrets: [SecretField, string][]): Promise<Known>;
  /** Describes a connection anew. Secrets that are not given stay as they are. */
  changeConnection(name: string, connection: Connection, secrets: [SecretField, string][]): Promise<Known>;
  removeConnection(name: string): Promise<void>;
  /** Tries a place out, such as `archive:bucket/folder`. */
  testConnection(place: string): Promise<Trial>;
  /** The key that the SFTP server at a place shows, and whether the user knows it. */
  hostKey(place: string): Promise<HostKey>;
  /** Trusts the server from now on, if its key has that fingerprint. */
  trustHostKey(place: string, fingerprint: string): Promise<HostKey>;

  /** Pauses cleanly, closes all files and ends the program. */
  quit(): Promise<void>;

  /** What each source holds, as far as a moment's look goes, and where some of it would go. */
  trySources(job: JobSpec): Promise<SourcesTrial>;
  /** A request filled in for one real record. A lookup is sent; a registration is only shown. */
  tryRequest(job: JobSpec, step: RequestStep, at: number): Promise<RequestTrial>;
  /** Rejects, with the reason, what is neither a path nor a place of a connection. */
  checkPlace(text: string): Promise<void>;
  /** Rejects, with the reason, what is no length of time. */
  checkSpan(text: string): Promise<void>;
  /** The job file of a job, as TOML. */
  jobText(job: JobSpec): Promise<string>;
  /** Asks where, then writes the job file. The path written; null when the person cancelled. */
  saveJob(job: JobSpec, name: string): Promise<string | null>;
  /** Asks for a job file and reads it; null when the person cancelled. */
  loadJob(): Promise<JobSpec | null>;
  /** Asks for the file that a run writes its catalogue to. */
  pickCatalogueOut(): Promise<string | null>;

  /** Descriptions that were left before they were checked, latest first. */
  drafts(): Promise<KeptDraft[]>;
  /** Keeps a description, in the place of the one with that id; null: as a new one. `of` is the file of the
      migration that it changes. Its id. */
  saveDraft(id: string | null, job: JobSpec, of: string | null): Promise<string>;
  removeDraft(id: string): Promise<void>;

  /** What happens in the migrations that are open, as often as the page can draw it without a run paying for it. */
  onTold(hear: (told: Told) => void): Promise<Unlisten>;
  /** Whether anybody can see the page. While nobody does, progress alone is told, and seldom. */
  seen(seen: boolean): Promise<void>;
  onCloseRequested(hear: () => void): Promise<Unlisten>;
  onDrag(hear: (drag: Drag) => void): Promise<Unlisten>;

  /** The migrations that this computer knows, as the last look at them told: at once. */
  knownMigrations(): Promise<Line[]>;
  /** The same after a look at each file. */
  lookAtMigrations(): Promise<Line[]>;
  /** Takes a migration out of the list; its file stays. */
  forgetMigration(path: string): Promise<void>;
  /** What a migration is told to do. */
  migrationJob(path: string): Promise<JobSpec>;
  /** Paths wait to be taken by `launchPaths`. */
  onPathsArrived(hear: () => void): Promise<Unlisten>;

  settings(): Promise<Settings>;
  setSettings(settings: Settings): Promise<void>;
  /** The programs that describe files, as they are found now. */
  tools(): Promise<FoundTool[]>;
  about(): Promise<About>;
  /** Asks where, then writes the logs as one archive. The path written; null when the person cancelled. */
  saveLogs(): Promise<string | null>;
  openLogs(): Promise<void>;
  /** Shows a file of the open migration, or a migration's own, in the system's file manager. */
  reveal(path: string): Promise<void>;

  /** Whether the computer is kept awake at this moment. */
  isAwake(): Promise<boolean>;
  onAwake(hear: (held: boolean) => void): Promise<Unlisten>;
  /** A notification of the system's, unless the window is in front or the person wants none. */
  notify(title: string, text: string): Promise<void>;
  onNews(hear: (happened: Happened) => void): Promise<Unlisten>;

  /** Whether this desktop has a tray now that shows icons. */
  hasTray(): Promise<boolean>;
  sayInTray(words: TrayWords): Promise<void>;
}

/** Failed records: all, or fewer as `given` says. */
export function selectionOf(given: Partial<Selection> = {}): Selection {
  return {
    category: null,
    ids: [],
    stage: null,
    endpoint: null,
    message: null,
    cause: null,
    search: null,
    left: null,
    span: null,
    except: [],
    ...given,
  };
}

/** Whatever was thrown, as a report that can be shown, in the window's language. */
export function asReport(thrown: unknown): ErrorReport {
  const empty = { advice: '', what: null };
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    return reportIn({
      ...empty,
      ...(thrown as Partial<ErrorReport> & Pick<ErrorReport, 'code' | 'message'>),
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return reportIn({ ...empty, code: 'unexpected', message });
}
