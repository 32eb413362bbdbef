/** One of every kind of what the engine tells as a value: a kind that is missing here does not compile. */
import type {
  Bottleneck,
  CatalogueRemark,
  Category,
  Fact,
  Knob,
  LeftOut,
  PlaceTrouble,
  Reason,
  Refusal,
  ServiceKind,
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
  record_fails: { kind: 'record_fails', category: 'metadata_invalid', said: 'rights = x' },
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
