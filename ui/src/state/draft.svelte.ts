/** A migration that is being described: nothing of it has been looked at yet. */
import type { Defaults, Door } from '../backend/door';
import type { Catalogue, Control, Delivery, JobSpec, LimitRanges, Limits, Mapping } from '../backend/types';
import { m } from '../messages';
import { CatalogueDraft, catalogueOf } from './catalogue.svelte';

export class Draft {
  sources: string[] = $state([]);
  catalogues: CatalogueDraft[] = $state.raw([]);
  /** The catalogue that is shown. */
  shown: CatalogueDraft | null = $state.raw(null);
  map: Mapping = $state.raw(mappingOf({}));
  destination: string = $state('');
  deliver: Delivery = $state.raw(undefined as never);
  limits: Limits = $state.raw(undefined as never);
  control: Control = $state.raw(undefined as never);
  readonly ranges: LimitRanges;

  /** Why the template of the target cannot be used, in words. */
  readonly targetProblem: string | null = $derived(
    this.shown?.trial?.map_problem?.replace(/^template "map, target": (syntax error: )?/, '') ?? null,
  );

  /** Why it cannot be checked yet, in words. */
  readonly problem: string | null = $derived.by(() => {
    if (this.sources.length + this.catalogues.length === 0) return m.setup.needSource;
    const catalogue = this.catalogues.find(({ problem }) => problem !== null);
    if (catalogue) return catalogue.problem;
    if (this.targetProblem !== null) return m.catalogue.problem.target;
    return this.destination.trim() === '' ? m.setup.needDestination : null;
  });

  #door: Door;
  /** The job that is being edited. */
  #before: JobSpec | null;
  #name: string;

  constructor(
    door: Door,
    from: Pick<JobSpec, 'deliver' | 'limits' | 'control'> & Partial<JobSpec>,
    ranges: LimitRanges,
    before: JobSpec | null = null,
  ) {
    this.#door = door;
    this.map = mappingOf(from.map ?? {});
    this.sources = [...(from.sources ?? [])];
    this.destination = from.destination ?? '';
    this.deliver = from.deliver;
    this.limits = from.limits;
    this.control = from.control;
    this.ranges = ranges;
    this.#name = from.name ?? '';
    this.#before = before;
    for (const said of from.catalogue ?? []) void this.#newCatalogue().take(said);
    this.shown = this.catalogues[0] ?? null;
  }

  static blank(door: Door, defaults: Defaults): Draft {
    return new Draft(door, defaults, defaults.ranges);
  }

  /** Adds sources at the end; one that is there already stays where it is. */
  add(paths: string[]): void {
    this.sources = [...new Set([...this.sources, ...paths])];
  }

  remove(path: string): void {
    this.sources = this.sources.filter((source) => source !== path);
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
    // A template that cannot be seen any more must not rename what is left.
    if (this.catalogues.length === 0) this.map = mappingOf(this.#before?.map ?? {});
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
    this.map = { ...this.map, target: text.trim() === '' ? null : text };
    for (const catalogue of this.catalogues) void catalogue.try();
  }

  /** The job as the engine takes it. The name follows the destination unless it was kept. */
  job(): JobSpec {
    const before = this.#before;
    const destination = this.destination.trim();
    return {
      // What the window cannot describe (requests and the services' own limits) stays as it is.
      ...before,
      name: before?.destination === destination ? this.#name : '',
      sources: [...this.sources],
      catalogue: this.catalogues.map((catalogue) => catalogue.spec()),
      destination,
      map: this.map,
      deliver: this.deliver,
      limits: this.limits,
      control: this.control,
    };
  }

  /** Whether the mapping is that of `job`. */
  mapsLike(job: JobSpec): boolean {
    return JSON.stringify(this.map) === JSON.stringify(mappingOf(job.map ?? {}));
  }

  /** Whether the same files go to the same place as in `job`. */
  movesLike(job: JobSpec): boolean {
    return (
      this.destination.trim() === job.destination &&
      this.sources.length === job.sources.length &&
      this.sources.every((source, i) => source === job.sources[i]) &&
      text(this.catalogues.map((catalogue) => catalogue.spec())) === text(job.catalogue ?? [])
    );
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

/** A mapping with all that it may say: what the engine leaves out is null or empty here. */
const mappingOf = (given: Partial<Mapping>): Mapping => ({
  target: given.target ?? null,
  on_collision: given.on_collision ?? 'number',
  field: given.field ?? [],
  require: given.require ?? [],
});
