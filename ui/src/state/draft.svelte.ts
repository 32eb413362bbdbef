/** A migration that is being described: nothing of it has moved yet. It is a job file in the making, and
    keeps what the window has no control for. */
import { asReport, type Defaults, type Door, type KeptDraft } from '../backend/door';
import type {
  Catalogue,
  CatalogueOut,
  Control,
  Delivery,
  Describe,
  Group,
  JobSpec,
  LimitRanges,
  Limits,
  Mapping,
  Sidecar,
  TriedRecord,
  Watch,
} from '../backend/types';
import { m } from '../messages';
import { CatalogueDraft, catalogueOf } from './catalogue.svelte';
import { Keeping } from './keeping';
import { type MapProblem, mapProblemOf, mappingOf, said } from './mapping';
import type { Migration } from './migration.svelte';
import { RequestDraft } from './request.svelte';
import { SourceTrial } from './sourcetrial.svelte';
import { REGISTER, WATCH } from './usual';

/** What of a job a draft begins with. */
type Beginning = Pick<JobSpec, 'deliver' | 'limits' | 'control'> & Partial<JobSpec>;

export class Draft {
  sources: string[] = $state([]);
  catalogues: CatalogueDraft[] = $state.raw([]);
  /** The catalogue that is shown. */
  shown: CatalogueDraft | null = $state.raw(null);
  watch: Watch | null = $state.raw(null);
  map: Mapping = $state.raw(mappingOf({}));
  describe: Describe | null = $state.raw(null);
  lookups: RequestDraft[] = $state.raw([]);
  sidecars: Sidecar[] = $state.raw([]);
  groups: Group[] = $state.raw([]);
  register: RequestDraft | null = $state.raw(null);
  out: CatalogueOut | null = $state.raw(null);
  deliver: Delivery = $state.raw(undefined as never);
  limits: Limits = $state.raw(undefined as never);
  control: Control = $state.raw(undefined as never);
  readonly ranges: LimitRanges;

  /** What a moment's look at the sources tells. */
  readonly trial: SourceTrial;

  #destination: string = $state('');
  /** Why what is typed is no place; null when it is one, or nothing. */
  destinationProblem: string | null = $state(null);

  /** What the engine says is wrong with the mapping. */
  readonly mapProblem: MapProblem | null = $derived.by(() => {
    const said = this.shown?.trial?.map_problem ?? this.trial.found?.map_problem ?? null;
    return said === null ? null : mapProblemOf(said);
  });
  /** Why the template of the target cannot be used, in words. */
  readonly targetProblem: string | null = $derived(
    this.mapProblem?.at === 'target' ? this.mapProblem.why : null,
  );

  /** Records that a template can be tried on: rows of the catalogue that is shown, else files. */
  readonly preview: TriedRecord[] = $derived.by(() => (this.shown ? this.shown.preview : this.trial.records));

  /** What each step still needs, in words. */
  readonly needs: Record<'sources' | 'names' | 'describe' | 'destination', string | null> = $derived.by(
    () => ({
      sources: this.sources.length + this.catalogues.length === 0 ? m.setup.needSource : null,
      names: this.#namesNeed(),
      describe: this.lookups.map((lookup) => lookup.problem).find((problem) => problem !== null) ?? null,
      destination:
        this.destination.trim() === ''
          ? m.setup.needDestination
          : (this.destinationProblem ?? this.register?.problem ?? null),
    }),
  );

  /** Why it cannot be checked yet, in words. */
  readonly problem: string | null = $derived(
    this.needs.sources ?? this.needs.names ?? this.needs.describe ?? this.needs.destination,
  );

  /** Nothing but a destination is missing for a check. */
  readonly lacksOnlyDestination: boolean = $derived.by(
    () => this.destination.trim() === '' && this.problem === this.needs.destination,
  );

  readonly keeping: Keeping;
  /** The file of the migration that it changes; null: it describes a new one. */
  of: string | null = null;
  /** The description of a migration, as long as nobody changes it; null: it is of none. */
  #untouched: string | null = null;

  #door: Door;
  /** The job that is being edited. */
  #before: JobSpec | null;
  #name: string;

  constructor(door: Door, from: Beginning, ranges: LimitRanges, before: JobSpec | null = null) {
    this.#door = door;
    this.trial = new SourceTrial(door, () => this.job());
    this.keeping = new Keeping(door, () => (this.isBegun ? { job: this.#keepable(), of: this.of } : null));
    this.ranges = ranges;
    this.#name = from.name ?? '';
    this.#before = before;
    this.deliver = from.deliver;
    this.limits = from.limits;
    this.control = from.control;
    this.#take(from);
  }

  static blank(door: Door, defaults: Defaults): Draft {
    return new Draft(door, defaults, defaults.ranges);
  }

  /** That of a migration, to change it. */
  static of({ job, ranges, progress, checkpoint }: Migration, door: Door): Draft {
    const draft = new Draft(door, { ...job, limits: progress.limits }, ranges, job);
    draft.of = checkpoint;
    draft.#untouched = JSON.stringify(draft.#keepable());
    return draft;
  }

  /** One that was kept. Nothing of it is looked at before somebody goes on with it, see [`look`]. */
  static kept(door: Door, { id, job, of }: KeptDraft, ranges: LimitRanges): Draft {
    const draft = new Draft(door, job, ranges, job);
    draft.of = of;
    draft.keeping.isKept(id, draft.#keepable());
    return draft;
  }

  /** Whether something would be lost with it. */
  get isBegun(): boolean {
    if (this.#untouched !== null) return JSON.stringify(this.#keepable()) !== this.#untouched;
    return (
      this.sources.length + this.catalogues.length + this.lookups.length + this.groups.length > 0 ||
      this.destination.trim() !== '' ||
      this.describe !== null ||
      this.map.target !== null
    );
  }

  get destination(): string {
    return this.#destination;
  }
  set destination(text: string) {
    this.#destination = text;
    void this.#checkPlace();
  }

  /** Looks at everything that it names. */
  look(): void {
    for (const catalogue of this.catalogues) void catalogue.look();
    void this.trial.look();
  }

  /** Adds sources at the end; one that is there already stays where it is. */
  add(paths: string[]): void {
    this.sources = [...new Set([...this.sources, ...paths])];
    void this.trial.look();
  }

  /** Adds a place behind a connection, or a path. Gives why it is none; null: it is added. */
  async addPlace(text: string): Promise<string | null> {
    const place = text.trim();
    const problem = place === '' ? m.guide.sources.placeEmpty : await this.#placeProblem(place);
    if (problem === null) this.add([place]);
    return problem;
  }

  remove(path: string): void {
    this.sources = this.sources.filter((source) => source !== path);
    if (this.sources.length === 0) this.watch = null;
    void this.trial.look();
  }

  /** Adds catalogues at the end and shows the last one; one that is there already is only shown. */
  addCatalogues(files: string[]): void {
    for (const file of files) {
      const known = this.catalogues.find(({ said }) => said.file === file);
      if (known) this.shown = known;
      else void this.#newCatalogue().begin(file);
    }
  }

  removeCatalogue(catalogue: CatalogueDraft): void {
    this.catalogues = this.catalogues.filter((one) => one !== catalogue);
    if (this.shown === catalogue) this.shown = this.catalogues[0] ?? null;
    void this.trial.look();
  }

  /** A file that looked like a catalogue, and is one to move. */
  asFile(catalogue: CatalogueDraft): void {
    this.removeCatalogue(catalogue);
    this.add([catalogue.said.file]);
  }

  /** A file to move, and a catalogue after all. */
  asCatalogue(path: string): void {
    this.remove(path);
    this.addCatalogues([path]);
  }

  /** A folder that holds the catalogue's files: they are found through it, and not moved as a source too. */
  sourceAsBase(catalogue: CatalogueDraft, source: string): void {
    this.remove(source);
    void catalogue.map({ base: source });
  }

  /** Changes the template of the target path; empty: the folders and names of the source. */
  setTarget(text: string): void {
    this.setMap({ target: text.trim() === '' ? null : text });
  }

  /** Changes the mapping, and looks what it makes of real records. */
  setMap(change: Partial<Mapping>): void {
    this.map = { ...this.map, ...change };
    for (const catalogue of this.catalogues) void catalogue.try();
    void this.trial.look();
  }

  /** Changes when the folders are watched; null: not at all. A span that is none is refused with a reason. */
  async setWatch(change: Partial<Watch> | null): Promise<string | null> {
    if (change === null) {
      this.watch = null;
      return null;
    }
    try {
      if (change.quiet !== undefined) await this.#door.checkSpan(change.quiet);
    } catch (thrown) {
      return asReport(thrown).message;
    }
    this.watch = { ...(this.watch ?? WATCH), ...change };
    return null;
  }

  addLookup(): RequestDraft {
    const made = RequestDraft.lookup(this.#door, () => this.job(), {
      name: '',
      method: 'GET',
      url: '',
      fields: {},
    });
    this.lookups = [...this.lookups, made];
    return made;
  }

  removeLookup(lookup: RequestDraft): void {
    this.lookups = this.lookups.filter((one) => one !== lookup);
  }

  /** Whether delivered records are entered into a catalogue. */
  setRegister(wanted: boolean): void {
    this.register = wanted ? RequestDraft.register(this.#door, () => this.job(), REGISTER) : null;
  }

  /** Takes the place of everything here. A job file without places is a preset: the places stay. */
  async load(): Promise<boolean> {
    const job = await this.#door.loadJob();
    if (!job) return false;
    const isPreset = job.sources.length === 0 && (job.catalogue ?? []).length === 0 && job.destination === '';
    const own = this.job();
    const loaded: JobSpec = isPreset
      ? {
          ...job,
          name: own.name,
          sources: own.sources,
          catalogue: own.catalogue ?? [],
          destination: own.destination,
        }
      : job;
    this.#before = { ...loaded };
    this.#name = loaded.name;
    this.deliver = loaded.deliver;
    this.limits = loaded.limits;
    this.control = loaded.control;
    this.#take(loaded);
    this.look();
    return true;
  }

  /** The text of its job file. */
  text = (): Promise<string> => this.#door.jobText(this.#keepable());

  /** Asks where, then writes its job file. */
  save = (): Promise<string | null> => this.#door.saveJob(this.#keepable(), 'migration.toml');

  /** The same without where from and where to, for others of its kind. */
  saveAsPreset = (): Promise<string | null> => {
    const preset: JobSpec = { ...this.#keepable(), name: '', sources: [], catalogue: [], destination: '' };
    return this.#door.saveJob(preset, 'preset.toml');
  };

  /** Keeps it in the user's data folder, if anything of it has changed since. */
  keep = (): Promise<void> => this.keeping.keep();

  /** It needs no keeping any more, now or later. */
  drop = (): Promise<void> => this.keeping.drop();

  /** The job as the engine takes it. The name follows the destination unless it was kept. */
  job(): JobSpec {
    const before = this.#before;
    const destination = this.destination.trim();
    return {
      // What the window cannot describe (the services' own limits, connections) stays as it is.
      ...before,
      name: before?.destination === destination ? this.#name : '',
      sources: [...this.sources],
      catalogue: this.catalogues.map((catalogue) => catalogue.spec()),
      destination,
      watch: this.watch,
      group: this.groups,
      describe: this.describe,
      map: said(this.map),
      lookup: this.lookups.map((lookup) => lookup.asLookup()),
      register: this.register?.asRegister() ?? null,
      sidecar: this.sidecars,
      catalogue_out: this.out,
      deliver: this.deliver,
      limits: this.limits,
      control: this.control,
    };
  }

  /** Whether the same files go to the same place as in `job`, the same ones together. */
  movesLike(job: JobSpec): boolean {
    return (
      this.destination.trim() === job.destination &&
      this.sources.length === job.sources.length &&
      this.sources.every((source, i) => source === job.sources[i]) &&
      JSON.stringify(this.groups) === JSON.stringify(job.group ?? []) &&
      text(this.catalogues.map((catalogue) => catalogue.spec())) === text(job.catalogue ?? [])
    );
  }

  #take(from: Partial<JobSpec>): void {
    this.map = mappingOf(from.map ?? {});
    this.sources = [...(from.sources ?? [])];
    this.#destination = from.destination ?? '';
    this.destinationProblem = null;
    this.watch = from.watch ?? null;
    this.describe = from.describe ?? null;
    this.sidecars = from.sidecar ?? [];
    this.groups = from.group ?? [];
    this.out = from.catalogue_out ?? null;
    const job = () => this.job();
    this.lookups = (from.lookup ?? []).map((lookup) => RequestDraft.lookup(this.#door, job, lookup));
    this.register = from.register ? RequestDraft.register(this.#door, job, from.register) : null;
    this.catalogues = [];
    for (const said of from.catalogue ?? []) this.#newCatalogue().describe(said);
    this.shown = this.catalogues[0] ?? null;
  }

  #namesNeed(): string | null {
    const catalogue = this.catalogues.find(({ problem }) => problem !== null);
    if (catalogue) return catalogue.problem;
    const { mapProblem } = this;
    if (mapProblem?.at === 'target') return m.catalogue.problem.target;
    return mapProblem ? m.guide.names.needRules : null;
  }

  async #checkPlace(): Promise<void> {
    const asked = this.#destination.trim();
    const problem = asked === '' ? null : await this.#placeProblem(asked);
    if (asked === this.#destination.trim()) this.destinationProblem = problem;
  }

  async #placeProblem(text: string): Promise<string | null> {
    // Only what may name a connection can be wrong.
    if (!text.includes(':')) return null;
    try {
      await this.#door.checkPlace(text);
      return null;
    } catch (thrown) {
      return asReport(thrown).message;
    }
  }

  /** As it can be kept: a place that is none yet, and may hold a secret, stays out of every file. */
  #keepable(): JobSpec {
    const job = this.job();
    return this.destinationProblem === null ? job : { ...job, destination: '' };
  }

  #newCatalogue(): CatalogueDraft {
    const made = new CatalogueDraft(this.#door, (own) => {
      // The others may not be complete yet: then they would hold this one up.
      const ready = this.catalogues.filter((one) => one === own || one.problem === null);
      const job = { ...this.job(), catalogue: ready.map((one) => one.spec()) };
      return { job, number: ready.indexOf(own) };
    });
    this.catalogues = [...this.catalogues, made];
    this.shown = made;
    return made;
  }
}

/** What is the same for two descriptions of the same catalogues. */
const text = (catalogues: Catalogue[]) => JSON.stringify(catalogues.map(catalogueOf));
