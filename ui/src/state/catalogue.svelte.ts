/** A catalogue that is being described: how it is read, which of its columns say what, and what its
    first rows lead to. Every guess is the engine's; what the person chose overrules it. */
import { asReport, type Door } from '../backend/door';
import type {
  Catalogue,
  CatalogueTrial,
  ErrorReport,
  Inspection,
  JobSpec,
  PrefixRule,
  TriedRecord,
} from '../backend/types';
import { m } from '../messages';
import { latest } from './latest';

/** How a catalogue is read. */
export type Reading = Pick<
  Catalogue,
  'format' | 'encoding' | 'delimiter' | 'quote' | 'sheet' | 'header_row' | 'skip'
>;
/** What its columns say, and where its paths lead. */
export type Columns = Omit<Catalogue, keyof Reading | 'file' | 'preset'>;

/** What the engine proposes as long as the person has not chosen. */
const GUESSED = ['path', 'id', 'size', 'checksum'] as const;
type Guessed = (typeof GUESSED)[number];

const ENDINGS = /\.(csv|tsv|tab|xlsx|xlsm|xls|ods|json|ndjson|jsonl|ale)$/i;
/** A name with an ending that begins with a letter: a file, as far as a name can tell. */
const FILE = /[^/\\]\.[a-z][a-z0-9]{1,4}$/i;

/** Whether a path is named like a catalogue. */
export const isNamedCatalogue = (path: string): boolean => ENDINGS.test(path);

/** Whether a path is named like a file, as far as a name can tell. */
export const isNamedFile = (path: string): boolean => FILE.test(path);

/** Which of the paths are catalogues. Tables among other files, as sidecars are, are files like them. */
export function cataloguesAmong(paths: string[]): string[] {
  const isOther = (path: string) => isNamedFile(path) && !isNamedCatalogue(path);
  return paths.some(isOther) ? [] : paths.filter(isNamedCatalogue);
}

/** A catalogue with all that it may say: what the engine leaves out is null or empty here. */
export const catalogueOf = (given: Partial<Catalogue>): Catalogue => ({
  file: given.file ?? '',
  preset: given.preset ?? null,
  format: given.format ?? null,
  encoding: given.encoding ?? null,
  delimiter: given.delimiter ?? null,
  quote: given.quote ?? null,
  sheet: given.sheet ?? null,
  header_row: given.header_row ?? null,
  skip: given.skip ?? null,
  path: given.path ?? [],
  base: given.base ?? null,
  prefix: given.prefix ?? [],
  id: given.id ?? null,
  size: given.size ?? null,
  checksum: given.checksum
    ? { column: given.checksum.column, algorithm: given.checksum.algorithm ?? null }
    : null,
  url_name: given.url_name ?? null,
  unlisted: given.unlisted ?? null,
});

/** The last part of a path. */
export const nameOf = (path: string): string => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;

/** The folder that a path lies in. */
export const folderOf = (path: string): string => path.replace(/[/\\][^/\\]*$/, '') || '/';

/** Folders that the records of a job may come from. */
export function rootsOf(job: JobSpec): string[] {
  const roots = (given: Catalogue) => {
    const { base, file, prefix } = catalogueOf(given);
    return [base ?? folderOf(file), ...prefix.map((rule) => rule.to)];
  };
  return [...job.sources, ...(job.catalogue ?? []).flatMap(roots)];
}

const isComplete = (rule: PrefixRule) => rule.from.trim() !== '' && rule.to.trim() !== '';

export class CatalogueDraft {
  /** What is said of it so far. Its prefix rules may be incomplete. */
  said: Catalogue = $state.raw(catalogueOf({}));
  /** What was found; null as long as nothing is, and when it cannot be read. */
  found: Inspection | null = $state.raw(null);
  unreadable: ErrorReport | null = $state.raw(null);
  /** What its first rows lead to; null as long as no column is said to hold the path. */
  trial: CatalogueTrial | null = $state.raw(null);
  /** Its records under the latest template that could be used. */
  preview: TriedRecord[] = $state.raw([]);
  untried: ErrorReport | null = $state.raw(null);
  #asked: number = $state(0);
  /** The engine is being asked. */
  readonly looking: boolean = $derived(this.#asked > 0);

  readonly name: string = $derived(nameOf(this.said.file));

  /** Why it cannot be used yet, in words. */
  readonly problem: string | null = $derived.by(() => {
    const { said, name } = this;
    if (this.unreadable) return m.catalogue.problem.unreadable(name);
    if (!this.found) return m.catalogue.problem.looking(name);
    if (said.path.length === 0) return m.catalogue.problem.path(name);
    const open = said.prefix.find((rule) => !isComplete(rule) && (rule.from.trim() || rule.to.trim()));
    if (open) return m.catalogue.problem.rule(open.from.trim() || open.to);
    if (said.unlisted && !said.base && said.prefix.some(isComplete)) return m.catalogue.problem.unlisted;
    return null;
  });

  /** Beginnings of paths that need a rule. */
  readonly proposed: PrefixRule[] = $derived(
    (this.trial?.beginnings ?? [])
      .filter((from) => !this.said.prefix.some((rule) => rule.from === from))
      .map((from) => ({ from, to: '' })),
  );

  /** Prefix rules, then those that are proposed. */
  readonly rules: PrefixRule[] = $derived([...this.said.prefix, ...this.proposed]);

  /** The names of its columns. */
  readonly columns: string[] = $derived(this.found?.columns ?? []);

  #door: Door;
  #jobOf: () => { job: JobSpec; number: number };
  #chosen = new Set<Guessed>();

  /** `jobOf`: the job as it is described now, and which of its catalogues this is. */
  constructor(door: Door, jobOf: (own: CatalogueDraft) => { job: JobSpec; number: number }) {
    this.#door = door;
    this.#jobOf = () => jobOf(this);
  }

  /** A catalogue of which everything is to be found out. */
  begin(file: string): Promise<void> {
    this.said = catalogueOf({ file });
    return this.look();
  }

  /** One that was described before. It is looked at when somebody asks for that. */
  describe(said: Catalogue): void {
    this.said = catalogueOf(said);
    this.#chosen = new Set(GUESSED);
  }

  /** The column that is meant by a name, as the engine finds it; null: there is none. */
  columnOf(wanted: string): string | null {
    const loose = (name: string) => name.split(/\s+/).filter(Boolean).join(' ').toLowerCase();
    const { columns } = this;
    if (columns.includes(wanted)) return wanted;
    // What lies deeper in a JSON object is named by its way.
    const first = wanted.startsWith('/') ? wanted.split('/')[1] : undefined;
    if (first !== undefined && columns.includes(first)) return wanted;
    return columns.find((name) => loose(name) === loose(wanted)) ?? null;
  }

  /** As the job takes it. */
  spec(): Catalogue {
    const { said } = this;
    return { ...said, base: said.base?.trim() || null, prefix: said.prefix.filter(isComplete) };
  }

  /** Overrules how it is read; what depends on that is found anew. */
  read(change: Partial<Reading>): Promise<void> {
    const anew: Partial<Reading> = {};
    if ('format' in change)
      Object.assign(anew, { delimiter: null, quote: null, sheet: null, header_row: null });
    if ('sheet' in change) anew.header_row = null;
    this.said = { ...this.said, ...anew, ...change };
    return this.look();
  }

  /** Says what a column holds, or where paths lead. */
  map(change: Partial<Columns>): Promise<void> {
    for (const key of GUESSED) if (key in change) this.#chosen.add(key);
    this.said = { ...this.said, ...change };
    return this.try();
  }

  /** Changes one of the rules; a proposed one becomes a rule by that. */
  setRule(at: number, change: Partial<PrefixRule>): Promise<void> {
    const rules = this.rules.map((rule, i) => (i === at ? { ...rule, ...change } : rule));
    // Proposals before the one that was taken stay proposals.
    const kept = rules.filter((_, i) => i < this.said.prefix.length || i === at);
    return this.map({ prefix: kept });
  }

  addRule(): Promise<void> {
    return this.map({ prefix: [...this.said.prefix, { from: '', to: '' }] });
  }

  removeRule(at: number): Promise<void> {
    return this.map({ prefix: this.said.prefix.filter((_, i) => i !== at) });
  }

  /** Asks for the folder where relative paths begin. */
  async chooseBase(): Promise<void> {
    const base = await this.#door.pickBase();
    if (base !== null) await this.map({ base });
  }

  /** Asks where the beginning of a rule is on this computer. */
  async chooseFolder(at: number): Promise<void> {
    const to = await this.#door.pickBase();
    if (to !== null) await this.setRule(at, { to });
  }

  async loadPreset(): Promise<void> {
    const preset = await this.#door.loadPreset();
    if (preset) await this.usePreset(preset);
  }

  /** Takes everything that a preset says; what it leaves out is found out. */
  usePreset(preset: Partial<Catalogue>): Promise<void> {
    const { file } = this.said;
    const said = catalogueOf({ ...preset, file });
    this.#chosen = new Set(said.path.length > 0 ? GUESSED : []);
    this.said = said;
    return this.look();
  }

  /** Looks at the file with what is said of it. */
  readonly look = latest(() => this.#look());
  /** Looks where the first rows lead. */
  readonly try = latest(() => this.#try());

  async #look(): Promise<void> {
    this.#asked += 1;
    try {
      const found = await this.#door.inspectCatalogue(this.spec());
      this.found = found;
      this.unreadable = null;
      const guess = GUESSED.filter((key) => !this.#chosen.has(key)).map((key) => [key, found.guess[key]]);
      this.said = { ...this.said, ...Object.fromEntries(guess) };
    } catch (thrown) {
      this.found = null;
      this.unreadable = asReport(thrown);
    }
    this.#asked -= 1;
    await this.try();
  }

  async #try(): Promise<void> {
    if (!this.found || this.said.path.length === 0) {
      this.trial = null;
      this.preview = [];
      this.untried = null;
      return;
    }
    this.#asked += 1;
    const { job, number } = this.#jobOf();
    try {
      const trial = await this.#door.tryCatalogue(job, number);
      this.trial = trial;
      if (trial.map_problem === null) this.preview = trial.records;
      this.untried = null;
    } catch (thrown) {
      this.trial = null;
      this.preview = [];
      this.untried = asReport(thrown);
    }
    this.#asked -= 1;
  }
}
