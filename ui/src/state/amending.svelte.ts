/** A change of failed records while it is being described. */
import type { Amendment, FailedRecord } from '../backend/types';

export class Amending {
  /** The one record's path below its source; null where they are several. */
  path: string | null = $state(null);
  fields: { name: string; value: string }[] = $state([{ name: '', value: '' }]);

  #path: string | null;

  /** Whether there is anything to change. */
  readonly changes: boolean = $derived.by(() => {
    const { path, fields } = this.amendment();
    return path !== null || Object.keys(fields).length > 0;
  });

  constructor(record: FailedRecord | null, sources: string[]) {
    this.#path = record && below(record.source, sources);
    this.path = this.#path;
  }

  add = () => {
    this.fields.push({ name: '', value: '' });
  };

  amendment(): Amendment {
    const named = this.fields.filter((field) => field.name.trim() !== '');
    const path = this.path?.trim() ?? '';
    return {
      path: path === '' || path === this.#path ? null : path,
      prefix: null,
      fields: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value === '' ? null : value])),
    };
  }
}

/** What of a source file's path lies below the source that holds it. */
export function below(path: string, sources: string[]): string {
  const holding = sources
    .map((source) => source.replace(/[/\\]+$/, ''))
    .filter((source) => path.startsWith(source) && /^[/\\]/.test(path.slice(source.length)))
    .sort((a, b) => b.length - a.length)[0];
  return holding === undefined ? path : path.slice(holding.length + 1).replaceAll('\\', '/');
}
