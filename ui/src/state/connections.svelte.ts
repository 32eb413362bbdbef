/** The user's connections while their dialog is open. Secrets are forgotten as soon as they are sent. */
import { untrack } from 'svelte';
import { asReport, type Door } from '../backend/door';
import type { ErrorReport, HostKey, Known, Trial } from '../backend/types';
import { ConnectionDraft, KINDS } from './connecting.svelte';

export class Connections {
  /** Null: not known yet. */
  known: Known[] | null = $state.raw(null);
  keychain: boolean = $state(true);
  /** What is described: a new connection, or one anew; null: nothing is. */
  draft: ConnectionDraft | null = $state.raw(null);
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

  describe = (known: Known | null) => {
    this.draft = new ConnectionDraft(known);
    this.trying = this.removing = null;
    this.problem = null;
  };

  /** Forgets what was typed. */
  leave = () => (this.draft = null);

  keep = () =>
    this.#do(async () => {
      const { draft } = this;
      if (!draft?.ready) return;
      const [name, connection, secrets] = [draft.name.trim(), draft.connection(), draft.secrets()];
      try {
        if (draft.before) await this.#door.changeConnection(name, connection, secrets);
        else await this.#door.addConnection(name, connection, secrets);
      } finally {
        draft.forgetSecrets();
      }
      this.draft = null;
      await this.#read();
      // Whoever has described one wants to know whether it works.
      this.askTry(name);
    });

  askTry = (name: string) => {
    this.trying = name;
    this.path = '';
    this.draft = null;
    this.removing = null;
    this.trial = null;
    this.stranger = null;
  };

  /** Whether it can be tried as it stands. */
  get canTry(): boolean {
    const known = this.known?.find(({ name }) => name === this.trying);
    return known !== undefined && (!KINDS[known.connection.kind].placed || this.path.trim() !== '');
  }

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

  askRemove = (name: string) => {
    this.removing = name;
    this.trying = null;
    this.draft = null;
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
    // An effect may ask for this: it must not be woken by it, and ask again for ever.
    if (untrack(() => this.busy)) return;
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
