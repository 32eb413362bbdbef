/** The kinds of events, as a reader sorts them. */
import type { Event, EventKind } from '../backend/types';
import { m } from '../messages';

export type Kind = EventKind['kind'];
export type Group = 'state' | 'settings' | 'autopilot' | 'outages' | 'failures' | 'batches' | 'other';

interface Sorted {
  group: Group;
  kinds: Kind[];
  /** So many that they are only shown when they are asked for. */
  quiet?: boolean;
}

export const KINDS: readonly Sorted[] = [
  { group: 'state', kinds: ['state_changed', 'planned', 'pause_set', 'pause_due'] },
  { group: 'settings', kinds: ['limits_changed', 'settings_changed'] },
  { group: 'autopilot', kinds: ['autopilot_changed'] },
  { group: 'outages', kinds: ['outage_began', 'outage_ended', 'checkpoint_writable'] },
  {
    group: 'failures',
    kinds: ['records_failed', 'reprocessed', 'amended', 'left', 'taken_up', 'folder_failed'],
  },
  { group: 'batches', kinds: ['batch_started', 'batch_ended'], quiet: true },
  { group: 'other', kinds: ['watch_polls', 'catalogue_written', 'catalogue_failed', 'leases_released'] },
];

/** What changed while it ran: what the charts mark. */
export const CHANGES: readonly Kind[] = [
  'limits_changed',
  'settings_changed',
  'autopilot_changed',
  'outage_began',
  'outage_ended',
  'checkpoint_writable',
  'state_changed',
  'pause_due',
  'watch_polls',
];

/** The kinds of these groups; none where all are meant, as the engine takes it. */
export function kindsIn(groups: ReadonlySet<Group>): string[] {
  if (KINDS.every(({ group }) => groups.has(group))) return [];
  const chosen = KINDS.filter(({ group }) => groups.has(group)).flatMap(({ kinds }) => kinds);
  return chosen.length > 0 ? chosen : ['none'];
}

/** The kinds in whose words a text is: those stand in no event. */
export function wordedLike(text: string): Kind[] {
  const wanted = text.toLowerCase();
  const worded = Object.entries(m.events.words) as [Kind, string][];
  return worded.filter(([, words]) => words.toLowerCase().includes(wanted)).map(([kind]) => kind);
}

export function groupOf(event: Event): Group {
  return KINDS.find(({ kinds }) => kinds.includes(event.what.kind))?.group ?? 'other';
}

/** Whether a change is worth a mark on a chart. Every batch passes through `running`, so of the states only
    those at which the run begins and comes to rest. */
export function isMarked({ what }: Event): boolean {
  if (what.kind === 'state_changed')
    return (
      ['paused', 'stopped', 'finished'].includes(what.to) || (what.to === 'running' && isRest(what.from))
    );
  return CHANGES.includes(what.kind);
}

function isRest(state: string): boolean {
  return ['ready', 'paused', 'stopped', 'finished'].includes(state);
}
