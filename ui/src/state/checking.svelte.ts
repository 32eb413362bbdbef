/** The check's findings: the records behind each, where it is mended, and what services say. */
import type { ConcernedRecord, Finding } from '../backend/types';
import type { Desk } from './desk.svelte';
import type { Step } from './steps';

/** Records of a page. */
const PAGE = 50;

/** A finding whose records are shown. */
export interface Opened {
  code: string;
  records: ConcernedRecord[];
  /** Where the next page begins; null: there is no more. */
  next: number | null;
}

export class Checking {
  opened: Opened | null = $state.raw(null);
  loading: boolean = $state(false);
  /** What services say, and which secrets are missing. */
  services: Finding[] = $state.raw([]);

  #desk: Pick<Desk, 'migration' | 'work'>;

  constructor(desk: Pick<Desk, 'migration' | 'work'>) {
    this.#desk = desk;
  }

  /** Opens the records behind a finding, or closes them. */
  toggle = async (code: string): Promise<void> => {
    if (this.opened?.code === code) {
      this.opened = null;
      return;
    }
    this.opened = { code, records: [], next: 0 };
    await this.more();
  };

  more = async (): Promise<void> => {
    const { opened } = this;
    const { migration } = this.#desk;
    if (!migration || !opened || opened.next === null || this.loading) return;
    this.loading = true;
    await this.#desk.work.attempt(async () => {
      const page = await migration.door.concerned(opened.code, opened.next ?? 0, PAGE);
      if (this.opened?.code === opened.code)
        this.opened = { ...opened, records: [...opened.records, ...page.records], next: page.next };
    });
    this.loading = false;
  };

  /** Asks each service once whether it is there and knows us. */
  lookAtServices = () =>
    this.#desk.work.attempt(async () => {
      this.services = (await this.#desk.migration?.door.lookAtServices()) ?? [];
    });
}

/** Whether a finding has records behind it that can be shown. */
export const hasRecords = ({ code, records }: Finding): boolean =>
  records > 0 &&
  !['target_late', 'watched', 'archived', 'nothing_to_move'].includes(code) &&
  !code.startsWith('catalogue_');

const STEPS: Record<string, Step> = {
  no_space: 'destination',
  destination_not_empty: 'destination',
  destination_unguarded: 'destination',
  name_collision: 'names',
  name_numbered: 'names',
  name_illegal: 'names',
  name_unsupported: 'names',
  metadata_invalid: 'names',
  template_failed: 'names',
  target_unsafe: 'names',
  target_late: 'names',
  path_unsafe: 'names',
  source_missing: 'names',
  size_mismatch: 'names',
  row_unreadable: 'names',
  duplicate_id: 'names',
  duplicate_path: 'sources',
  file_twice: 'sources',
  folder_unreadable: 'sources',
  source_unreadable: 'sources',
  nothing_to_move: 'sources',
  watched: 'sources',
  group_incomplete: 'describe',
  group_too_large: 'describe',
  groups: 'describe',
  tool_missing: 'describe',
  tool_unusable: 'describe',
  service_unreachable: 'describe',
  service_denied: 'describe',
  secret_missing: 'describe',
};

/** The step in which a finding is mended; null: not in this window. */
export function fixOf({ code }: Finding): Step | null {
  if (code.startsWith('catalogue_')) return 'names';
  return STEPS[code] ?? null;
}
