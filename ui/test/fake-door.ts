/** A door that tests and the dev pages open: what it answers is set, what it is asked is noted. */
import type {
  Defaults,
  Door,
  Drag,
  FilesHere,
  Happened,
  KeptDraft,
  Line,
  MigrationDoor,
  Settings,
  Told,
  TrayWords,
} from '../src/backend/door';
import type {
  Amendment,
  AmendmentPreview,
  Catalogue,
  CatalogueTrial,
  Cause,
  ConcernedPage,
  Connection,
  Corrections,
  Endpoint,
  Event,
  EventFilter,
  EventKind,
  FailedRecord,
  Finding,
  FoundTool,
  HostKey,
  Inspection,
  JobSpec,
  Known,
  Mark,
  MetricPoint,
  Order,
  PageAt,
  Progress,
  Reconciliation,
  RecordDetail,
  RecordFilter,
  RequestStep,
  RequestTrial,
  SecretField,
  Selection,
  ShownRecord,
  Snapshot,
  SourcesTrial,
  Trial,
  TriedOutcome,
  VerifyReport,
} from '../src/backend/types';
import { account, defaults, inspection, requestTrial, verifyReport } from './samples';

/** Where a record stands in a list, as this door writes it. */
export const markOf = ({ id }: { id: number }): Mark => `at ${id}`;

type Call = [name: string, ...args: unknown[]];

export class FakeDoor implements Door, MigrationDoor {
  calls: Call[] = [];
  /** Which migration each of its commands meant. */
  meant: [name: string, of: string][] = [];
  snapshotNow: Snapshot | null = null;
  launched: string[] = [];
  picked: string[] = [];
  failed: FailedRecord[] = [];
  caused: Cause[] = [];
  recorded: ShownRecord[] = [];
  account: Reconciliation = account();
  verified: VerifyReport = verifyReport();
  previewed: AmendmentPreview = { chosen: 0, changed: 0, examples: [], refused: [] };
  /** A corrected report that is picked. */
  corrected: { path: string; corrections: Corrections } | null = null;
  /** What is known of a record. */
  detailed: (id: number) => RecordDetail | null = () => null;
  /** Rows that a search looks through with one call. */
  lookedThrough = Infinity;
  known: Known[] = [];
  keychain = true;
  trial: Trial = { place: '', service: '', steps: [] };
  shownKey: HostKey = {
    host: 'nas.example:22',
    algorithm: 'ssh-ed25519',
    fingerprint: 'SHA256:abc',
    trust: 'unknown',
    known_hosts: '/home/anna/.ssh/known_hosts',
  };
  exportedTo: string | null = null;
  /** What a catalogue is found to be. */
  inspected: (catalogue: Catalogue) => Inspection | Promise<Inspection> = (catalogue) =>
    inspection({ file: catalogue.file });
  /** What its first rows lead to. */
  tried: (job: JobSpec, number: number) => CatalogueTrial | Promise<CatalogueTrial> = () => ({
    records: [],
    beginnings: [],
    map_problem: null,
  });
  preset: Partial<Catalogue> | null = null;
  /** What the sources hold. */
  sought: (job: JobSpec) => SourcesTrial | Promise<SourcesTrial> = ({ sources }) => ({
    sources: sources.map((source) => ({
      source,
      files: 3,
      bytes: 3_000,
      is_all: true,
      is_file: false,
      problem: null,
    })),
    records: [],
    map_problem: null,
  });
  /** What comes of trying a request. */
  requested: RequestTrial = requestTrial();
  keptDrafts: KeptDraft[] = [];
  loaded: JobSpec | null = null;
  behind: ConcernedPage = { records: [], next: null };
  outcomes: TriedOutcome[] = [];
  services: Finding[] = [];
  /** Events of before. */
  told: Event[] = [];
  /** What the migration did so far. */
  past: MetricPoint[] = [];
  /** What the named command throws. */
  refuses: Partial<Record<keyof (Door & MigrationDoor), unknown>> = {};
  /** Home, as the last look knew it, and as the files say. */
  listed: Line[] = [];
  looked: Line[] | null = null;
  set: Settings = {
    records_at_once: null,
    keep_awake: true,
    notify: true,
    stay_in_tray: false,
    language: 'system',
    deliver: defaults().deliver,
    limits: defaults().limits,
    control: defaults().control,
  };
  found: FoundTool[] = [];
  awake = false;
  tray = true;
  here: FilesHere = { source: true, delivered: true };
  /** Ends the plan; set while one is under way. */
  endPlan: (() => void) | null = null;

  #told: (told: Told) => void = () => undefined;
  #arrived: () => void = () => undefined;
  #awake: (held: boolean) => void = () => undefined;
  #news: (happened: Happened) => void = () => undefined;
  #close: () => void = () => undefined;
  #drag: (drag: Drag) => void = () => undefined;

  /** The file of the migration that is open. */
  get #of(): string {
    return this.snapshotNow?.checkpoint ?? '';
  }
  sendEvent(seq: number, what: EventKind, at_ms = 0, of = this.#of): void {
    // Taken before the event: it tells nothing new.
    const progress = { ...this.#open().progress, at_ms: -1 };
    this.#told({ of, events: [{ seq, at_ms, by: 'engine', what }], progress });
  }
  sendProgress(progress: Progress, of = this.#of): void {
    this.#told({ of, events: [], progress });
  }
  sendPaths(paths: string[]): void {
    this.launched = paths;
    this.#arrived();
  }
  sendAwake(held: boolean): void {
    this.#awake(held);
  }
  sendNews(happened: Happened): void {
    this.#news(happened);
  }
  sendClose(): void {
    this.#close();
  }
  sendDrag(drag: Drag): void {
    this.#drag(drag);
  }

  async #note<T>(name: keyof (Door & MigrationDoor), answer: T, ...args: unknown[]): Promise<T> {
    this.calls.push([name, ...args]);
    if (name in this.refuses) throw this.refuses[name];
    return answer;
  }
  /** As the engine pages: after a row, with rows skipped; a search ends a call before its page is full. */
  #page<Row extends { id: number }>(
    of: Row[],
    at: PageAt,
    isSearch: boolean,
  ): { rows: Row[]; next: Mark | null } {
    const from = (at.after === null ? 0 : of.findIndex((one) => markOf(one) === at.after) + 1) + at.skip;
    const rows = of.slice(from, from + Math.min(at.limit, isSearch ? this.lookedThrough : Infinity));
    const last = rows.at(-1);
    return { rows, next: last && last !== of.at(-1) ? markOf(last) : null };
  }
  #open(): Snapshot {
    if (!this.snapshotNow) throw new Error('no migration is open');
    return structuredClone(this.snapshotNow);
  }

  of = (checkpoint: string): MigrationDoor =>
    new Proxy<MigrationDoor>(this, {
      get: (door, name: keyof MigrationDoor) => {
        this.meant.push([name, checkpoint]);
        return door[name];
      },
    });

  defaults = () => this.#note<Defaults>('defaults', defaults());
  current = () => this.#note('current', this.snapshotNow && structuredClone(this.snapshotNow));
  launchPaths = () => this.#note('launchPaths', this.launched.splice(0));
  createMigration = (job: Snapshot['job']) =>
    this.#note('createMigration', null, job).then(() => this.#open());
  openMigration = (path: string) => this.#note('openMigration', null, path).then(() => this.#open());
  leaveMigration = () => this.#note('leaveMigration', undefined);
  snapshot = () => this.#note('snapshot', null).then(() => this.#open());
  plan = async () => {
    await this.#note('plan', undefined);
    await new Promise<void>((resolve) => (this.endPlan = resolve));
  };
  cancelPlan = () => this.#note('cancelPlan', undefined);
  start = () => this.#note('start', undefined);
  pause = () => this.#note('pause', undefined);
  stop = () => this.#note('stop', undefined);
  setLimits = (limits: Snapshot['job']['limits']) => this.#note('setLimits', undefined, limits);
  setDelivery = (delivery: Snapshot['job']['deliver']) => this.#note('setDelivery', undefined, delivery);
  setControl = (control: Snapshot['job']['control']) => this.#note('setControl', undefined, control);
  setJob = (job: JobSpec) => this.#note('setJob', undefined, job);
  inspectCatalogue = async (catalogue: Catalogue) => {
    await this.#note('inspectCatalogue', null, catalogue);
    return this.inspected(catalogue);
  };
  tryCatalogue = async (job: JobSpec, number: number) => {
    await this.#note('tryCatalogue', null, job, number);
    return this.tried(job, number);
  };
  loadPreset = () => this.#note('loadPreset', this.preset);
  savePreset = (catalogue: Catalogue) => this.#note('savePreset', this.exportedTo, catalogue);
  setEndpoint = (service: string, endpoint: Endpoint) =>
    this.#note('setEndpoint', undefined, service, endpoint);
  checkBandwidth = (text: string) => this.#note('checkBandwidth', undefined, text);
  events = async (filter: EventFilter, before: number | null, limit: number) => {
    await this.#note('events', null, filter, before, limit);
    const passes = ({ seq, by, what }: Event) =>
      seq < (before ?? Infinity) &&
      (filter.kinds.length === 0 || filter.kinds.includes(what.kind)) &&
      (filter.by.length === 0 || filter.by.includes(by)) &&
      JSON.stringify(what).includes(filter.text);
    const all = this.told.filter(passes).sort((a, b) => b.seq - a.seq);
    const events = all.slice(0, limit);
    return { events, next: all.length > limit ? (events.at(-1)?.seq ?? null) : null };
  };
  history = async (from: number, to: number, points: number) => {
    await this.#note('history', null, from, to, points);
    const [begins, ends] = [this.past[0], this.past.at(-1)];
    return {
      begins_ms: begins ? begins.at_ms - begins.span_s * 1000 : null,
      ends_ms: ends?.at_ms ?? null,
      points: this.past.filter((one) => one.at_ms > from && one.at_ms - one.span_s * 1000 < to),
    };
  };
  pauseAt = (time: string | null) => this.#note('pauseAt', undefined, time);
  amend = (selection: Selection, amendment: Amendment) =>
    this.#note('amend', selection.ids.length || this.failed.length, selection, amendment);
  leave = (selection: Selection, note: string) =>
    this.#note('leave', selection.ids.length || this.failed.length, selection, note);
  causes = () => this.#note('causes', this.caused);
  listFailures = async (selection: Selection, order: Order, at: PageAt) => {
    await this.#note('listFailures', null, selection, order, at);
    const of = this.failed.filter(
      (one) =>
        (selection.cause === null ||
          this.caused.find(({ id }) => id === selection.cause)?.category === one.category) &&
        (selection.left !== true || one.note !== null) &&
        (selection.search === null || one.source.includes(selection.search)),
    );
    if (order.descending) of.reverse();
    const { rows, next } = this.#page(of, at, selection.search !== null);
    return { failures: rows.map((one) => ({ ...one, mark: markOf(one) })), next };
  };
  previewAmendment = (selection: Selection, amendment: Amendment) =>
    this.#note('previewAmendment', this.previewed, selection, amendment);
  takeUp = (selection: Selection) => this.#note('takeUp', selection.ids.length, selection);
  findCorrections = () => this.#note('findCorrections', this.corrected);
  applyCorrections = async (path: string) => {
    const found = await this.#note('applyCorrections', this.corrected, path);
    if (!found) throw new Error('nothing was found');
    return found.corrections;
  };
  records = async (filter: RecordFilter, at: PageAt) => {
    await this.#note('records', null, filter, at);
    const of = this.recorded.filter(
      (one) =>
        (filter.part === null || one.part === filter.part) &&
        (filter.search === null || one.source.includes(filter.search)),
    );
    const { rows, next } = this.#page(of, at, filter.search !== null);
    return { records: rows, next };
  };
  record = (id: number) => this.#note('record', this.detailed(id), id);
  filesHere = (id: number) => this.#note('filesHere', this.here, id);
  revealRecord = (id: number, delivered: boolean) => this.#note('revealRecord', undefined, id, delivered);
  reconciliation = () => this.#note('reconciliation', this.account);
  findDuplicates = () => this.#note('findDuplicates', { at_ms: 0, records: 0, contents: 0, bytes: 0 });
  verify = async (records: number[], hear: (soFar: VerifyReport) => void): Promise<VerifyReport | null> => {
    await this.#note('verify', null, records);
    hear(this.verified);
    return this.verified;
  };
  endVerify = () => this.#note('endVerify', undefined);
  exportProof = () => this.#note('exportProof', this.exportedTo);
  reprocess = (selection: Selection) =>
    this.#note('reprocess', selection.ids.length || this.failed.length, selection);
  exportFailures = (selection: Selection) => this.#note('exportFailures', this.exportedTo, selection);
  pickFolders = () => this.#note('pickFolders', this.picked);
  pickFiles = () => this.#note('pickFiles', this.picked);
  pickCatalogues = () => this.#note('pickCatalogues', this.picked);
  pickBase = () => this.#note('pickBase', this.picked[0] ?? null);
  pickDestination = () => this.#note('pickDestination', this.picked[0] ?? null);
  pickMigration = () => this.#note('pickMigration', this.picked[0] ?? null);
  connections = () => this.#note('connections', [...this.known]);
  hasKeychain = () => this.#note('hasKeychain', this.keychain);
  addConnection = async (name: string, connection: Connection, secrets: [SecretField, string][]) => {
    const added: Known = {
      name,
      connection,
      secrets: secrets.map(([field]) => ({ field, place: 'keychain', variable: '' })),
    };
    await this.#note('addConnection', null, name, connection, secrets);
    this.known.push(added);
    return added;
  };
  changeConnection = async (name: string, connection: Connection, secrets: [SecretField, string][]) => {
    await this.#note('changeConnection', null, name, connection, secrets);
    const known = this.known.find((one) => one.name === name);
    if (!known) throw new Error('there is no such connection');
    return Object.assign(known, { connection });
  };
  removeConnection = async (name: string) => {
    await this.#note('removeConnection', null, name);
    this.known = this.known.filter((known) => known.name !== name);
  };
  hostKey = (place: string) => this.#note('hostKey', { ...this.shownKey }, place);
  trustHostKey = async (place: string, fingerprint: string) => {
    this.shownKey.trust = 'known';
    return this.#note('trustHostKey', { ...this.shownKey }, place, fingerprint);
  };
  testConnection = (place: string) => this.#note('testConnection', this.trial, place);
  trySources = async (job: JobSpec) => {
    await this.#note('trySources', null, job);
    return this.sought(job);
  };
  tryRequest = (job: JobSpec, step: RequestStep, at: number) =>
    this.#note('tryRequest', this.requested, job, step, at);
  checkPlace = (text: string) => this.#note('checkPlace', undefined, text);
  checkSpan = (text: string) => this.#note('checkSpan', undefined, text);
  jobText = (job: JobSpec) => this.#note('jobText', JSON.stringify(job, null, 2), job);
  saveJob = (job: JobSpec, name: string) => this.#note('saveJob', this.exportedTo, job, name);
  loadJob = () => this.#note('loadJob', this.loaded);
  pickCatalogueOut = () => this.#note('pickCatalogueOut', this.picked[0] ?? null);
  drafts = () => this.#note('drafts', structuredClone(this.keptDrafts));
  saveDraft = (id: string | null, job: JobSpec, of: string | null) =>
    this.#note('saveDraft', id ?? 'draft-1', id, job, of);
  removeDraft = (id: string) => this.#note('removeDraft', undefined, id);
  lookAtServices = () => this.#note('lookAtServices', this.services);
  concerned = (code: string, after: number, limit: number) =>
    this.#note('concerned', this.behind, code, after, limit);
  startPilot = (records: number) => this.#note('startPilot', undefined, records);
  triedRecords = (after: number, limit: number) => this.#note('triedRecords', this.outcomes, after, limit);
  quit = () => this.#note('quit', undefined);

  knownMigrations = () => this.#note('knownMigrations', this.listed);
  lookAtMigrations = () => this.#note('lookAtMigrations', this.looked ?? this.listed);
  forgetMigration = (path: string) => this.#note('forgetMigration', undefined, path);
  migrationJob = (path: string) => this.#note('migrationJob', null, path).then(() => this.#open().job);
  settings = () => this.#note('settings', this.set);
  setSettings = async (settings: Settings) => {
    await this.#note('setSettings', undefined, settings);
    this.set = settings;
  };
  tools = () => this.#note('tools', this.found);
  about = () =>
    this.#note('about', {
      version: '1.2.3',
      system: 'linux x86_64',
      logs: '/home/anna/.local/share/sluice/logs',
    });
  saveLogs = () => this.#note('saveLogs', this.exportedTo);
  openLogs = () => this.#note('openLogs', undefined);
  reveal = (path: string) => this.#note('reveal', undefined, path);
  isAwake = () => this.#note('isAwake', this.awake);
  notify = (title: string, text: string) => this.#note('notify', undefined, title, text);
  hasTray = () => this.#note('hasTray', this.tray);
  sayInTray = (words: TrayWords) => this.#note('sayInTray', undefined, words);

  onTold = async (hear: (told: Told) => void) => this.#keep(() => (this.#told = hear));
  seen = (seen: boolean) => this.#note('seen', undefined, seen);
  onPathsArrived = async (hear: () => void) => this.#keep(() => (this.#arrived = hear));
  onAwake = async (hear: (held: boolean) => void) => this.#keep(() => (this.#awake = hear));
  onNews = async (hear: (happened: Happened) => void) => this.#keep(() => (this.#news = hear));
  onCloseRequested = async (hear: () => void) => this.#keep(() => (this.#close = hear));
  onDrag = async (hear: (drag: Drag) => void) => this.#keep(() => (this.#drag = hear));

  #keep(set: () => void): () => void {
    set();
    return () => undefined;
  }
}
