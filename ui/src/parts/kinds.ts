/** The kinds of events, as a reader sorts them. */
import type { Event, EventKind, Worded } from '../backend/types';
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
  const sentences = fixed();
  const worded = Object.entries(m.events.words) as [Kind, string][];
  return worded
    .filter(([kind, words]) => [words, ...(sentences[kind] ?? [])].some((own) => holds(own, text)))
    .map(([kind]) => kind);
}

/** The values that are said with a text: an event holds the engine's word for them. */
export function saidWith(text: string): Worded[] {
  const away = Object.keys(m.banner.awaited) as (keyof typeof m.banner.awaited)[];
  const outages = Object.fromEntries(away.map((category) => [category, m.category[category]]));
  const places: [kind: Kind, at: string, words: Record<string, string>][] = [
    ['state_changed', '/to', m.events.state],
    ['outage_began', '/outage/category', outages],
    ['outage_ended', '/category', outages],
    ['settings_changed', '/changes', m.events.settings],
  ];
  return places.flatMap(([kind, at, words]) =>
    Object.entries(words)
      .filter(([, said]) => holds(said, text))
      .map(([value]) => ({ kind, at, value })),
  );
}

/** The sentences of each kind, without what is an event's own. */
function fixed(): Partial<Record<Kind, string[]>> {
  const words = m.events;
  const counted = (say: (n: number, text: string) => string) => [say(1, ''), say(2, '')];
  return {
    planned: [words.planned('', '')],
    batch_started: [words.batchStarted('', '', '', ''), words.recoveryBatchStarted('', '', '')],
    batch_ended: [words.batchEnded('', '', '')],
    records_failed: counted((n, text) => words.recordsFailed(n, text, '')),
    pause_set: [words.pauseSet(''), words.pauseTakenBack],
    pause_due: [words.pauseDue],
    outage_began: [words.outageBegan('')],
    outage_ended: [words.outageEnded('', '', '')],
    checkpoint_writable: [words.writable],
    folder_failed: [words.folderFailed('', '')],
    reprocessed: [...counted(words.reprocessed), ...counted(words.reprocessedOnLane)],
    amended: counted(words.amended),
    left: counted(words.left),
    taken_up: counted(words.takenUp),
    catalogue_written: [words.catalogueWritten('', '')],
    catalogue_failed: [words.catalogueFailed('', '')],
    watch_polls: [words.polls('')],
    leases_released: counted(words.leasesReleased),
  };
}

function holds(said: string, text: string): boolean {
  return said.toLowerCase().includes(text.toLowerCase());
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
