/** What is around a migration: Home with its list, the program's settings, connections, the steps that describe one. */
import type { Line } from '../src/backend/door';
import type { Balance, Connection, FoundTool, Known, SecretAt, State } from '../src/backend/types';
import type { Desk, Question } from '../src/state/desk.svelte';
import type { Step } from '../src/state/steps';
import { FakeDoor } from '../test/fake-door';
import { balance, snapshot } from '../test/samples';

interface Scene {
  door: FakeDoor;
  then?: (desk: Desk) => void | Promise<void>;
}

const HOUR_MS = 3_600_000;

function known(
  name: string,
  from: string[],
  to: string,
  state: State,
  counts: Partial<Balance>,
  hoursAgo: number,
): Line {
  return {
    checkpoint: `/home/anna/.local/share/sluice/${name || 'unnamed'}.sluice`,
    here: state === 'running',
    problem: null,
    glance: {
      name,
      from: from.slice(0, 3),
      sources: from.length,
      to,
      state,
      open: state === 'running',
      balance: balance(counts),
      last_ms: Date.now() - hoursAgo * HOUR_MS,
    },
  };
}

/** One of each kind, with names that strain a line. */
function lines(): Line[] {
  const long = 'Aufzeichnungen der Jahreshauptversammlungen und Festakte 1974–2019, zweite Abgabe';
  const all = [
    known(
      'Broadcast archive 1974–2019',
      ['/mnt/tape-restore/2019', '/mnt/nas-old/broadcast', '/media/anna/LTO restore'],
      '/mnt/nas/archive/broadcast',
      'running',
      { found: 958_120, delivered: 411_802, failed: 312, skipped: 8_204, excluded: 1_204, pending: 536_598 },
      0,
    ),
    known(
      long,
      [`/mnt/exports/${long}.csv`],
      'mam-production:ingest/2026',
      'waiting',
      { found: 88_190, delivered: 12, pending: 88_178 },
      1,
    ),
    known(
      'ארכיון הטלוויזיה',
      ['/media/ארכיון/טלוויזיה 1974'],
      's3://archive-eu-central-1/tv',
      'paused',
      { found: 4_120, delivered: 4_000, failed: 20, pending: 100 },
      30,
    ),
    known(
      'Photographs',
      ['/Volumes/Photos'],
      '/mnt/nas/photos',
      'ready',
      { found: 512_004, pending: 512_004 },
      52,
    ),
    known(
      'Oral history',
      ['/mnt/audio'],
      '/mnt/nas/oral-history',
      'finished',
      { found: 1_000_000, delivered: 688_000, failed: 312_000 },
      400,
    ),
    known('Posters', ['/mnt/scans'], '/mnt/nas/posters', 'finished', { found: 7, delivered: 7 }, 9_000),
  ];
  const gone: Line = {
    checkpoint: '/media/anna/Travel disk/interviews.sluice',
    glance: null,
    here: false,
    problem: {
      code: 'checkpoint_missing',
      message: 'the migration /media/anna/Travel disk/interviews.sluice is not there',
      advice: 'Connect the disk that it lies on, or forget it here.',
      what: null,
    },
  };
  return [...all, gone];
}

function listed(): FakeDoor {
  const door = new FakeDoor();
  door.listed = lines();
  const { job } = snapshot();
  door.keptDrafts = [
    { id: 'one', job: { ...job, sources: ['/mnt/tape-restore/2021'], destination: '' }, of: null },
  ];
  return door;
}

const TOOLS: FoundTool[] = [
  { tool: 'ffprobe', version: 'ffprobe version 7.1', problem: null, what: null },
  { tool: 'exiftool', version: 'exiftool 12.76', problem: null, what: null },
  {
    tool: 'mediainfo',
    version: null,
    problem: 'mediainfo was not found in the folders of PATH',
    what: null,
  },
] as FoundTool[];

function settings(): FakeDoor {
  const door = listed();
  door.found = TOOLS;
  door.set = { ...door.set, records_at_once: 64 };
  return door;
}

const secret = (field: SecretAt['field'], place: SecretAt['place']): SecretAt => ({
  field,
  place,
  variable: `SLUICE_ARCHIVE_${field.toUpperCase()}`,
});

const CONNECTIONS: [name: string, connection: Connection, secrets: SecretAt[]][] = [
  [
    'archive',
    {
      kind: 's3',
      endpoint: 'https://objects.archive.example:9000',
      region: 'eu-central-1',
      path_style: true,
      profile: null,
      anonymous: false,
      checksum: 'crc64nvme',
      guard: 'conditional',
      copy_limit_mib: null,
    },
    [secret('access_key_id', 'keychain'), secret('secret_access_key', 'keychain')],
  ],
  ['nas', { kind: 'sftp', host: 'nas.example', user: 'anna' }, [secret('password', 'missing')]],
  [
    'dam',
    {
      kind: 'http',
      url: 'https://dam.a-very-long-name-of-an-institution.example/api/v2/assets/of/the/whole/archive',
    },
    [secret('token', 'environment')],
  ],
];

function connected(): FakeDoor {
  const door = new FakeDoor();
  door.known = CONNECTIONS.map(([name, connection, secrets]): Known => ({ name, connection, secrets }));
  return door;
}

const asks = (door: FakeDoor, question: Question): Scene => ({
  door,
  then: (desk) => void (desk.asking = question),
});

/** A step of a description, with one folder and a destination. */
const step = (name: Step): Scene => {
  const door = new FakeDoor();
  door.launched = ['/mnt/tape-restore/2019'];
  return {
    door,
    then: (desk) => {
      if (desk.draft) desk.draft.destination = '/mnt/nas/archive';
      desk.step = name;
    },
  };
};

export const around: Record<string, Scene> = {
  home: { door: listed() },
  settings: asks(settings(), 'settings'),
  connections: asks(connected(), 'connections'),
  'connections-none': asks(new FakeDoor(), 'connections'),
  shortcuts: asks(new FakeDoor(), 'shortcuts'),
  about: asks(new FakeDoor(), 'about'),
  forget: {
    door: listed(),
    then: async (desk) => {
      await desk.home.refresh();
      const [row] = desk.home.rows;
      if (row) desk.askToForget(row);
    },
  },
  names: step('names'),
  describe: step('describe'),
  destination: step('destination'),
};
