/** A change of failed records while it is being described, and what it would do. */
import type { MigrationDoor } from '../backend/door';
import type { Amendment, AmendmentPreview } from '../backend/types';
import { latest } from './latest';
import type { About } from './mending.svelte';

/** How the paths of many are changed. */
export type Way = 'none' | 'prefix' | 'replace';

export class Amending {
  /** The one record's path below its source; null where they are several. */
  path: string | null = $state(null);
  way: Way = $state('none');
  from: string = $state('');
  to: string = $state('');
  fields: { name: string; value: string }[] = $state([{ name: '', value: '' }]);
  /** What the change would do, once it is known. */
  preview: AmendmentPreview | null = $state.raw(null);

  #path: string | null;
  #about: About;
  #door: MigrationDoor;

  readonly amendment: Amendment = $derived.by(() => {
    const named = this.fields.filter((field) => field.name.trim() !== '');
    const path = this.path?.trim() ?? '';
    const rule: [string, string] | null = this.from === '' ? null : [this.from, this.to];
    return {
      path: path === '' || path === this.#path ? null : path,
      prefix: this.way === 'prefix' ? rule : null,
      replace: this.way === 'replace' ? rule : null,
      fields: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value === '' ? null : value])),
    };
  });
  /** Whether there is anything to change. */
  readonly changes: boolean = $derived.by(() => {
    const { path, prefix, replace, fields } = this.amendment;
    return path !== null || prefix !== null || replace !== null || Object.keys(fields).length > 0;
  });

  /** `path`: the one record's path below its source. */
  constructor(door: MigrationDoor, about: About, path: string | null) {
    this.#door = door;
    this.#about = about;
    this.#path = path;
    this.path = path;
  }

  add = () => {
    this.fields.push({ name: '', value: '' });
  };

  /** Asks what the change would do, as it is described now. */
  readonly look = latest(async () => {
    if (!this.changes) {
      this.preview = null;
      return;
    }
    const preview = await this.#door.previewAmendment(this.#about.selection, this.amendment);
    if (this.changes) this.preview = preview;
  });
}
