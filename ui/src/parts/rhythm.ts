/** The rhythm strip as geometry in time: pure, so that it can be tested without a page. */
import type { BatchSummary, LiveBatch, StreamSummary } from '../backend/types';

/** One stream's part of one batch. The shares are of its records; what they leave is not done yet. */
export interface Block {
  batch: number;
  lane: number;
  fromMs: number;
  toMs: number;
  delivered: number;
  skipped: number;
  failed: number;
  retried: number;
}

export interface Strip {
  fromMs: number;
  toMs: number;
  lanes: number;
  blocks: Block[];
  barriers: { batch: number; atMs: number; failed: boolean }[];
}

/** One batch in figures. */
export interface Beat {
  id: number;
  records: number;
  done: number;
  failed: number;
  retried: number;
  seconds: number;
  /** How long a stream stood idle at the barrier, on average. */
  waited: number;
  /** The record that the other streams waited for; null where none held them up. */
  straggler: string | null;
  live: boolean;
}

/** Share of a batch that streams must have waited, before somebody is named for it. */
const HELD_UP = 0.05;

/** As many batches should be in view before the scale grows. */
const BATCHES_IN_VIEW = 10;

/** Each with quarters that are round figures too: the axis marks them. */
const SPANS_S = [
  2, 4, 8, 12, 20, 40, 60, 120, 240, 480, 1_200, 2_400, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400,
];

export function strip(batches: BatchSummary[], live: LiveBatch | null, nowMs: number): Strip {
  const current = live && live.id !== batches.at(-1)?.id ? live : null;
  const last = batches.at(-1);
  const toMs = current ? nowMs : (last?.ended_ms ?? nowMs);
  const start = firstInView(batches, current?.started_ms ?? toMs);
  const spanMs = 1000 * (SPANS_S.find((span) => span * 1000 >= toMs - start) ?? (toMs - start) / 1000);
  const fromMs = toMs - spanMs;

  const shown = batches.filter((batch) => batch.ended_ms > fromMs);
  const blocks = shown.flatMap((batch) =>
    batch.streams.map((stream, lane) => block(batch.id, lane, batch.started_ms, stream, batch.ended_ms)),
  );
  for (const [lane, { summary }] of (current?.streams ?? []).entries()) {
    blocks.push(block(current?.id ?? 0, lane, current?.started_ms ?? 0, summary, nowMs));
  }
  return {
    fromMs,
    toMs,
    lanes: Math.max(1, current?.streams.length ?? 0, ...shown.map((batch) => batch.streams.length)),
    blocks: blocks.filter((part) => part.toMs > part.fromMs),
    barriers: shown.map((batch) => ({
      batch: batch.id,
      atMs: batch.ended_ms,
      failed: batch.streams.some((stream) => stream.failed > 0),
    })),
  };
}

/** Start of the earliest batch to show. A pause is no rhythm: nothing before one is shown. */
function firstInView(batches: BatchSummary[], nowMs: number): number {
  let start = nowMs;
  for (const batch of batches.slice(-BATCHES_IN_VIEW).reverse()) {
    const gap = start - batch.ended_ms;
    if (gap > Math.max(5_000, batch.ended_ms - batch.started_ms)) break;
    start = batch.started_ms;
  }
  return start;
}

function block(batch: number, lane: number, fromMs: number, stream: StreamSummary, openMs: number): Block {
  const share = (n: number) => (stream.records === 0 ? 0 : n / stream.records);
  const endedMs = ended(stream) ? stream.ended_ms : null;
  return {
    batch,
    lane,
    fromMs,
    toMs: stream.records === 0 ? fromMs : Math.max(fromMs + 1, endedMs ?? openMs),
    delivered: share(stream.delivered),
    skipped: share(stream.skipped),
    failed: share(stream.failed),
    retried: share(stream.retried),
  };
}

/** Outcomes of a stream so far. */
export function done(stream: StreamSummary): number {
  return stream.delivered + stream.failed + stream.skipped;
}

/** Whether nothing of it is left to do in this batch. */
export function ended(stream: StreamSummary): boolean {
  return done(stream) + stream.retried + stream.returned >= stream.records;
}

const sum = <T>(items: T[], of: (item: T) => number) => items.reduce((all, item) => all + of(item), 0);

/** The figures of an ended batch. */
export function beat(batch: BatchSummary): Beat {
  const idle = sum(batch.streams, (stream) => batch.ended_ms - (stream.ended_ms ?? batch.started_ms));
  const seconds = (batch.ended_ms - batch.started_ms) / 1000;
  const waited = Math.max(0, idle) / Math.max(1, batch.streams.length) / 1000;
  const slowest = batch.streams.reduce<StreamSummary | null>(
    (last, stream) => ((stream.ended_ms ?? 0) > (last?.ended_ms ?? 0) ? stream : last),
    null,
  );
  return {
    id: batch.id,
    records: sum(batch.streams, (stream) => stream.records),
    done: sum(batch.streams, done),
    failed: sum(batch.streams, (stream) => stream.failed),
    retried: sum(batch.streams, (stream) => stream.retried),
    seconds,
    waited,
    straggler: waited > HELD_UP * seconds ? (slowest?.last ?? null) : null,
    live: false,
  };
}

/** The figures of the batch that runs. */
export function liveBeat(batch: LiveBatch, nowMs: number): Beat {
  const streams = batch.streams.map((stream) => stream.summary);
  return {
    id: batch.id,
    records: sum(streams, (stream) => stream.records),
    done: sum(streams, done),
    failed: sum(streams, (stream) => stream.failed),
    retried: sum(streams, (stream) => stream.retried),
    seconds: Math.max(0, nowMs - batch.started_ms) / 1000,
    waited: 0,
    straggler: null,
    live: true,
  };
}

/** Share of stream time that the latest batches spent waiting at the barrier, 0 to 1. */
export function idleShare(batches: BatchSummary[]): number | null {
  const beats = batches.slice(-BATCHES_IN_VIEW).map(beat);
  const all = sum(beats, (one) => one.seconds);
  return all > 0 ? sum(beats, (one) => one.waited) / all : null;
}
