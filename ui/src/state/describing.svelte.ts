/** What the person does to what is being described by way of the system's dialogs: places, job files, presets. */
import type { Door } from '../backend/door';
import { m } from '../messages';
import type { CatalogueDraft } from './catalogue.svelte';
import type { Desk } from './desk.svelte';

/** What of the desk it needs. */
type Place = Pick<Desk, 'draft' | 'step' | 'work' | 'attempt' | 'check'>;

export class Describing {
  #desk: Place;
  #door: Door;

  constructor(desk: Place, door: Door) {
    this.#desk = desk;
    this.#door = door;
  }

  /** Shows a catalogue's columns and names. */
  showCatalogue = (catalogue: CatalogueDraft) => {
    if (this.#desk.draft) this.#desk.draft.shown = catalogue;
    this.#desk.step = 'names';
  };

  asCatalogue = (path: string) => {
    this.#desk.draft?.asCatalogue(path);
    this.#desk.step = 'names';
  };

  savePreset = (catalogue: CatalogueDraft) =>
    this.#desk.attempt(async () => {
      const path = await this.#door.savePreset(catalogue.spec());
      if (path !== null) this.#desk.work.done('preset', m.catalogue.presetSaved(path));
    });

  chooseDestination = () =>
    this.#desk.attempt(async () => {
      const path = await this.#door.pickDestination();
      if (path !== null && this.#desk.draft) this.#desk.draft.destination = path;
    });

  /** The short way: a destination, and the check of all that is described. */
  chooseAndCheck = async () => {
    const { draft } = this.#desk;
    await this.chooseDestination();
    // Another description may have come onto the desk meanwhile.
    if (draft && draft === this.#desk.draft && draft.destination.trim() !== '') await this.#desk.check();
  };

  /** Which of the system's files a run writes its catalogue to. */
  chooseCatalogueOut = () =>
    this.#desk.attempt(async () => {
      const path = await this.#door.pickCatalogueOut();
      const { draft } = this.#desk;
      if (path !== null && draft) draft.out = { path, records: draft.out?.records ?? 'delivered' };
    });

  loadJob = () =>
    this.#desk.attempt(async () => {
      if (await this.#desk.draft?.load()) this.#desk.work.done('job', m.guide.job.loaded);
    });

  saveJob = (how: 'save' | 'saveAsPreset') =>
    this.#desk.attempt(async () => {
      const path = (await this.#desk.draft?.[how]()) ?? null;
      if (path !== null) this.#desk.work.done('job', m.guide.job.saved(path));
    });
}
