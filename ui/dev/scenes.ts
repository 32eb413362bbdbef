/** The states of the window, each with figures that strain it. */
import type {
  Attempt,
  BatchSummary,
  Category,
  FailedRecord,
  FailureGroup,
  LiveBatch,
  Preflight,
  RecordDetail,
  Sample,
  ServiceStatus,
  ShownRecord,
  Snapshot,
  State,
} from '../src/backend/types';
import { selectionOf } from '../src/backend/door';
import type { Desk } from '../src/state/desk.svelte';
import { FakeDoor } from '../test/fake-door';
import {
  account,
  balance,
  cause,
  control,
  failedRecord,
  inspection,
  outage,
  progress,
  shownRecord,
  snapshot,
  stream,
  triedRecord,
} from '../test/samples';

import { around } from './around';
import { PARTS, watched, wave } from './watched';

interface Scene {
  door: FakeDoor;
  then?: (desk: Desk) => void | Promise<void>;
}

const NOW = Date.UTC(2026, 5, 1, 21, 40, 7);
const LONG = `${'Aufzeichnung-der-Jahreshauptversammlung-'.repeat(6)}.mov`;
const RTL = 'ארכיון/טלוויזיה 1974/ראיון עם הבמאי חלק ב.mov';
const TB = 1e12;

function batches(howMany: number, streams: number, endMs: number): BatchSummary[] {
  const all: BatchSummary[] = [];
  let at = endMs;
  for (let i = howMany; i > 0; i -= 1) {
    const took = wave(i, 1_600, 3_400);
    const started_ms = at - took;
    const ended_ms = at;
    all.unshift({
      id: 400 + i,
      started_ms,
      ended_ms,
      streams: Array.from({ length: streams }, (_, lane) => {
        const failed = i % 9 === 4 && lane === 0 ? 23 : 0;
        const records = Math.round(1000 / streams);
        return stream({
          records,
          failed,
          skipped: i % 5 === 0 ? Math.round(records / 4) : 0,
          delivered: records - failed - (i % 5 === 0 ? Math.round(records / 4) : 0),
          retried: i % 9 === 7 && lane === 0 ? 12 : 0,
          last: `restore-0${lane}/${LONG}`,
          ended_ms: ended_ms - (lane === i % streams ? 0 : wave(i * 3 + lane, 0, took * 0.3)),
        });
      }),
    });
    at = started_ms - 60;
  }
  return all;
}

function samples(seconds: number): Sample[] {
  return Array.from({ length: seconds }, (_, i) => ({
    at_ms: NOW - (seconds - i) * 1000,
    records_per_s: wave(i, 260, 520),
    bytes_per_s: wave(i + 40, 1.1e9, 1.9e9),
  }));
}

function live(streams: number, startedMs: number): LiveBatch {
  return {
    id: 437,
    started_ms: startedMs,
    streams: Array.from({ length: streams }, (_, lane) => {
      const records = Math.round(1000 / streams);
      const through = Math.round(records * wave(lane * 5, 0.3, 0.8));
      const waits = lane === 1 && streams > 2;
      return {
        summary: stream({
          records,
          delivered: waits ? records : through - 4,
          failed: waits ? 0 : 4,
          ended_ms: waits ? startedMs + 800 : null,
        }),
        active: waits
          ? []
          : [
              {
                id: 1,
                path: `1974/${RTL}`,
                step: 'copy',
                size: 41.2e9,
                done: 12.9e9,
                since_ms: startedMs - 130_000,
              },
              {
                id: 2,
                path: `restore-0${lane}/${LONG}`,
                step: 'register',
                size: 8.1e9,
                done: 7.9e9,
                since_ms: startedMs - 95_000,
              },
              {
                id: 3,
                path: '2019/spring/DSC_0042.dng',
                step: 'lookup:rights',
                size: 48e6,
                done: 0,
                since_ms: startedMs - 40_000,
              },
              {
                id: 4,
                path: '2019/spring/<b>reel</b> "final" & more.wav',
                step: 'copy',
                size: 912e6,
                done: 100e6,
                since_ms: startedMs + 300,
              },
            ],
      };
    }),
  };
}

const GROUPS: FailureGroup[] = [
  [
    'source_unreadable',
    'permanent',
    'Source cannot be opened',
    'Give your user account the right to read it, then reprocess.',
    291_400,
  ],
  [
    'destination_conflict',
    'permanent',
    'A different file has this name already',
    'Compare the two files. Then choose another conflict policy (rename, overwrite) or move the file at the destination away, and reprocess.',
    19_200,
  ],
  [
    'source_changed',
    'transient',
    'Source changed while it was copied',
    'Wait until nothing writes to the file any more, then reprocess.',
    1_383,
  ],
  [
    'verify_mismatch',
    'transient',
    'The copy differs from its source',
    'The destination did not keep the bytes that were written. Reprocess; if it happens again, do not trust that disk.',
    17,
  ],
].map(
  ([category, cls, title, advice, count]) => ({ category, class: cls, title, advice, count }) as FailureGroup,
);

function failedRecords(howMany: number): FailedRecord[] {
  const paths = ['2019/spring/DSC_0042.dng', LONG, RTL, 'reel.wav'];
  const categories: Category[] = [
    'source_unreadable',
    'destination_conflict',
    'source_changed',
    'verify_mismatch',
  ];
  return Array.from({ length: howMany }, (_, i) => {
    const group = GROUPS.find((one) => one.category === categories[i % 4]);
    return failedRecord(i * 3 + 7, {
      source: `/mnt/tape-restore/2019/box-${i % 40}/${paths[i % paths.length]}`,
      category: group?.category ?? 'internal',
      class: group?.class ?? 'permanent',
      message: `Opening ${paths[i % paths.length]} for reading was refused: Permission denied (os error 13)`,
      advice: group?.advice ?? '',
      attempts: 1 + (i % 3),
      size: wave(i, 1e3, 9e9),
      failed_ms: NOW - i * 1000,
    });
  });
}

/** What the messages of each group have in common. */
const LIKE = [
  'Opening … for reading was refused: Permission denied (os error #)',
  'there is a different file named … already',
  'its size changed from # to # bytes while it was copied',
  null,
];

function shownRecords(howMany: number): ShownRecord[] {
  const paths = ['2019/spring/DSC_0042.dng', LONG, RTL, '<img src=x onerror=alert(1)>.wav'];
  return Array.from({ length: howMany }, (_, i) => {
    const path = `2019/box-${i % 40}/${paths[i % paths.length]}`;
    const failed = i % 9 === 4;
    return shownRecord(i + 1, {
      source: `/mnt/tape-restore/${path}`,
      target: failed ? null : path,
      part: failed ? 'failed' : 'delivered',
      evidence: failed ? null : 'read_back',
      hash: failed ? null : `xxh128:${(i * 7919).toString(16).padStart(32, '0')}`,
      size: wave(i, 1e3, 9e9),
      ended_ms: NOW - i * 1_000,
    });
  });
}

function detail(id: number, failed: FailedRecord[], recorded: ShownRecord[]): RecordDetail {
  const failure = failed.find((one) => one.id === id) ?? null;
  const record = recorded.find((one) => one.id === id) ?? shownRecord(id, { part: 'failed', target: null });
  return {
    record,
    failure,
    path: '2019/box-7/reel.wav',
    fields: { Title: 'Interview with <b>the director</b>', Year: 1974, ארכיון: 'טלוויזיה' },
    done: [{ step: 'lookup:rights', at_ms: NOW - 90_000, result: '{"rights":"licensed"}' }],
    attempts: failure ? tries(3) : [],
  };
}

function tries(howMany: number): Attempt[] {
  return Array.from({ length: howMany }, (_, i) => ({
    number: i + 1,
    ended_ms: NOW - (howMany - i) * 3_600_000,
    took_ms: 1_240 * (i + 1),
    lane: i === 0 ? 'main' : 'recovery',
    stage: 'deliver',
    category: 'service_error',
    endpoint: 'https://dam.archive.example:8443',
    http_status: 502,
    message: 'POST https://dam.archive.example:8443/assets was answered with 502 Bad Gateway',
    refunded: i === 1,
  }));
}

const PREFLIGHT: Preflight = {
  balance: balance({ found: 958_120, excluded: 1_204, pending: 956_916, bytes_total: 214.6 * TB }),
  by_type: [
    ['mxf', 41_233, 131.2 * TB],
    ['mov', 88_190, 61.4 * TB],
    ['dng', 512_004, 18.1 * TB],
    ['wav', 190_441, 3.7 * TB],
    ['pdf', 80_310, 0.15 * TB],
    ['', 3_120, 0.02 * TB],
    ['…', 41_618, 0.03 * TB],
  ].map(([extension, count, bytes]) => ({ extension, count, bytes }) as Preflight['by_type'][number]),
  empty_folders: 14,
  samples: [
    ['/mnt/archive/1994/reel 7.mov', '1994/Alma_Thomas_00007.mov'],
    ['/mnt/archive/1994/reel 8.mov', '1994/Alma_Thomas_00008.mov'],
  ].map(([source = '', target = ''], id) => ({ id, source, target, fields: {}, findings: [] })),
  name_changes: [
    { record: 7, reason: 'collision', wanted: '1994/Opening.mov', proposed: '1994/Opening (2).mov' },
    { record: 9, reason: 'illegal', wanted: '1994/What?.mov', proposed: '1994/What%3F.mov' },
  ],
  unmapped: [{ field: 'rights', value: 'see contract', records: 212 }],
  space: { needed: 214.6 * TB, free: 320 * TB },
  estimate: { low_s: 41 * 3600, high_s: 77 * 3600 },
  findings: [
    {
      severity: 'warns',
      code: 'name_collision',
      message:
        '38 records would have the same name at the destination, because it does not tell “A” from “a”.',
      advice: 'They are listed as failed. Rename one of each pair at the source and check again.',
      records: 38,
      what: { kind: 'failed', category: 'name_collision', records: 38 },
    },
    {
      severity: 'notes',
      code: 'excluded_junk',
      message: '1,204 files such as .DS_Store and Thumbs.db are left out.',
      advice: '',
      records: 1_204,
      what: { kind: 'excluded', policy: 'junk', records: 1_204 },
    },
  ],
};

const BLOCKED: Preflight = {
  ...PREFLIGHT,
  space: { needed: 214.6 * TB, free: 180.1 * TB },
  findings: [
    {
      severity: 'blocks',
      code: 'no_space',
      message: 'The destination has 34.5 TB too little room.',
      advice: 'Make room at the destination, choose a larger one, or move fewer sources.',
      records: 956_916,
      what: { kind: 'no_space', free: 180.1 * TB, needed: 214.6 * TB },
    },
    ...PREFLIGHT.findings,
  ],
};

const HALF = balance({
  found: 958_120,
  delivered: 411_802,
  failed: 312,
  skipped: 8_204,
  excluded: 1_204,
  pending: 536_598,
  bytes_total: 214.6 * TB,
  bytes_delivered: 98.4 * TB,
  bytes_skipped: 1.2 * TB,
  bytes_failed: 0.02 * TB,
  attempts: 420_318,
  retries: 97,
});

function at(state: State, given: Partial<Snapshot> = {}, more: Partial<Snapshot['progress']> = {}): FakeDoor {
  const door = new FakeDoor();
  const before = snapshot();
  door.snapshotNow = snapshot({
    job: {
      ...before.job,
      name: 'Broadcast archive 1974–2019',
      sources: ['/mnt/tape-restore/2019', '/mnt/nas-old/broadcast', '/media/anna/LTO restore'],
      destination: '/mnt/nas/archive/broadcast',
    },
    preflight: PREFLIGHT,
    progress: progress({ state, at_ms: NOW, balance: HALF, ...more }),
    ...given,
  });
  door.failed = failedRecords(3_000);
  door.caused = GROUPS.map((group, i) =>
    cause(i + 1, {
      ...group,
      message: LIKE[i] ?? null,
      first_ms: NOW - 86_400_000,
      last_ms: NOW - i * 1_000,
      endpoint: null,
    }),
  );
  door.recorded = shownRecords(3_000);
  door.account = account({
    balance: WITH_FAILURES,
    left: 12,
    proven: [
      { evidence: 'read_back', records: 642_000 },
      { evidence: 'written', records: 4_120 },
    ],
  });
  door.detailed = (id) => detail(id, door.failed, door.recorded);
  return door;
}

const MOVING: Partial<Snapshot> = {
  batches: batches(36, 2, NOW - 1_200),
  samples: samples(200),
  failure_groups: GROUPS,
};
const RESTED: Partial<Snapshot> = { ...MOVING, batches: batches(36, 2, NOW) };
const RUN = {
  in_flight: 8,
  batch: live(2, NOW - 1_140),
  time_left: { low_s: 19 * 3600, high_s: 31 * 3600 },
};

function running(door: FakeDoor): FakeDoor {
  let tick = 0;
  setInterval(() => {
    const snap = door.snapshotNow;
    if (!snap) return;
    tick += 1;
    const sample = {
      at_ms: NOW + tick * 250,
      records_per_s: wave(tick, 260, 520),
      bytes_per_s: wave(tick, 1.1e9, 1.9e9),
    };
    door.sendProgress({ ...snap.progress, at_ms: NOW + tick * 250, sample: tick % 4 === 0 ? sample : null });
  }, 250);
  return door;
}

const SERVICES: ServiceStatus[] = ['https://dam.archive.example:8443', 'http://127.0.0.1:9100'].map(
  (name, i) => ({
    name,
    in_flight: 11 - i,
    concurrency: 12,
    waiting: 31 * i,
    requests: 812_430,
    retries: 1_204,
    throttled: 16_020 * i,
    failed: 97,
    is_away: i === 1,
    latencies: [
      { step: 'lookup:rights', answers: 400_000, p50_ms: 41, p95_ms: 180, p99_ms: 900 },
      { step: 'register', answers: 400_000, p50_ms: 1_240, p95_ms: 2_900, p99_ms: 4_000 },
    ],
  }),
);

const AUTOPILOT = { concurrency: true, batch_size: true, target_batch_s: 60 };
const SERVED: Partial<Snapshot> = {
  ...MOVING,
  job: {
    ...snapshot().job,
    name: 'Archive to MAM',
    control: control({ autopilot: AUTOPILOT, bandwidth: 'Mon-Fri 08:00 20MB/s; 19:00 off' }),
  },
};

const STEERED: Partial<Snapshot['progress']> = {
  services: SERVICES,
  parts: PARTS,
  concurrency: 128,
  recovery: { ...live(1, NOW - 900), id: 438 },
  advice: {
    code: 'throttled',
    sentence:
      'http://127.0.0.1:9100 asks us to slow down: 4.1 % of its answers in the last 30 s (worth a word from 2.0 %)',
    offer: { knob: 'service_concurrency', service: 'http://127.0.0.1:9100', to: 9 },
    what: { kind: 'throttled', service: 'http://127.0.0.1:9100', share: 0.041, from: 0.02, span_s: 30 },
  },
};

const AWAY = outage({
  category: 'service_down',
  message: 'POST https://dam.archive.example:8443/assets: connection refused (os error 111)',
  advice:
    'Nothing is lost, and nobody has to do anything: the run goes on by itself when the service answers again.',
  since_ms: NOW - 85_000,
  next_probe_ms: NOW + 31_000,
  probes: 4,
});

async function asked(desk: Desk, what: 'leave' | 'amend') {
  desk.tab = 'failures';
  const record = failedRecords(1)[0] ?? null;
  const about = { selection: selectionOf({ ids: [7] }), records: 1, record };
  if (what === 'leave') desk.mending.askLeave(about);
  else await desk.mending.askAmend(about);
}

const FINISHED = balance({
  found: 958_120,
  delivered: 948_712,
  skipped: 8_204,
  excluded: 1_204,
  bytes_total: 214.6 * TB,
  bytes_delivered: 213.4 * TB,
  bytes_skipped: 1.2 * TB,
  attempts: 956_916,
});

const WITH_FAILURES = {
  ...FINISHED,
  delivered: 636_712,
  failed: 312_000,
  bytes_delivered: 201.3 * TB,
  bytes_failed: 12.1 * TB,
};

const drafting = (sources: string[], destination: string): Scene => {
  const door = new FakeDoor();
  door.launched = sources;
  return { door, then: (desk) => void (desk.draft && (desk.draft.destination = destination)) };
};

/** A wide catalogue from a Windows computer, with a row that cannot be read and files that are missing. */
function catalogued(): FakeDoor {
  const door = new FakeDoor();
  door.launched = ['/mnt/exports/Export of the regional archive.csv'];
  const columns = ['No', 'Path', 'Title', ...Array.from({ length: 240 }, (_, i) => `Keyword ${i + 1}`)];
  const row = (number: number) => ({
    number,
    cells: [
      `${number}`,
      `Z:\\Archive\\${number}\\${LONG}`,
      number % 5 ? RTL : '<b>x</b>',
      ...columns.slice(3, 200),
    ],
    unreadable: number === 9 ? 'a quote that opens in it is never closed' : null,
  });
  const rows = Array.from({ length: 20 }, (_, i) => row(i + 3));
  door.inspected = () => inspection({ columns, rows, header_row: 2, preamble: ['Export of June'] });
  const tried = (number: number) => ({
    source: `/mnt/archive/${number}/${LONG}`,
    is_there: number % 7 !== 3,
    problem: null,
    target: `${number}/${RTL}`,
  });
  door.tried = () => ({
    records: rows.map(({ number }) => triedRecord(number, tried(number))),
    beginnings: ['Y:\\Restored', '\\\\nas\\media'],
    map_problem: null,
  });
  return door;
}

export const scenes: Record<string, Scene> = {
  ...around,
  empty: { door: new FakeDoor() },
  dragging: { door: new FakeDoor(), then: (desk) => void (desk.arrivals.dragging = true) },
  setup: drafting(
    ['/mnt/tape-restore/2019', `/mnt/nas-old/${LONG}`, `/media/${RTL}`, '/media/anna/LTO restore'],
    '/mnt/nas/archive',
  ),
  'setup-one': drafting(['/mnt/tape-restore/2019'], ''),
  catalogue: { door: catalogued() },
  planning: {
    door: at(
      'planning',
      { preflight: null },
      { balance: balance({ found: 412_907, excluded: 388, bytes_total: 91.2 * TB }) },
    ),
  },
  ready: { door: at('ready', {}, { balance: PREFLIGHT.balance }) },
  blocked: { door: at('ready', { preflight: BLOCKED }, { balance: BLOCKED.balance }) },
  running: { door: running(at('running', MOVING, RUN)) },
  starting: {
    door: at('running', {}, { batch: live(2, NOW - 300), in_flight: 8, balance: { ...PREFLIGHT.balance } }),
  },
  'running-16': {
    door: at(
      'running',
      { ...MOVING, batches: batches(30, 16, NOW - 1_200) },
      {
        ...RUN,
        in_flight: 96,
        batch: live(16, NOW - 1_140),
        limits: { batch_size: 10_000, streams: 12, concurrency: 128 },
      },
    ),
  },
  'running-services': { door: watched(running(at('running', SERVED, { ...RUN, ...STEERED })), NOW) },
  'service-away': {
    door: watched(
      at(
        'waiting',
        {
          ...SERVED,
          batches: batches(36, 2, NOW - 85_000),
          samples: samples(200).map((one, i) =>
            i < 115 ? one : { ...one, records_per_s: 0, bytes_per_s: 0 },
          ),
        },
        {
          ...STEERED,
          recovery: null,
          services: SERVICES.map((service) => ({ ...service, in_flight: 0, is_away: true })),
          outage: AWAY,
        },
      ),
      NOW,
      [[85, 'engine', { kind: 'outage_began', outage: AWAY }]],
    ),
  },
  events: {
    door: watched(at('running', SERVED, { ...RUN, ...STEERED }), NOW),
    then: (desk) => void (desk.tab = 'events'),
  },
  'whole-run': {
    door: watched(at('paused', SERVED, { pause_at_ms: null }), NOW),
    then: (desk) => desk.migration?.timeline.choose('whole'),
  },
  'pause-set': { door: watched(at('running', SERVED, { ...RUN, ...STEERED, pause_at_ms: NOW + 36e6 }), NOW) },
  leave: { door: at('running', MOVING, RUN), then: (desk) => asked(desk, 'leave') },
  amend: { door: at('running', MOVING, RUN), then: (desk) => asked(desk, 'amend') },
  pausing: { door: at('pausing', MOVING, RUN) },
  paused: { door: at('paused', RESTED) },
  outage: {
    door: at('waiting', RESTED, {
      outage: outage({
        message:
          'The destination is full: writing /mnt/nas/archive/broadcast/1974/reel-12.mxf failed (no space left on device).',
        since_ms: NOW - 85_000,
        next_probe_ms: NOW + 31_000,
        probes: 4,
      }),
    }),
  },
  'outage-paused': { door: at('paused', RESTED, { outage: outage({ since_ms: NOW - 85_000 }) }) },
  stopped: { door: at('stopped', RESTED) },
  finished: { door: at('finished', { ...RESTED, failure_groups: [] }, { balance: FINISHED }) },
  failed: { door: at('finished', RESTED, { balance: WITH_FAILURES }) },
  failures: {
    door: at('finished', RESTED, { balance: WITH_FAILURES }),
    then: async (desk) => {
      desk.tab = 'failures';
    },
  },
  records: {
    door: at('finished', RESTED, { balance: WITH_FAILURES }),
    then: (desk) => void (desk.tab = 'records'),
  },
  'failures-running': { door: at('running', MOVING, RUN), then: (desk) => void (desk.tab = 'failures') },
  check: { door: at('running', MOVING, RUN), then: (desk) => void (desk.tab = 'check') },
  stop: { door: at('running', MOVING, RUN), then: (desk) => void (desk.asking = 'stop') },
  close: { door: at('running', MOVING, RUN), then: (desk) => void (desk.asking = 'close') },
  error: {
    door: Object.assign(new FakeDoor(), {
      refuses: {
        openMigration: {
          code: 'checkpoint_in_use',
          message: `The migration /home/anna/${LONG} is open in another program.`,
          advice: 'Close it there, then open it here.',
        },
      },
      picked: ['/home/anna/archive.sluice'],
    }),
    then: (desk) => desk.openMigration(),
  },
  exported: {
    door: Object.assign(at('finished', RESTED, { balance: WITH_FAILURES }), {
      exportedTo: '/home/anna/Documents/failed records.csv',
    }),
    then: async (desk) => {
      desk.tab = 'failures';
      await desk.mending.export(selectionOf());
    },
  },
};
