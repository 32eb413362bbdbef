// Generated from the engine by `npm run types`. Do not edit.

export type State = "new" | "planning" | "ready" | "running" | "pausing" | "paused" | "stopping" | "stopped" | "finished";

export type Stage = "plan" | "ingest" | "transform" | "deliver";

export type Class = "transient" | "permanent" | "outage";

export type Category = "source_missing" | "source_unreadable" | "source_io" | "source_changed" | "source_not_a_file" | "name_collision" | "name_unsupported" | "destination_conflict" | "destination_outside" | "destination_denied" | "destination_io" | "verify_mismatch" | "internal" | "destination_full" | "destination_gone" | "source_gone";

export type Balance = { 
/**
 * Records that the sources hold.
 */
found: number, 
/**
 * Durable at the destination and verified as stated.
 */
delivered: number, 
/**
 * Could not be delivered.
 */
failed: number, 
/**
 * There already, identical.
 */
skipped: number, 
/**
 * Left out by policy.
 */
excluded: number, 
/**
 * Not tried yet, or handed to a stream at this moment.
 */
pending: number, 
/**
 * Bytes of all records that are not excluded, as planned.
 */
bytes_total: number, 
/**
 * Bytes of the delivered records.
 */
bytes_delivered: number, 
/**
 * Bytes of the skipped records.
 */
bytes_skipped: number, 
/**
 * Bytes of the failed records, as planned.
 */
bytes_failed: number, 
/**
 * Outcomes recorded so far, reprocessed ones counted each time.
 */
attempts: number, 
/**
 * Attempts beyond a record's first.
 */
retries: number, };

export type Verify = "size" | "written" | "read_back";

export type OnConflict = "skip_identical" | "rename" | "overwrite" | "fail";

export type HashAlgorithm = "xxh128" | "md5" | "sha256";

export type Delivery = { 
/**
 * What must be proven before a record counts as delivered.
 */
verify: Verify, 
/**
 * What happens when the target's name is taken.
 */
on_conflict: OnConflict, 
/**
 * The hash that is computed while reading.
 */
hash: HashAlgorithm, };

export type Limits = { 
/**
 * Records that the initiator leases at once.
 */
batch_size: number, 
/**
 * Independent processing paths that a batch is split over.
 */
streams: number, 
/**
 * Records in flight at once, over all streams together.
 */
concurrency: number, };

export type Range = { 
/**
 * The smallest value allowed.
 */
min: number, 
/**
 * The largest value allowed.
 */
max: number, };

export type LimitRanges = { 
/**
 * Range of [`Limits::batch_size`].
 */
batch_size: Range, 
/**
 * Range of [`Limits::streams`].
 */
streams: Range, 
/**
 * Range of [`Limits::concurrency`].
 */
concurrency: Range, };

export type JobSpec = { 
/**
 * What people call it. Default: the destination's name.
 */
name: string, 
/**
 * Folders or files. One folder: its content goes right below the destination; several
 * sources: each goes below its own name.
 */
sources: string[], 
/**
 * The folder that receives the files. Is made when it is not there.
 */
destination: string, 
/**
 * How files are delivered and proven.
 */
deliver: Delivery, 
/**
 * How much happens at once.
 */
limits: Limits, };

export type Sample = { 
/**
 * End of that second, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * Records a second.
 */
records_per_s: number, 
/**
 * Bytes a second.
 */
bytes_per_s: number, };

export type TimeLeft = { 
/**
 * If it goes well.
 */
low_s: number, 
/**
 * If it goes less well.
 */
high_s: number, };

export type Outage = { 
/**
 * Which kind.
 */
category: Category, 
/**
 * What was tried, and what the system said.
 */
message: string, 
/**
 * What the person can do.
 */
advice: string, };

export type StreamSummary = { 
/**
 * Records that it was given.
 */
records: number, 
/**
 * Bytes that it was given, as planned.
 */
bytes: number, 
/**
 * Its outcomes so far.
 */
delivered: number, 
/**
 * Its failures so far.
 */
failed: number, 
/**
 * Its skipped records so far.
 */
skipped: number, 
/**
 * Given back untouched (pause, stop or outage).
 */
returned: number, 
/**
 * When its last record ended, in milliseconds since 1970 (UTC). From here to the batch's end
 * it stood idle at the barrier.
 */
ended_ms: number | null, };

export type BatchSummary = { 
/**
 * Its number.
 */
id: number, 
/**
 * Start, in milliseconds since 1970 (UTC).
 */
started_ms: number, 
/**
 * When the barrier fell, in milliseconds since 1970 (UTC).
 */
ended_ms: number, 
/**
 * Each stream's part.
 */
streams: Array<StreamSummary>, };

export type ActiveRecord = { 
/**
 * Its number.
 */
id: number, 
/**
 * Its path below its source, safe to show.
 */
path: string, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * Bytes read so far.
 */
done: number, };

export type LiveStream = { 
/**
 * Its counts so far.
 */
summary: StreamSummary, 
/**
 * Records that it works on now: the one that it started first comes first; at most eight.
 */
active: Array<ActiveRecord>, };

export type LiveBatch = { 
/**
 * Its number.
 */
id: number, 
/**
 * Start, in milliseconds since 1970 (UTC).
 */
started_ms: number, 
/**
 * Each stream's part so far.
 */
streams: Array<LiveStream>, };

export type Progress = { 
/**
 * When it was taken, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * The migration's state.
 */
state: State, 
/**
 * What is recorded, and, while planning, what was found so far.
 */
balance: Balance, 
/**
 * The limits in force. Batch size and streams apply from the next batch on.
 */
limits: Limits, 
/**
 * Records in flight at this moment.
 */
in_flight: number, 
/**
 * Bytes that moved since this program started the run, live.
 */
bytes_moved: number, 
/**
 * The latest throughput sample, one a second while running.
 */
sample: Sample | null, 
/**
 * How long the rest will take.
 */
time_left: TimeLeft | null, 
/**
 * The batch that runs.
 */
batch: LiveBatch | null, 
/**
 * Why the run waits, if an outage stopped it.
 */
outage: Outage | null, };

export type EventKind = { "kind": "state_changed", 
/**
 * The state before.
 */
from: State, 
/**
 * The state now.
 */
to: State, } | { "kind": "planned", 
/**
 * What the sources hold.
 */
balance: Balance, } | { "kind": "batch_started", 
/**
 * Its number.
 */
batch: number, 
/**
 * Records in it.
 */
records: number, 
/**
 * Bytes in it, as planned.
 */
bytes: number, 
/**
 * Streams it was split over.
 */
streams: number, } | { "kind": "batch_ended", 
/**
 * How it went.
 */
batch: BatchSummary, } | { "kind": "records_failed", 
/**
 * The batch.
 */
batch: number, 
/**
 * Which records (the outcomes of one commit, so at most a few hundred).
 */
records: Array<number>, } | { "kind": "limits_changed", 
/**
 * The limits before.
 */
from: Limits, 
/**
 * The limits now.
 */
to: Limits, } | { "kind": "outage_began", 
/**
 * What is missing, and what to do.
 */
outage: Outage, } | { "kind": "reprocessed", 
/**
 * How many.
 */
records: number, } | { "kind": "leases_released", 
/**
 * How many.
 */
records: number, };

export type Event = { 
/**
 * Its number, from 1, without gaps.
 */
seq: number, 
/**
 * When, in milliseconds since 1970 (UTC).
 */
at_ms: number, 
/**
 * What happened.
 */
what: EventKind, };

export type Severity = "blocks" | "warns" | "notes";

export type Finding = { 
/**
 * How much it matters.
 */
severity: Severity, 
/**
 * A word for scripts, such as `no_space`, `name_collision`, `excluded_junk`.
 */
code: string, 
/**
 * What, and how much of it.
 */
message: string, 
/**
 * What to do about it; empty where nothing needs doing.
 */
advice: string, 
/**
 * Records that it concerns.
 */
records: number, };

export type Space = { 
/**
 * What the pending records need.
 */
needed: number, 
/**
 * What the system lets us use.
 */
free: number, };

export type TypeCount = { 
/**
 * In lower case without its dot; empty for names without one.
 */
extension: string, 
/**
 * Records.
 */
count: number, 
/**
 * Bytes.
 */
bytes: number, };

export type Preflight = { 
/**
 * What the sources hold.
 */
balance: Balance, 
/**
 * Records and bytes by file name extension, most bytes first, at most twelve; the rest is `…`.
 */
by_type: Array<TypeCount>, 
/**
 * Folders without any file in them; they are made at the destination too.
 */
empty_folders: number, 
/**
 * The destination's room, where the system tells.
 */
space: Space | null, 
/**
 * Everything worth knowing before the start, blocking ones first.
 */
findings: Array<Finding>, 
/**
 * How long the run may take.
 */
estimate: TimeLeft | null, };

export type FailureGroup = { 
/**
 * The category.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * A few words for a heading.
 */
title: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * How many records.
 */
count: number, };

export type FailedRecord = { 
/**
 * The record's number.
 */
id: number, 
/**
 * Full path of the source file, safe to show.
 */
source: string, 
/**
 * Where it failed.
 */
stage: Stage, 
/**
 * Why.
 */
category: Category, 
/**
 * Whether trying again can help.
 */
class: Class, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * What was tried, on what, and what the system said.
 */
message: string, 
/**
 * What the person can do.
 */
advice: string, 
/**
 * Its size in bytes, as planned.
 */
size: number, 
/**
 * When it failed, in milliseconds since 1970 (UTC).
 */
failed_ms: number, };

export type FailurePage = { 
/**
 * The records.
 */
failures: Array<FailedRecord>, 
/**
 * Give this as `after` to get the next page. None: this was the last.
 */
next: number | null, };

export type Selection = { 
/**
 * Only this category.
 */
category: Category | null, 
/**
 * Only these records. Empty: all.
 */
ids: Array<number>, };

export type Snapshot = { 
/**
 * The checkpoint's path, as text.
 */
checkpoint: string, 
/**
 * What the migration is told to do.
 */
job: JobSpec, 
/**
 * What the limits may be.
 */
ranges: LimitRanges, 
/**
 * The picture of this moment.
 */
progress: Progress, 
/**
 * The pre-flight of the latest plan.
 */
preflight: Preflight | null, 
/**
 * The latest batches, oldest first, at most 120.
 */
batches: Array<BatchSummary>, 
/**
 * Throughput samples of this run, oldest first, at most 600 (ten minutes).
 */
samples: Array<Sample>, 
/**
 * Failed records by category, most first.
 */
failure_groups: Array<FailureGroup>, 
/**
 * Number of the last event that this picture contains.
 */
last_event: number, };

export type ErrorReport = { 
/**
 * A word for scripts, such as `source_missing` or `checkpoint_in_use`.
 */
code: string, 
/**
 * What happened, where and why.
 */
message: string, 
/**
 * What to do next; empty where the message says it.
 */
advice: string, };
