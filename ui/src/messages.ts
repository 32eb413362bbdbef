/** Every word of the window, in one place, ready for translation. Numbers arrive already formatted. */
import type { Category, Class, OnConflict, Severity, Stage, State, Verify } from './backend/types';

/** The categories that mean: something is away as a whole. */
type Outage = Extract<
  Category,
  | 'destination_full'
  | 'destination_gone'
  | 'destination_read_only'
  | 'service_down'
  | 'service_denied'
  | 'checkpoint_unusable'
  | 'source_gone'
>;

const plural = (n: number, one: string, many: string) => (n === 1 ? one : many);

export const m = {
  app: 'Sluice',
  tagline: 'Moves large media libraries to where they must be, and proves that everything arrived.',

  units: {
    day: 'd',
    hour: 'h',
    minute: 'min',
    second: 's',
    millisecond: 'ms',
    moments: 'a few seconds',
    days: (from: string, to: string) => `${from} to ${to} days`,
    about: (span: string) => `about ${span}`,
    range: (from: string, to: string) => `${from} to ${to}`,
    recordsPerS: 'records/s',
    bytesPerS: (bytes: string) => `${bytes}/s`,
    records: (n: number, text: string) => `${text} ${plural(n, 'record', 'records')}`,
  },

  state: {
    new: 'Not checked',
    planning: 'Checking',
    ready: 'Ready',
    running: 'Running',
    waiting: 'Waiting',
    pausing: 'Pausing',
    paused: 'Paused',
    stopping: 'Stopping',
    stopped: 'Stopped',
    finished: 'Finished',
  } satisfies Record<State, string>,
  stateWithFailures: 'Finished with failures',
  stateBlocked: 'Cannot start yet',

  do: {
    addFolders: 'Add folders…',
    addFiles: 'Add files…',
    openMigration: 'Open migration…',
    choose: 'Choose…',
    remove: (path: string) => `Remove ${path}`,
    check: 'Check',
    checkAgain: 'Check again',
    cancel: 'Cancel',
    cancelCheck: 'Cancel check',
    back: 'Back',
    edit: 'Edit',
    start: 'Start',
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
    newMigration: 'New migration',
    close: 'Close',
    dismiss: 'Dismiss',
    reprocess: 'Reprocess',
    export: 'Export report…',
    refresh: 'Show them',
    showFailures: 'Show failed records',
  },

  empty: {
    title: 'Drop folders or files here',
    hint: 'Nothing moves until you have seen the check and pressed Start.',
    resume: 'Have a migration already? Drop its .sluice file here, or open it.',
    steps: [
      ['Check', 'Counts every file, compares names and room, and tells what would go wrong.'],
      ['Run', 'Moves records in batches. Pause, close, lose power: it goes on where it was.'],
      ['Prove', 'Reads every copy back, and keeps what failed on a list with its cause.'],
    ],
  },

  drop: {
    add: 'Drop to add to the sources',
    begin: 'Drop to begin a new migration',
    refused: 'A migration is open. Close it before you drop something new.',
    refusedActive: 'A migration is running. Pause and close it before you drop something new.',
  },

  setup: {
    title: 'New migration',
    titleEdit: 'Edit migration',
    sources: 'Sources',
    sourcesEmpty: 'No source yet. Add folders or files, or drop them anywhere on this window.',
    sourcesOne: 'The content of this folder goes right below the destination.',
    sourcesMany: 'Each source goes below its own name at the destination.',
    destination: 'Destination',
    destinationLabel: 'Destination folder',
    destinationPlaceholder: 'Type or choose the folder that receives the files',
    destinationHint: 'It is made if it is not there. Sources are only read, never changed.',
    verify: 'Proof of each copy',
    conflict: 'When the name is taken',
    limits: 'How much happens at once',
    needSource: 'Add at least one source.',
    needDestination: 'Choose a destination.',
  },

  verify: {
    read_back: ['Read back', 'Reads each copy again from the destination and compares. The strongest proof.'],
    written: [
      'Checksum',
      'Keeps a checksum of the bytes that were sent. Faster; trusts the destination to keep them.',
    ],
    size: ['Size only', 'Compares sizes alone. Fastest, weakest.'],
  } satisfies Record<Verify, [string, string]>,

  conflict: {
    skip_identical: [
      'Skip identical',
      'Same content is left as it is. Different content is listed as failed.',
    ],
    rename: ['Keep both', 'The new file gets a free name such as “name (2).mov”.'],
    overwrite: ['Replace', 'The new file takes the place of the old one. The old one is lost.'],
    fail: ['List as failed', 'Nothing is touched. You decide later, record by record.'],
  } satisfies Record<OnConflict, [string, string]>,

  limits: {
    batch_size: { label: 'Batch size', hint: 'Records per batch' },
    streams: { label: 'Streams', hint: 'Lanes per batch' },
    concurrency: { label: 'Concurrency', hint: 'Records in flight' },
    atOnce: 'takes effect at once',
    nextBatch: 'from the next batch',
    waiting: (n: string) => `${n} from the next batch`,
    range: (min: string, max: string) => `${min} to ${max}`,
  },

  planning: {
    title: 'Looking at the sources',
    hint: 'Every file is counted and noted down. Nothing moves yet.',
    found: 'Records found',
    bytes: 'Data found',
    excluded: 'Left out',
  },

  preflight: {
    ready: 'Ready to move',
    blocked: 'Cannot start yet',
    again: (n: number, text: string) => `${text} ${plural(n, 'record', 'records')} to go`,
    nothing: 'Nothing to move',
    estimate: 'Estimated time',
    noEstimate: 'Known once it runs',
    space: 'Room at the destination',
    spaceNeeded: (needed: string, free: string) => `${needed} needed · ${free} free`,
    spaceLeft: (left: string) => `${left} to spare`,
    spaceShort: (missing: string) => `${missing} short`,
    spaceUnknown: 'The system does not tell how much room there is.',
    findings: 'Findings',
    noFindings: 'Nothing stands in the way.',
    byType: 'What the sources hold',
    type: 'Type',
    other: 'everything else',
    noExtension: 'no extension',
    records: 'Records',
    data: 'Data',
    share: 'Share of data',
    emptyFolders: (n: number, text: string) =>
      `${text} empty ${plural(n, 'folder is', 'folders are')} made at the destination too.`,
    settings: 'Settings',
    blockedBy: (message: string) => `Start is held back: ${message}`,
    job: 'The job',
    checkpoint: 'Migration file',
  },

  severity: {
    blocks: 'Blocks the start',
    warns: 'Worth a look',
    notes: 'Good to know',
  } satisfies Record<Severity, string>,

  run: {
    tabs: { label: 'Views', run: 'Run', preflight: 'Check', failures: 'Failed records' },
    records: 'Records',
    data: 'Data',
    rate: 'Rate',
    timeLeft: 'Time left',
    of: (all: string) => `of ${all}`,
    ends: (span: string) => `ends ${span}`,
    noEstimateYet: 'Not known yet',
    restingRate: 'At rest',
    waitingRate: 'Waiting',
    progress: 'Progress',
    progressText: (share: string, done: string, all: string) =>
      `${share}: ${done} of ${all} records have their outcome`,
    throughput: 'Throughput',
    recordsPerSecond: 'Records per second',
    dataPerSecond: 'Data per second',
    throughputTable: 'Throughput as a table',
    time: 'Time',
    noSamples: 'The first figures come after a second of running.',
    streams: 'Streams',
    stream: (n: number) => `Stream ${n}`,
    limits: 'Controls',
    inFlight: (n: string, of: string) => `${n} of ${of} in flight`,
    working: (n: number) => `${n} at work`,
    atBarrier: 'done, waits at the barrier',
    resting: 'recording',
    more: (n: number) => `and ${n} more`,
    outcomes: (done: string, given: string) => `${done} of ${given}`,
    noBatch: 'No batch is running.',
  },

  balance: {
    label: 'Balance',
    found: 'found',
    delivered: 'delivered',
    failed: 'failed',
    skipped: 'skipped',
    excluded: 'left out',
    pending: 'pending',
    retries: (n: number, text: string) => `${text} ${plural(n, 'retry', 'retries')}`,
  },

  rhythm: {
    title: 'Rhythm',
    label: 'Batches over time; arrow keys move from batch to batch',
    legend: {
      delivered: 'delivered',
      skipped: 'skipped',
      retried: 'to be tried again',
      failed: 'failed',
      barrier: 'barrier',
    },
    waiting: (share: string) => `waiting ${share}`,
    waitingTitle: 'Share of stream time spent waiting at the barrier, over the last ten batches',
    none: 'Batches appear here as they go through the streams.',
    batch: (id: string, records: string, span: string) => `Batch ${id} · ${records} · ${span}`,
    live: (id: string, done: string, records: string, span: string) =>
      `Batch ${id} · ${done} of ${records} · ${span} so far`,
    waited: (span: string) => `streams waited ${span}`,
    failed: (n: string) => `${n} failed`,
    retried: (n: string) => `${n} to be tried again`,
    now: 'now',
    ago: (span: string) => `−${span}`,
  },

  banner: {
    awaited: {
      destination_full: 'Waiting for room at the destination',
      destination_gone: 'Waiting for the destination to come back',
      destination_read_only: 'Waiting until the destination takes files again',
      service_down: 'Waiting for a service to answer again',
      service_denied: 'Waiting for a service to accept our sign-in',
      checkpoint_unusable: 'Waiting until the migration file can be written',
      source_gone: 'Waiting for a source to come back',
    } satisfies Record<Outage, string>,
    awaitedOther: (cause: string) => `Waiting: ${cause}`,
    since: (time: string) => `Since ${time}`,
    nextLook: (span: string) => `next look in ${span}`,
    looking: 'looking now',
    draining: 'records in flight are being given back',
    looks: (n: number, text: string) => `${text} ${plural(n, 'look', 'looks')} so far`,
    pausedAway: {
      title: (cause: string) => `Paused while it waited: ${cause}`,
      text: 'Everything so far is safe. Resume looks at once whether it is there again.',
    },
    detail: 'What the system said',
    pausing: { title: 'Pausing', text: 'Records in flight are being finished. Nothing new starts.' },
    stopping: { title: 'Stopping', text: 'Records in flight are cut off and given back. Nothing is lost.' },
    paused: {
      title: 'Paused',
      text: 'Everything so far is safe. Resume whenever you like, even after a restart.',
    },
    stopped: {
      title: 'Stopped',
      text: 'Everything so far is safe. Records that were cut off start afresh on Resume.',
    },
    finished: {
      title: 'Everything is there',
      text: (records: string, bytes: string, proof: string) => `${records} delivered, ${bytes}, ${proof}.`,
      proof: {
        read_back: 'each copy read back and compared',
        written: 'a checksum kept of each',
        size: 'sizes compared',
      } satisfies Record<Verify, string>,
    },
    nothingDelivered: 'No record had to be moved.',
    skipped: (n: string) => `${n} were there already, identical.`,
    failed: (n: number, text: string) => `${text} ${plural(n, 'record', 'records')} could not be delivered`,
    failedHint: 'Everything else is there. Mend the causes, then reprocess: nothing is copied twice.',
  },

  failures: {
    title: 'Failed records',
    none: 'No record has failed.',
    causes: 'Causes',
    all: 'All causes',
    showing: (n: number, text: string) => `${text} failed ${plural(n, 'record', 'records')}`,
    selected: (text: string) => `${text} selected`,
    noneSelected: 'None selected',
    reprocessAll: (text: string) => `Reprocess all ${text}`,
    reprocessThese: (text: string) => `Reprocess these ${text}`,
    reprocessSelectedNone: 'Reprocess selected',
    reprocessSelected: (text: string) => `Reprocess ${text} selected`,
    whileUnderWay: 'What you reprocess now goes onto the recovery lane; the run goes on beside it.',
    whileEnding: 'Reprocessing is possible once the run has come to rest.',
    selectAll: 'Select all',
    selectOne: (id: string) => `Select record ${id}`,
    newer: (n: number, text: string) =>
      `${text} more ${plural(n, 'record has', 'records have')} failed since`,
    fewer: 'This list has changed',
    columns: {
      id: 'No.',
      source: 'Source',
      stage: 'Stage',
      category: 'Cause',
      attempts: 'Tries',
      message: 'Message',
    },
    detail: 'Record in detail',
    when: 'Failed',
    size: 'Size',
    loading: 'Loading…',
    exported: (path: string) => `The report is written: ${path}`,
    reprocessing: (n: number, text: string) =>
      `${text} ${plural(n, 'record goes', 'records go')} through again.`,
    ontoRecovery: (n: number, text: string) =>
      `${text} ${plural(n, 'record goes', 'records go')} onto the recovery lane.`,
  },

  stage: {
    plan: 'plan',
    ingest: 'read source',
    transform: 'name target',
    deliver: 'copy',
  } satisfies Record<Stage, string>,
  /** The same stages where they ask a service. */
  stageAtService: {
    plan: 'plan',
    ingest: 'read source',
    transform: 'look up',
    deliver: 'register',
  } satisfies Record<Stage, string>,

  /** What is being done with a record in flight. */
  step: {
    copy: 'copying',
    register: 'registering',
    lookup: (name: string) => `looking up ${name}`,
  },

  class: {
    transient: 'May work when tried again',
    permanent: 'Needs mending first',
    outage: 'Volume or service away',
  } satisfies Record<Class, string>,

  category: {
    source_missing: 'Source gone',
    source_unreadable: 'Source cannot be opened',
    folder_unreadable: 'Folder cannot be listed',
    source_io: 'Source unreadable half way',
    source_changed: 'Source changed',
    source_not_a_file: 'Source is no file',
    name_collision: 'Same target name',
    name_unsupported: 'Name not possible',
    destination_conflict: 'Name taken',
    destination_outside: 'Outside destination',
    destination_denied: 'Destination refuses',
    destination_io: 'Writing failed',
    file_too_large: 'File too large',
    template_failed: 'Template not filled in',
    not_found: 'Unknown to the service',
    asset_conflict: 'Service has another entry',
    request_rejected: 'Service rejects it',
    answer_invalid: 'Answer makes no sense',
    field_missing: 'Field missing in answer',
    timeout: 'Took too long',
    service_error: 'Service failed',
    service_unreachable: 'Service not reached',
    throttled: 'Asked to slow down',
    verify_mismatch: 'Copy differs',
    internal: 'Error of Sluice',
    destination_full: 'Destination full',
    destination_gone: 'Destination gone',
    destination_read_only: 'Destination read-only',
    service_down: 'Service away',
    service_denied: 'Sign-in refused',
    checkpoint_unusable: 'Checkpoint not writable',
    source_gone: 'Source gone as a whole',
  } satisfies Record<Category, string>,

  dialog: {
    stopTitle: 'Stop this run?',
    stopText:
      'Records in flight are cut off and start afresh next time. Pause lets them finish first; large files may take a while.',
    stopYes: 'Stop now',
    stopNo: 'Keep running',
    closeTitle: 'A migration is running',
    closeText: 'Sluice can pause it cleanly and close. It goes on where it was when you open it again.',
    closeTextPlanning: 'The check is not complete. When you close now, it begins anew next time.',
    closeYes: 'Pause and close',
    closeYesPlanning: 'Cancel check and close',
    closeNo: 'Keep running',
    closing: 'Finishing what is in flight…',
  },

  notices: 'Messages',
  noJob: 'Untitled migration',
};
