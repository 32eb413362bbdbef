/** Events as sentences. */
import type { Event, Limits, SettingChange } from '../backend/types';
import { bytes, count, duration, plain, timeOfDay } from '../format';
import { m } from '../messages';
import { outageIn, pollingIn, turnIn } from '../messages/said';

const LIMITS: (keyof Limits)[] = ['batch_size', 'streams', 'concurrency'];

/** What happened, in one sentence. */
export function sentence({ what }: Event): string {
  const words = m.events;
  switch (what.kind) {
    case 'state_changed':
      return words.state[what.to];
    case 'planned':
      return words.planned(
        m.units.records(what.balance.found, count(what.balance.found)),
        bytes(what.balance.bytes_total),
      );
    case 'batch_started': {
      const records = m.units.records(what.records, count(what.records));
      const begins = what.lane === 'recovery' ? words.recoveryBatchStarted : words.batchStarted;
      return begins(count(what.batch), records, bytes(what.bytes), count(what.streams));
    }
    case 'batch_ended': {
      const { id, started_ms, ended_ms, streams } = what.batch;
      const sum = (of: (stream: (typeof streams)[number]) => number) =>
        streams.reduce((all, stream) => all + of(stream), 0);
      const outcomes = [
        ...told(
          sum((one) => one.delivered),
          m.balance.delivered,
        ),
        ...told(
          sum((one) => one.skipped),
          m.balance.skipped,
        ),
        ...told(
          sum((one) => one.failed),
          m.balance.failed,
        ),
        ...told(
          sum((one) => one.retried),
          m.rhythm.legend.retried,
        ),
        ...told(
          sum((one) => one.returned),
          words.returned,
        ),
      ];
      return words.batchEnded(count(id), duration((ended_ms - started_ms) / 1000), outcomes.join(', '));
    }
    case 'records_failed':
      return words.recordsFailed(what.records.length, count(what.records.length), count(what.batch));
    case 'limits_changed':
      return LIMITS.filter((name) => what.from[name] !== what.to[name])
        .map((name) => words.set(m.limits[name].label, count(what.from[name]), count(what.to[name])))
        .join(' ');
    case 'settings_changed':
      return what.changes.map(setting).join(' ');
    case 'pause_set':
      return what.at_ms === null ? words.pauseTakenBack : words.pauseSet(timeOfDay(what.at_ms).slice(0, 5));
    case 'pause_due':
      return words.pauseDue;
    case 'autopilot_changed': {
      const [knob, reason] = turnIn(what);
      return words.autopilot(plain(knob), plain(reason));
    }
    case 'outage_began':
      return words.outageBegan(m.category[what.outage.category]);
    case 'outage_ended':
      return words.outageEnded(
        m.category[what.category],
        duration(Math.max(1, what.lasted_s)),
        words.looks(what.probes, count(what.probes)),
      );
    case 'checkpoint_writable':
      return words.writable;
    case 'folder_failed':
      return words.folderFailed(plain(what.path), plain(what.message));
    case 'reprocessed': {
      const again = what.lane === 'recovery' ? words.reprocessedOnLane : words.reprocessed;
      return again(what.records, count(what.records));
    }
    case 'amended':
      return words.amended(what.records, count(what.records));
    case 'left':
      return words.left(what.records, count(what.records));
    case 'taken_up':
      return words.takenUp(what.records, count(what.records));
    case 'catalogue_written':
      return words.catalogueWritten(plain(what.file), m.units.records(what.records, count(what.records)));
    case 'catalogue_failed':
      return words.catalogueFailed(plain(what.file), plain(what.message));
    case 'watch_polls':
      return words.polls(plain(pollingIn(what)));
    case 'leases_released':
      return words.leasesReleased(what.records, count(what.records));
  }
}

/** What the system said, where that is more than the sentence. */
export function detail({ what }: Event): string {
  return what.kind === 'outage_began' ? plain(outageIn(what.outage)) : '';
}

function told(n: number, word: string): string[] {
  return n > 0 ? [`${count(n)} ${word}`] : [];
}

function setting({ setting, from, to }: SettingChange): string {
  const of = /^endpoints\."(.*)"\.(\w+)$/.exec(setting);
  const known: Record<string, string> = m.events.settings;
  const name = of
    ? m.events.ofService(known[`endpoints.${of[2]}`] ?? of[2] ?? '', plain(of[1] ?? ''))
    : (known[setting] ?? plain(setting));
  if (from === null && to === null) return m.events.changed(name);
  return m.events.set(name, value(from), value(to));
}

/** A value of the job file in a person's words. */
function value(json: string | null): string {
  if (json === null) return m.events.unset;
  try {
    const known: unknown = JSON.parse(json);
    if (known === true) return m.events.on;
    if (known === false) return m.events.off;
    if (typeof known === 'number') return count(known);
    if (typeof known === 'string') return plain(known);
  } catch {
    // Then it is shown as it stands.
  }
  return plain(json);
}
