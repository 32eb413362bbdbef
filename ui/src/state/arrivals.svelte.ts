/** What the person brings: folders, files and catalogues that are picked, dropped on the window, or handed over by a
    start of the program or the file manager. */
import type { Door, Drag } from '../backend/door';
import { cataloguesAmong } from './catalogue.svelte';
import type { Desk } from './desk.svelte';
import type { Draft } from './draft.svelte';

/** What of the desk it needs. */
type Place = Pick<Desk, 'screen' | 'draft' | 'step' | 'attempt' | 'inTurn' | 'putAway' | 'describe' | 'open'>;

export class Arrivals {
  /** Something is held over the window. */
  dragging: boolean = $state(false);
  /** What a drop would do now. */
  readonly dropMeans: 'add' | 'begin' = $derived.by(() => (this.#desk.screen === 'setup' ? 'add' : 'begin'));

  #desk: Place;
  #door: Door;

  constructor(desk: Place, door: Door) {
    this.#desk = desk;
    this.#door = door;
  }

  addFolders = () =>
    this.#picks(
      () => this.#door.pickFolders(),
      (paths) => this.#addSources(paths),
    );
  addFiles = () =>
    this.#picks(
      () => this.#door.pickFiles(),
      (paths) => this.#addSources(paths),
    );
  addCatalogues = () =>
    this.#picks(
      () => this.#door.pickCatalogues(),
      (files) => this.#addCatalogues(files),
    );

  /** Takes what came from outside: with the start, from a second start, from the file manager. */
  async take(): Promise<void> {
    const paths = await this.#door.launchPaths();
    if (paths.length > 0) await this.#take(paths);
  }

  drag(drag: Drag): void {
    this.dragging = drag.kind === 'over';
    if (drag.kind !== 'dropped' || drag.paths.length === 0) return;
    void this.#desk.attempt(() => this.#desk.inTurn(() => this.#take(drag.paths)));
  }

  /** `.sluice` files are opened, a catalogue is looked at, everything else becomes a source. */
  async #take(paths: string[]): Promise<void> {
    const files = paths.filter((path) => path.toLowerCase().endsWith('.sluice'));
    for (const file of files) await this.#desk.open(file);
    const rest = paths.filter((path) => !files.includes(path));
    const catalogues = cataloguesAmong(rest);
    await this.#addSources(rest.filter((path) => !catalogues.includes(path)));
    await this.#addCatalogues(catalogues);
  }

  async #addSources(paths: string[]): Promise<void> {
    if (paths.length > 0) (await this.#described())?.add(paths);
  }

  async #addCatalogues(files: string[]): Promise<void> {
    if (files.length === 0) return;
    (await this.#described())?.addCatalogues(files);
    this.#desk.step = 'names';
  }

  /** What is being described; where nothing is, a new migration. */
  async #described(): Promise<Draft | null> {
    if (this.#desk.screen !== 'setup') {
      await this.#desk.putAway();
      this.#desk.describe(null);
    }
    return this.#desk.draft;
  }

  /** Nothing waits while the person picks. */
  #picks(pick: () => Promise<string[]>, take: (paths: string[]) => Promise<void>): Promise<void> {
    return this.#desk.attempt(async () => {
      const paths = await pick();
      await this.#desk.inTurn(() => take(paths));
    });
  }
}
