/** One of every kind of what the engine tells as a value: a kind that is missing here does not compile. */
import type {
  Bottleneck,
  CatalogueRemark,
  Category,
  Deed,
  Fact,
  Heard,
  Knob,
  LeftOut,
  Must,
  PlaceTrouble,
  Problem,
  Reason,
  Refusal,
  ServiceKind,
  Unheard,
  Why,
} from '../src/backend/types';
import { en } from '../src/messages/en';

/** One of every kind. */
type Each<Of extends { kind: string }> = { [Kind in Of['kind']]: Extract<Of, { kind: Kind }> };

const PATH = '/mnt/Fundus';
const PLACE = 'nas:Fundus';

export const REFUSALS: Each<Refusal> = {
  source_twice: { kind: 'source_twice', place: PLACE },
  source_missing: { kind: 'source_missing', path: PATH },
  source_unreadable: { kind: 'source_unreadable', path: PATH, said: 'EACCES' },
  source_is_object: { kind: 'source_is_object', place: PLACE },
  source_unlistable: { kind: 'source_unlistable', place: PLACE, said: '403' },
  source_unseen: { kind: 'source_unseen', place: PLACE, said: null },
  watch_not_a_folder: { kind: 'watch_not_a_folder', path: PATH },
  base_not_a_folder: { kind: 'base_not_a_folder', path: PATH },
  catalogue_folder_missing: { kind: 'catalogue_folder_missing', path: PATH },
  destination_is_source_file: { kind: 'destination_is_source_file', path: PATH },
  destination_is_source: { kind: 'destination_is_source', path: PATH },
  destination_inside_source: { kind: 'destination_inside_source', destination: PATH, within: PLACE },
  destination_is_file: { kind: 'destination_is_file', path: PATH, file: '/mnt/x' },
  destination_not_writable: { kind: 'destination_not_writable', path: PATH, said: 'EROFS' },
  scratch_unusable: { kind: 'scratch_unusable', path: PATH, said: 'EROFS' },
  one_connection: { kind: 'one_connection', place: PLACE },
  secret_unset: { kind: 'secret_unset', name: 'DAM_TOKEN' },
  secret_missing: { kind: 'secret_missing', place: PLACE, secret: 'password', variable: 'NAS_PASSWORD' },
  keys_missing: {
    kind: 'keys_missing',
    place: PLACE,
    service: 's3',
    variables: ['A_KEY', 'B_KEY'],
    one_will_do: false,
  },
  secret_unreadable: { kind: 'secret_unreadable', place: PLACE, said: 'EACCES' },
  connections: { kind: 'connections', code: 'connections_malformed', said: 'TOML' },
  connection_unknown: { kind: 'connection_unknown', name: 'nsa', place: PLACE, known: ['nas'] },
  connection_invalid: { kind: 'connection_invalid', place: PLACE, service: 'files', said: 'URL' },
  web_server: { kind: 'web_server', place: PLACE },
  kind_not_built: { kind: 'kind_not_built', place: PLACE, said: 'gcs' },
  bucket_missing: { kind: 'bucket_missing', place: PLACE },
  bucket_invalid: { kind: 'bucket_invalid', name: 'nas' },
  place_invalid: { kind: 'place_invalid', place: PLACE },
  place: { kind: 'place', end: 'source', place: PLACE, trouble: 'sign_in', said: '401' },
  tool_missing: { kind: 'tool_missing', tool: 'ffprobe', name: 'ffprobe' },
  tool_unusable: { kind: 'tool_unusable', program: '/usr/bin/ffprobe', said: 'SIGSEGV' },
  no_request: { kind: 'no_request' },
  nothing_to_try: { kind: 'nothing_to_try' },
};

export const FACTS: Each<Fact> = {
  no_space: { kind: 'no_space', free: 3e9, needed: 5e9 },
  failed: { kind: 'failed', category: 'source_missing', records: 1204 },
  file_twice: { kind: 'file_twice', records: 1204 },
  name_numbered: { kind: 'name_numbered', records: 1204 },
  name_illegal: { kind: 'name_illegal', records: 1204 },
  target_late: { kind: 'target_late', variable: 'hash' },
  checkpoint_on_network: { kind: 'checkpoint_on_network', path: PATH },
  watched: { kind: 'watched', files: 1204, bytes: 5e9 },
  nothing_to_move: { kind: 'nothing_to_move' },
  excluded: { kind: 'excluded', policy: 'junk', records: 1204 },
  groups: { kind: 'groups', rule: 'raw', groups: 602, records: 1204 },
  catalogue: { kind: 'catalogue', name: 'Export.csv', remark: 'respelt', rows: 1204 },
  archived: { kind: 'archived', records: 1204 },
  bad_names: { kind: 'bad_names', names: 1204 },
  estimate_without_services: { kind: 'estimate_without_services' },
  destination_not_empty: { kind: 'destination_not_empty' },
  times_lost: { kind: 'times_lost', place: PLACE },
  destination_unguarded: { kind: 'destination_unguarded', place: PLACE },
  service_unreachable: {
    kind: 'service_unreachable',
    lookup: 'rights',
    service: 'https://dam.example',
    waited_s: 5,
    said: '',
  },
  service_denied: { kind: 'service_denied', lookup: null, service: 'https://dam.example', status: 401 },
  refused: { kind: 'refused', refusal: REFUSALS.secret_unset },
  becomes_legal: { kind: 'becomes_legal', wanted: 'a?.mov', legal: 'a%3F.mov' },
  target_taken: { kind: 'target_taken', target: 'a.mov', proposed: 'a (2).mov' },
  target_later: { kind: 'target_later', variable: 'hash' },
  record_fails: { kind: 'record_fails', category: 'metadata_invalid', said: 'rights = x', why: null },
};

export const BOTTLENECKS: Each<Bottleneck> = {
  throttled: { kind: 'throttled', service: 'https://dam.example', share: 0.041, from: 0.02, span_s: 30 },
  network: { kind: 'network', service: 'https://dam.example', share: 0.2, from: 0.02, span_s: 30 },
  rate_limit: {
    kind: 'rate_limit',
    service: 'https://dam.example',
    waiting: 40,
    in_flight: 2,
    concurrency: 16,
  },
  bandwidth: { kind: 'bandwidth', bytes_per_s: 19e6, limit: 20e6, from: 0.9 },
  stragglers: {
    kind: 'stragglers',
    share: 0.4,
    from: 0.25,
    last: { path: 'reel/a.mov', step: 'lookup:rights', for_s: 41 },
  },
  cpu: { kind: 'cpu', share: 0.97, from: 0.9 },
  checkpoint: { kind: 'checkpoint', share: 0.6, from: 0.5 },
  own_limit: { kind: 'own_limit', places: 8, share: 1, from: 0.95 },
  destination: { kind: 'destination', share: 0.7, from: 0.6 },
  source: { kind: 'source', share: 0.7, from: 0.6 },
};

export const KNOBS: Each<Knob> = {
  concurrency: { kind: 'concurrency' },
  batch_size: { kind: 'batch_size' },
  service: { kind: 'service', name: 'https://dam.example' },
};

export const REASONS: Each<Reason> = {
  welcome: { kind: 'welcome', answer: 0.08 },
  quiet_since: { kind: 'quiet_since', refused: 24 },
  more_did_not_pay: { kind: 'more_did_not_pay', before: 0.08, after: 0.31 },
  pushed_back: { kind: 'pushed_back' },
  slower: { kind: 'slower', before: 0.08, after: 0.31 },
  try_fewer: { kind: 'try_fewer' },
  fewer_do: { kind: 'fewer_do', before: 0.08, after: 0.31 },
  all_needed: { kind: 'all_needed' },
  try_more: { kind: 'try_more' },
  faster: { kind: 'faster', before: 52e6, after: 81e6 },
  no_faster: { kind: 'no_faster', before: 52e6, after: 53e6 },
  fewer_as_fast: { kind: 'fewer_as_fast', before: 52e6, after: 53e6 },
  fewer_slower: { kind: 'fewer_slower', before: 52e6, after: 40e6 },
  batch_time: { kind: 'batch_time', took: 4.2, target: 60 },
};

export const PROBLEMS: Each<Problem> = {
  refused: { kind: 'refused', refusal: REFUSALS.source_missing },
  found: { kind: 'found', fact: FACTS.no_space },
  checkpoint_missing: { kind: 'checkpoint_missing', path: PATH },
  checkpoint_exists: { kind: 'checkpoint_exists', path: PATH },
  checkpoint_not_sluice: { kind: 'checkpoint_not_sluice', path: PATH },
  checkpoint_newer: { kind: 'checkpoint_newer', path: PATH, found: 11, known: 10 },
  checkpoint_in_use: { kind: 'checkpoint_in_use', path: PATH },
  checkpoint_damaged: { kind: 'checkpoint_damaged', path: PATH, why: 'SQLITE_CORRUPT' },
  checkpoint_full: { kind: 'checkpoint_full', path: PATH },
  checkpoint_unusable: { kind: 'checkpoint_unusable', path: PATH, said: 'EACCES' },
  checkpoint_no_answer: { kind: 'checkpoint_no_answer', path: PATH, waited_s: 5 },
  checkpoint_of_other_job: { kind: 'checkpoint_of_other_job', path: PATH },
  catalogue_unreadable: { kind: 'catalogue_unreadable', path: PATH, said: 'EACCES' },
  catalogue_damaged: { kind: 'catalogue_damaged', path: PATH, why: 'ZIP' },
  catalogue_locked: { kind: 'catalogue_locked', path: PATH },
  catalogue_empty: { kind: 'catalogue_empty', path: PATH, sheet: 'Tabelle1' },
  sheet_missing: { kind: 'sheet_missing', path: PATH, sheet: 'Blatt', sheets: ['Tabelle1', 'Tabelle2'] },
  header_missing: { kind: 'header_missing', path: PATH, row: 9 },
  column_missing: { kind: 'column_missing', path: PATH, column: 'Pfad', columns: ['Nr', 'Titel'] },
  catalogue_too_wide: { kind: 'catalogue_too_wide', path: PATH, columns: 20_000, most: 16_384 },
  catalogue_option: { kind: 'catalogue_option', path: PATH, what: 'klingon' },
  job_unreadable: { kind: 'job_unreadable', file: 'job', path: PATH, said: 'EACCES' },
  job_unwritable: { kind: 'job_unwritable', file: 'preset', path: PATH, said: 'EROFS' },
  job_malformed: { kind: 'job_malformed', file: 'job', path: PATH, why: 'TOML' },
  no_source: { kind: 'no_source' },
  no_destination: { kind: 'no_destination' },
  out_of_range: { kind: 'out_of_range', name: 'streams', value: 900, min: 1, max: 64 },
  path_not_text: { kind: 'path_not_text', path: PATH },
  job_invalid: { kind: 'job_invalid', said: '[map]' },
  connections_unreadable: { kind: 'connections_unreadable', path: PATH, said: 'EACCES' },
  connections_unwritable: { kind: 'connections_unwritable', path: PATH, said: 'EROFS' },
  connections_malformed: { kind: 'connections_malformed', path: PATH, why: 'TOML' },
  connection_unknown: { kind: 'connection_unknown', name: 'nsa', known: ['nas'] },
  connection_exists: { kind: 'connection_exists', name: 'nas', taken: 'NAS' },
  connection_reserved: { kind: 'connection_reserved', name: 's3' },
  option_missing: { kind: 'option_missing', option: 'host' },
  half_key: { kind: 'half_key', secret: 'secret_access_key' },
  no_keychain: { kind: 'no_keychain', name: 'nas', variables: ['NAS_PASSWORD'] },
  keychain: { kind: 'keychain', name: 'nas', variable: 'NAS_PASSWORD', why: 'locked' },
  host_unseen: { kind: 'host_unseen', why: 'ECONNREFUSED' },
  host_key_other: { kind: 'host_key_other', host: 'nas', fingerprint: 'SHA256:x' },
  host_key_changed: { kind: 'host_key_changed', host: 'nas', path: PATH },
  host_key_unkept: { kind: 'host_key_unkept', path: PATH, why: 'EROFS' },
  illegal_move: { kind: 'illegal_move', from: 'paused' },
  map_in_force: { kind: 'map_in_force' },
  uploads_in_use: { kind: 'uploads_in_use' },
  look_in_use: { kind: 'look_in_use' },
  report_unwritable: { kind: 'report_unwritable', path: PATH, said: 'EROFS' },
  report_kind: { kind: 'report_kind', path: 'a.doc', known: '.csv, .json' },
  correction_invalid: { kind: 'correction_invalid', path: PATH, why: 'CSV', advice: '' },
  amendment_invalid: { kind: 'amendment_invalid', why: 'regex' },
  no_http: { kind: 'no_http', why: 'TLS' },
  plan_cancelled: { kind: 'plan_cancelled' },
};

export const WHYS: Each<Why> = {
  refused: { kind: 'refused', deed: 'write', place: '/mnt/nas/reel-12.mxf', said: 'ENOSPC' },
  gone: { kind: 'gone', place: PATH },
  another: { kind: 'another', place: PATH },
  silent: { kind: 'silent', files: 64 },
  answered: { kind: 'answered', step: 'lookup:Rechte', at: 'https://dam.example /a', status: 502, said: '-' },
  field: { kind: 'field', field: 'Jahr', value: 'x', must: { kind: 'type', expected: 'date' } },
  template: { kind: 'template', name: 'map.path', said: 'Jinja' },
  collision: { kind: 'collision', target: 'A.mov', record: 12 },
  name: { kind: 'name', name: 'con.mov' },
  program: { kind: 'program', program: 'ffprobe', said: 'ENOENT' },
  checkpoint: { kind: 'checkpoint', problem: PROBLEMS.checkpoint_full, said: 'there is no room' },
};

/** Everything that can be tried on a file: one that is missing here does not compile. */
const DEEDS: Record<Deed, true> = {
  look_at: true,
  open: true,
  read: true,
  read_back: true,
  fetch: true,
  copy: true,
  create: true,
  write: true,
  finish: true,
  set_time: true,
  make_durable: true,
  name: true,
  make_name_durable: true,
};

const MUSTS: Each<Must> = {
  single: { kind: 'single' },
  there: { kind: 'there' },
  type: { kind: 'type', expected: 'integer' },
  form: { kind: 'form', pattern: '[A-Z]{2}' },
  one_of: { kind: 'one_of', values: ['a', 'b'], more: true },
};

/** Every reason, and each with all that it can be about. */
export function whys(): Why[] {
  const deeds = Object.keys(DEEDS) as Deed[];
  return [
    ...Object.values(WHYS),
    ...deeds.map((deed): Why => ({ ...WHYS.refused, deed })),
    ...Object.values(MUSTS).map((must): Why => ({ ...WHYS.field, value: null, must })),
    { ...WHYS.answered, step: 'register', status: null },
  ];
}

export const UNHEARD: Each<Unheard> = {
  network: { kind: 'network', folder: PATH },
  no_more_watches: { kind: 'no_more_watches' },
  refused: { kind: 'refused', said: 'EMFILE' },
};

export const HEARD: Each<Heard> = {
  not_tried: { kind: 'not_tried' },
  answers: { kind: 'answers' },
  late: { kind: 'late', waited_s: 30 },
  no_answer: { kind: 'no_answer', from: 'https://s3.example', said: 'ECONNREFUSED' },
  no_time: { kind: 'no_time' },
  clocks_agree: { kind: 'clocks_agree' },
  clock_ahead: { kind: 'clock_ahead', seconds: 65, too_far: false },
  clock_behind: { kind: 'clock_behind', seconds: 3600, too_far: true },
  knows_us: { kind: 'knows_us' },
  does_not_refuse: { kind: 'does_not_refuse' },
  files: { kind: 'files', files: 1000, more: true },
  no_folder_yet: { kind: 'no_folder_yet' },
  wrote: { kind: 'wrote', bytes: 4096 },
  same_checksum: { kind: 'same_checksum' },
  no_checksum: { kind: 'no_checksum' },
  refuses_taken: { kind: 'refuses_taken' },
  replaces: { kind: 'replaces' },
  same_bytes: { kind: 'same_bytes' },
  other_bytes: { kind: 'other_bytes' },
  keeps_times: { kind: 'keeps_times' },
  loses_times: { kind: 'loses_times' },
  gone: { kind: 'gone' },
  said_gone: { kind: 'said_gone' },
  stays: { kind: 'stays', key: '.sluice-trial-1', said: null },
  bytes: { kind: 'bytes', bytes: 4096 },
  no_size: { kind: 'no_size' },
  nothing_itself: { kind: 'nothing_itself', said: '404' },
  said: { kind: 'said', said: '403' },
};

/** What the program around the engine says, by its word for it. */
export const PROGRAM = [
  'unexpected',
  'migration_at_work',
  'not_open',
  'home_unwritable',
  'settings_unwritable',
  'draft_not_kept',
  'logs_unwritable',
  'not_shown',
  'not_here',
  'path_not_text',
  'bandwidth',
  'place',
  'pause_at',
  'span',
];

/** Every fact, with whatever its sentence hangs on. */
export function facts(): Fact[] {
  const categories = Object.keys(en.category) as Category[];
  const policies = Object.keys({
    junk: 0,
    folder_marker: 0,
    symlink: 0,
    not_in_catalogue: 0,
    special: 0,
    marker: 0,
    changed_later: 0,
    own_checkpoint: 0,
  } satisfies Record<LeftOut, 0>) as LeftOut[];
  const remarks = Object.keys({
    undecodable: 0,
    short_rows: 0,
    vague_sizes: 0,
    urls_unsized: 0,
    urls_named_late: 0,
    urls_many_servers: 0,
    respelt: 0,
  } satisfies Record<CatalogueRemark, 0>) as CatalogueRemark[];
  const troubles = Object.keys({
    sign_in: 0,
    denied: 0,
    missing: 0,
    unreachable: 0,
    busy: 0,
    no_retry: 0,
    refuses: 0,
  } satisfies Record<PlaceTrouble, 0>) as PlaceTrouble[];
  const services = Object.keys({ s3: 0, azure: 0, gcs: 0, files: 0 } satisfies Record<
    ServiceKind,
    0
  >) as ServiceKind[];
  const refusals: Refusal[] = [
    ...Object.values(REFUSALS),
    ...troubles.map((trouble) => ({ ...REFUSALS.place, end: 'destination' as const, trouble })),
    ...services.map((service) => ({ ...REFUSALS.keys_missing, service })),
    ...services.map((service) => ({ ...REFUSALS.connection_invalid, service })),
    { ...REFUSALS.source_unseen, said: '403' },
    { ...REFUSALS.connection_unknown, known: [] },
  ];
  return [
    ...Object.values(FACTS),
    ...[1, 1204].flatMap((records) => [
      ...categories.map((category) => ({ ...FACTS.failed, category, records })),
      ...policies.map((policy) => ({ ...FACTS.excluded, policy, records })),
      ...remarks.map((remark) => ({ ...FACTS.catalogue, remark, rows: records })),
    ]),
    { ...FACTS.service_unreachable, lookup: null, waited_s: null, said: 'ECONNREFUSED' },
    ...refusals.map((refusal) => ({ ...FACTS.refused, refusal })),
  ];
}
