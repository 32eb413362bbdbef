/** Made-up pictures of a migration, for tests and the dev pages. */
import type { Defaults } from '../src/backend/door';
import type {
  Balance,
  BatchSummary,
  Cause,
  Control,
  FailedRecord,
  Inspection,
  MetricPoint,
  Outage,
  Progress,
  Reconciliation,
  RequestTrial,
  ShownRecord,
  Snapshot,
  StreamSummary,
  TriedRecord,
  VerifyReport,
} from '../src/backend/types';

export const control = (given: Partial<Control> = {}): Control => ({
  attempts: 5,
  backoff_base_ms: 1_000,
  backoff_cap_s: 60,
  retry_budget_percent: 20,
  retry: {},
  look_ahead: false,
  bandwidth: 'off',
  memory_mib: 256,
  lease: { floor_s: 30, cap_s: 600 },
  autopilot: { concurrency: false, batch_size: false, target_batch_s: 60 },
  recovery: { batch_size: 20, concurrency: 2, schedule: [] },
  ...given,
});

export const defaults = (): Defaults => ({
  deliver: { verify: 'read_back', on_conflict: 'skip_identical', hash: 'xxh128' },
  limits: { batch_size: 1000, streams: 2, concurrency: 8 },
  control: control(),
  ranges: {
    batch_size: { min: 1, max: 10_000 },
    streams: { min: 1, max: 16 },
    concurrency: { min: 1, max: 128 },
  },
});

export const balance = (given: Partial<Balance> = {}): Balance => ({
  found: 0,
  delivered: 0,
  failed: 0,
  skipped: 0,
  excluded: 0,
  pending: 0,
  bytes_total: 0,
  bytes_delivered: 0,
  bytes_skipped: 0,
  bytes_failed: 0,
  attempts: 0,
  retries: 0,
  throttled: 0,
  ...given,
});

export const progress = (given: Partial<Progress> = {}): Progress => ({
  at_ms: 0,
  state: 'ready',
  balance: balance(),
  limits: defaults().limits,
  in_flight: 0,
  bytes_moved: 0,
  sample: null,
  time_left: null,
  batch: null,
  recovery: null,
  aside: null,
  concurrency: defaults().limits.concurrency,
  services: [],
  describing: null,
  outage: null,
  advice: null,
  arriving: 0,
  parts: [],
  pause_at_ms: null,
  ...given,
});

export const snapshot = (given: Partial<Snapshot> = {}): Snapshot => ({
  checkpoint: '/home/anna/.local/share/sluice/archive.sluice',
  job: {
    name: 'archive',
    sources: ['/mnt/tape-restore/2019'],
    destination: '/mnt/nas/archive',
    deliver: defaults().deliver,
    limits: defaults().limits,
    control: control(),
  },
  ranges: defaults().ranges,
  progress: progress(),
  preflight: null,
  batches: [],
  samples: [],
  failure_groups: [],
  last_event: 0,
  ...given,
});

export const outage = (given: Partial<Outage> = {}): Outage => ({
  category: 'destination_full',
  message: 'writing reel-12.mxf failed (no space left on device)',
  advice: 'Make room at the destination; the run then goes on by itself. Nothing is lost.',
  since_ms: 0,
  next_probe_ms: null,
  probes: 0,
  what: null,
  ...given,
});

export const metricPoint = (at_ms: number, given: Partial<MetricPoint> = {}): MetricPoint => ({
  at_ms,
  span_s: 10,
  records_per_s: 4,
  bytes_per_s: 0,
  in_flight: 0,
  concurrency: 0,
  barrier_idle: 0,
  services: [],
  parts: [],
  advice: null,
  ...given,
});

export const stream = (given: Partial<StreamSummary> = {}): StreamSummary => ({
  records: 10,
  bytes: 10_000,
  delivered: 10,
  failed: 0,
  skipped: 0,
  retried: 0,
  returned: 0,
  ended_ms: null,
  ...given,
});

export const batch = (id: number, from: number, to: number, ends: number[]): BatchSummary => ({
  id,
  started_ms: from,
  ended_ms: to,
  streams: ends.map((ended_ms) => stream({ ended_ms })),
});

export const failedRecord = (id: number, given: Partial<FailedRecord> = {}): FailedRecord => ({
  id,
  source: `/mnt/tape-restore/2019/reel-${id}.mov`,
  stage: 'deliver',
  category: 'verify_mismatch',
  class: 'transient',
  attempts: 1,
  message: 'The copy differs from its source.',
  advice: 'Reprocess.',
  size: 1_000,
  failed_ms: 0,
  endpoint: null,
  http_status: null,
  note: null,
  due_ms: null,
  row: null,
  external_id: null,
  ...given,
});

export const inspection = (given: Partial<Inspection> = {}): Inspection => ({
  file: '/mnt/exports/june.csv',
  size: 48_000,
  format: 'csv',
  encoding: 'UTF-8',
  encoding_by: 'content',
  delimiter: ',',
  quote: '"',
  sheet: null,
  sheets: [],
  preamble: [],
  header_row: 1,
  columns: ['No', 'Path', 'Title'],
  guess: { path: ['Path'], id: 'No', size: null, checksum: null },
  rows: [{ number: 2, cells: ['1', 'a.mov', 'Harbour'], unreadable: null }],
  warnings: [],
  ...given,
});

export const triedRecord = (row: number, given: Partial<TriedRecord> = {}): TriedRecord => ({
  row,
  source: `/mnt/archive/reel-${row}.mov`,
  is_there: true,
  problem: null,
  target: `reel-${row}.mov`,
  findings: [],
  ...given,
});

export const requestTrial = (given: Partial<RequestTrial> = {}): RequestTrial => ({
  on: {
    source: '/mnt/archive/reel-2.mov',
    row: 2,
    number: 0,
    of: 20,
    fields: { No: '1', Title: 'Harbour' },
    tech: {},
  },
  request: {
    method: 'GET',
    url: 'https://dam.example/assets?path=reel-2.mov',
    headers: [{ name: 'authorization', value: '•••' }],
    body: null,
  },
  answer: {
    status: 200,
    took_ms: 84,
    headers: [{ name: 'content-type', value: 'application/json' }],
    body: '{"title":"Harbour","rights":"free"}',
    bytes: 35,
  },
  fields: { title: 'Harbour' },
  problem: null,
  ...given,
});

export const cause = (id: number, given: Partial<Cause> = {}): Cause => ({
  id,
  category: 'source_io',
  class: 'transient',
  stage: 'ingest',
  endpoint: null,
  message: 'reading …: error #',
  title: 'Source cannot be read to its end',
  advice: 'Check the disk.',
  count: 1,
  first_ms: 0,
  last_ms: 0,
  ...given,
});

export const verifyReport = (given: Partial<VerifyReport> = {}): VerifyReport => ({
  checked: 0,
  matching: 0,
  size_only: 0,
  missing: 0,
  differing: 0,
  unreadable: 0,
  bytes: 0,
  sidecars: 0,
  sidecars_wrong: 0,
  problems: [],
  orphans: null,
  orphan_paths: [],
  ...given,
});

export const account = (given: Partial<Reconciliation> = {}): Reconciliation => ({
  balance: balance(),
  holds: true,
  left: 0,
  proven: [],
  excluded: [],
  verified: null,
  duplicates: null,
  ...given,
});

export const shownRecord = (id: number, given: Partial<ShownRecord> = {}): ShownRecord => ({
  id,
  part: 'delivered',
  source: `/from/${id}.mov`,
  target: `${id}.mov`,
  size: 1_000,
  attempts: 1,
  hash: 'xxh128:00112233445566778899aabbccddeeff',
  evidence: 'read_back',
  reason: null,
  message: null,
  ended_ms: 0,
  row: null,
  external_id: null,
  source_version: null,
  source_class: null,
  target_version: null,
  service_checksum: null,
  ...given,
});
