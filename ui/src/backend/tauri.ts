/** The door as the desktop shell opens it. The only file that knows Tauri. */
import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import type { Door, Happened, MigrationDoor, Told } from './door';
import { timed } from './timed';
import type { VerifyReport } from './types';

/** What is asked of the migration with that file. */
const migrationDoor = (of: string): MigrationDoor => {
  const ask = <Answer>(command: string, given: Record<string, unknown> = {}) =>
    invoke<Answer>(command, { ...given, of });
  return {
    snapshot: () => ask('snapshot'),
    plan: () => ask('plan'),
    cancelPlan: () => ask('cancel_plan'),
    start: () => ask('start'),
    pause: () => ask('pause'),
    stop: () => ask('stop'),
    setLimits: (limits) => ask('set_limits', { limits }),
    setDelivery: (delivery) => ask('set_delivery', { delivery }),
    setControl: (control) => ask('set_control', { control }),
    setEndpoint: (service, endpoint) => ask('set_endpoint', { service, endpoint }),
    events: (filter, before, limit) => ask('events', { filter, before, limit }),
    history: (from, to, points) => ask('history', { from: Math.round(from), to: Math.round(to), points }),
    pauseAt: (time) => ask('pause_at', { time }),
    amend: (selection, amendment) => ask('amend', { selection, amendment }),
    leave: (selection, note) => ask('leave', { selection, note }),
    reprocess: (selection) => ask('reprocess', { selection }),
    exportFailures: (selection) => ask('export_failures', { selection }),
    causes: () => ask('causes'),
    listFailures: (selection, order, at) => ask('list_failures', { selection, order, at }),
    previewAmendment: (selection, amendment) => ask('preview_amendment', { selection, amendment }),
    takeUp: (selection) => ask('take_up', { selection }),
    findCorrections: () => ask('find_corrections'),
    applyCorrections: (path) => ask('apply_corrections', { path }),
    records: (filter, at) => ask('records', { filter, at }),
    record: (id) => ask('record', { id }),
    filesHere: (id) => ask('files_here', { id }),
    revealRecord: (id, delivered) => ask('reveal_record', { id, delivered }),
    reconciliation: () => ask('reconciliation'),
    findDuplicates: () => ask('find_duplicates'),
    verify: (records, hear) => {
      const told = new Channel<VerifyReport>();
      told.onmessage = hear;
      return ask('verify', { records, told });
    },
    endVerify: () => invoke('end_verify'),
    exportProof: () => ask('export_proof'),
    setJob: (job) => ask('set_job', { job }),
    lookAtServices: () => ask('look_at_services'),
    concerned: (code, after, limit) => ask('concerned', { code, after, limit }),
    startPilot: (records) => ask('start_pilot', { records }),
    triedRecords: (after, limit) => ask('tried', { after, limit }),
  };
};

export const tauriDoor: Door = {
  defaults: () => invoke('defaults'),
  current: () => invoke('current'),
  launchPaths: () => invoke('launch_paths'),

  createMigration: (job) => invoke('create_migration', { job }),
  openMigration: (path) => invoke('open_migration', { path }),
  leaveMigration: () => invoke('leave_migration'),
  of: migrationDoor,

  checkBandwidth: (text) => invoke('check_bandwidth', { text }),

  inspectCatalogue: (catalogue) => invoke('inspect_catalogue', { catalogue }),
  tryCatalogue: (job, number) => invoke('try_catalogue', { job, number }),
  loadPreset: () => invoke('load_preset'),
  savePreset: (catalogue) => invoke('save_preset', { catalogue }),

  pickFolders: () => invoke('pick_folders'),
  pickFiles: () => invoke('pick_files'),
  pickCatalogues: () => invoke('pick_catalogues'),
  pickBase: () => invoke('pick_base'),
  pickDestination: () => invoke('pick_destination'),
  pickMigration: () => invoke('pick_migration'),

  connections: () => invoke('connections'),
  hasKeychain: () => invoke('has_keychain'),
  addConnection: (name, connection, secrets) => invoke('add_connection', { name, connection, secrets }),
  changeConnection: (name, connection, secrets) => invoke('change_connection', { name, connection, secrets }),
  removeConnection: (name) => invoke('remove_connection', { name }),
  testConnection: (place) => invoke('test_connection', { place }),
  hostKey: (place) => invoke('host_key', { place }),
  trustHostKey: (place, fingerprint) => invoke('trust_host_key', { place, fingerprint }),

  quit: () => invoke('quit'),

  trySources: (job) => invoke('try_sources', { job }),
  tryRequest: (job, step, at) => invoke('try_request', { job, step, at }),
  checkPlace: (text) => invoke('check_place', { text }),
  checkSpan: (text) => invoke('check_span', { text }),
  jobText: (job) => invoke('job_text', { job }),
  saveJob: (job, name) => invoke('save_job', { job, name }),
  loadJob: () => invoke('load_job'),
  pickCatalogueOut: () => invoke('pick_catalogue_out'),

  drafts: () => invoke('drafts'),
  saveDraft: (id, job, of) => invoke('save_draft', { id, job, of }),
  removeDraft: (id) => invoke('remove_draft', { id }),

  onTold: (hear) =>
    listen<Told>('engine_told', ({ payload }) => {
      if (document.hidden) hear(payload);
      else void timed(() => hear(payload)).then((ms) => invoke('drawn', { ms }));
    }),
  seen: (seen) => invoke('seen', { seen }),
  onCloseRequested: (hear) => listen('close_requested', () => hear()),
  onDrag: (hear) =>
    getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === 'drop') hear({ kind: 'dropped', paths: payload.paths });
      else if (payload.type === 'leave') hear({ kind: 'left' });
      else hear({ kind: 'over' });
    }),

  knownMigrations: () => invoke('known_migrations'),
  lookAtMigrations: () => invoke('look_at_migrations'),
  forgetMigration: (path) => invoke('forget_migration', { path }),
  migrationJob: (path) => invoke('migration_job', { path }),
  onPathsArrived: (hear) => listen('paths_arrived', () => hear()),

  settings: () => invoke('settings'),
  setSettings: (settings) => invoke('set_settings', { settings }),
  tools: () => invoke('tools'),
  about: () => invoke('about'),
  saveLogs: () => invoke('save_logs'),
  openLogs: () => invoke('open_logs'),
  reveal: (path) => invoke('reveal', { path }),

  isAwake: () => invoke('is_awake'),
  onAwake: (hear) => listen<boolean>('awake', ({ payload }) => hear(payload)),
  notify: (title, text) => invoke('notify', { title, text }),
  onNews: (hear) => listen<Happened>('news', ({ payload }) => hear(payload)),

  hasTray: () => invoke('has_tray'),
  sayInTray: (words) => invoke('say_in_tray', { words }),
};
