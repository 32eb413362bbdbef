/** The user's connections while their dialog is open. Secrets are forgotten as soon as they are sent. */
import { asReport, type Door } from '../backend/door';
import type { Connection, ErrorReport, HostKey, Known, SecretField, Trial } from '../backend/types';

/** What is asked of a connection to object storage. */
export class NewConnection {
  name: string = $state('');
  endpoint: string = $state('');
  region: string = $state('');
  keyId: string = $state('');
  key: string = $state('');
  token: string = $state('');

  readonly ready: boolean = $derived(this.name.trim() !== '' && (this.keyId === '') === (this.key === ''));

  secrets(): [SecretField, string][] {
    const all: [SecretField, string][] = [
      ['access_key_id', this.keyId],
      ['secret_access_key', this.key],
      ['session_token', this.token],
    ];
    return all.filter(([, text]) => text !== '');
  }

  forgetSecrets(): void {
    this.keyId = '';
    this.key = '';
    this.token = '';
  }
}

export class Connections {
  /** Null: not known yet. */
  known: Known[] | null = $state.raw(null);
  keychain: boolean = $state(true);
  draft: NewConnection = $state.raw(new NewConnection());
  /** The connection that is tried, and where. */
  trying: string | null = $state(null);
  path: string = $state('');
  trial: Trial | null = $state.raw(null);
  /** The key of a server that is not known: the user has to say whether it is right. */
  stranger: HostKey | null = $state.raw(null);
  /** The one whose removal is asked about. */
  removing: string | null = $state(null);
  problem: ErrorReport | null = $state.raw(null);
  busy: boolean = $state(false);

  #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  load = () =>
    this.#do(async () => {
      this.keychain = await this.#door.hasKeychain();
      await this.#read();
    });

  add = () =>
    this.#do(async () => {
      const { draft } = this;
      const text = (value: string) => (value.trim() === '' ? null : value.trim());
      const connection: Connection = {
        kind: 's3',
        endpoint: text(draft.endpoint),
        region: text(draft.region),
        path_style: null,
        profile: null,
        anonymous: false,
        checksum: 'crc64nvme',
        guard: 'conditional',
      };
      try {
        await this.#door.addConnection(draft.name.trim(), connection, draft.secrets());
      } finally {
        draft.forgetSecrets();
      }
      this.draft = new NewConnection();
      await this.#read();
    });

  askTry = (name: string) => {
    this.trying = name;
    this.trial = null;
    this.stranger = null;
  };

  test = () =>
    this.#do(async () => {
      this.trial = null;
      this.stranger = null;
      const known = this.known?.find((known) => known.name === this.trying);
      if (known?.connection.kind === 'sftp') {
        const key = await this.#door.hostKey(`${known.name}:`);
        if (key.trust !== 'known') {
          this.stranger = key;
          return;
        }
      }
      this.trial = await this.#door.testConnection(`${this.trying ?? ''}:${this.path.trim()}`);
    });

  trust = async () => {
    await this.#do(async () => {
      if (this.stranger === null) return;
      await this.#door.trustHostKey(`${this.trying ?? ''}:`, this.stranger.fingerprint);
      this.stranger = null;
    });
    if (this.problem === null) await this.test();
  };

  remove = () =>
    this.#do(async () => {
      if (this.removing === null) return;
      await this.#door.removeConnection(this.removing);
      if (this.trying === this.removing) this.trying = null;
      this.removing = null;
      await this.#read();
    });

  async #read(): Promise<void> {
    this.known = await this.#door.connections();
  }

  async #do(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await work();
    } catch (thrown) {
      this.problem = asReport(thrown);
    }
    this.busy = false;
  }
}

/** Where a connection leads. */
export function addressOf({ connection }: Known): string {
  switch (connection.kind) {
    case 's3':
      return connection.endpoint ?? 'Amazon S3';
    case 'webdav':
    case 'http':
      return connection.url;
    default:
      return connection.host;
  }
}
