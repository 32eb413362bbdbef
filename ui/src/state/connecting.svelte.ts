/** A connection that is described: which fields each kind has, and what is typed into them. */
import type { Connection, Known, SecretField } from '../backend/types';

export type Kind = Connection['kind'];
/** Names of the fields of all kinds. */
type FieldOf<C> = C extends Connection ? Exclude<keyof C, 'kind'> : never;
export type FieldName = FieldOf<Connection>;

export interface Field {
  key: FieldName;
  /** How it is asked for; a choice begins with its default. `either` is yes, no, or as the engine thinks best. */
  as: 'text' | 'number' | 'flag' | 'either' | readonly string[];
  needed?: true;
  /** Most people leave it as it is. */
  rare?: true;
}

interface KindForm {
  /** The field that tells where it leads. */
  address: FieldName;
  fields: Field[];
  secrets: SecretField[];
  /** Of these secrets all are given, or none. */
  together?: SecretField[];
  /** Where such a field is given, these secrets take their place. */
  instead?: [field: FieldName, secrets: SecretField[]][];
  /** It is tried at a place there and not as a whole. */
  placed?: true;
}

/** All that the window knows of the kinds: a new one is a line here, and its words. */
export const KINDS: Record<Kind, KindForm> = {
  s3: {
    address: 'endpoint',
    fields: [
      { key: 'endpoint', as: 'text' },
      { key: 'region', as: 'text' },
      { key: 'profile', as: 'text', rare: true },
      { key: 'path_style', as: 'either', rare: true },
      { key: 'checksum', as: ['crc64nvme', 'crc32c', 'sha256', 'md5', 'none'], rare: true },
      { key: 'guard', as: ['conditional', 'look'], rare: true },
      { key: 'copy_limit_mib', as: 'number', rare: true },
      { key: 'anonymous', as: 'flag', rare: true },
    ],
    secrets: ['access_key_id', 'secret_access_key', 'session_token'],
    together: ['access_key_id', 'secret_access_key'],
    placed: true,
  },
  azure: {
    address: 'account',
    fields: [
      { key: 'account', as: 'text', needed: true },
      { key: 'endpoint', as: 'text', rare: true },
      { key: 'tenant', as: 'text', rare: true },
      { key: 'client_id', as: 'text', rare: true },
      { key: 'authority', as: 'text', rare: true },
      { key: 'managed_identity', as: 'flag', rare: true },
      { key: 'anonymous', as: 'flag', rare: true },
    ],
    secrets: ['account_key', 'sas_token'],
    instead: [
      ['managed_identity', []],
      ['tenant', ['client_secret']],
    ],
    placed: true,
  },
  gcs: {
    address: 'endpoint',
    fields: [
      { key: 'key_file', as: 'text' },
      { key: 'endpoint', as: 'text', rare: true },
      { key: 'anonymous', as: 'flag', rare: true },
    ],
    secrets: ['service_account_key'],
    placed: true,
  },
  sftp: {
    address: 'host',
    fields: [
      { key: 'host', as: 'text', needed: true },
      { key: 'user', as: 'text' },
      { key: 'port', as: 'number', rare: true },
      { key: 'sessions', as: 'number', rare: true },
      { key: 'key', as: 'text', rare: true },
      { key: 'known_hosts', as: 'text', rare: true },
    ],
    secrets: ['password', 'key_passphrase'],
  },
  webdav: {
    address: 'url',
    fields: [
      { key: 'url', as: 'text', needed: true },
      { key: 'user', as: 'text' },
      { key: 'sessions', as: 'number', rare: true },
    ],
    secrets: ['password', 'token'],
  },
  ftp: {
    address: 'host',
    fields: [
      { key: 'host', as: 'text', needed: true },
      { key: 'user', as: 'text' },
      { key: 'tls', as: ['explicit', 'implicit', 'none'] },
      { key: 'port', as: 'number', rare: true },
      { key: 'sessions', as: 'number', rare: true },
    ],
    secrets: ['password'],
  },
  http: {
    address: 'url',
    fields: [
      { key: 'url', as: 'text', needed: true },
      { key: 'user', as: 'text' },
      { key: 'header', as: 'text', rare: true },
    ],
    secrets: ['password', 'token'],
  },
};

/** Where a connection leads; null: to the place that its kind has by itself. */
export function addressOf(connection: Connection): string | null {
  const { [KINDS[connection.kind].address]: address } = connection as Partial<Record<FieldName, unknown>>;
  return typeof address === 'string' ? address : null;
}

export class ConnectionDraft {
  name: string = $state('');
  kind: Kind = $state('s3');
  /** The connection that is described anew; null: it is a new one. */
  readonly before: Known | null;
  readonly form: KindForm = $derived(KINDS[this.kind]);
  /** What is typed, also for other kinds: who tries another kind comes back to it. */
  #values: Partial<Record<FieldName, string>> = $state({});
  #secrets: Partial<Record<SecretField, string>> = $state({});

  /** The secrets that it may have as it is described. */
  readonly secretFields: SecretField[] = $derived.by(() => {
    const { instead = [], secrets } = this.form;
    return instead.find(([key]) => !['', 'false'].includes(this.value(key)))?.[1] ?? secrets;
  });

  readonly ready: boolean = $derived.by(() => {
    const { fields, together = [] } = this.form;
    const given = together.filter((field) => this.secret(field) !== '').length;
    return (
      this.name.trim() !== '' &&
      (given === 0 || given === together.length) &&
      fields.every(({ key, needed }) => !needed || this.value(key) !== '') &&
      fields.every(({ key, as }) => as !== 'number' || /^\d*$/.test(this.value(key)))
    );
  });

  constructor(before: Known | null = null) {
    this.before = before;
    if (!before) return;
    this.name = before.name;
    this.kind = before.connection.kind;
    const said = before.connection as Partial<Record<FieldName, unknown>>;
    for (const { key } of this.form.fields) this.set(key, String(said[key] ?? ''));
  }

  value = (key: FieldName): string => this.#values[key]?.trim() ?? '';
  set = (key: FieldName, text: string): void => void (this.#values[key] = text);
  secret = (field: SecretField): string => this.#secrets[field] ?? '';
  setSecret = (field: SecretField, text: string): void => void (this.#secrets[field] = text);

  /** The secret is kept already, and stays where nothing else is typed. */
  isKept(field: SecretField): boolean {
    return this.before?.secrets.some((one) => one.field === field && one.place === 'keychain') ?? false;
  }

  /** As the engine takes it. */
  connection(): Connection {
    const said = this.form.fields.map(({ key, as }) => [key, meant(as, this.value(key))]);
    // The table has every field of the kind.
    return { kind: this.kind, ...Object.fromEntries(said) } as Connection;
  }

  secrets(): [SecretField, string][] {
    const all = this.secretFields.map((field): [SecretField, string] => [field, this.secret(field)]);
    return all.filter(([, text]) => text !== '');
  }

  forgetSecrets(): void {
    this.#secrets = {};
  }
}

function meant(as: Field['as'], text: string): unknown {
  switch (as) {
    case 'flag':
      return text === 'true';
    case 'either':
      return text === '' ? null : text === 'true';
    case 'number':
      return text === '' ? null : Number(text);
    case 'text':
      return text === '' ? null : text;
    default:
      return text === '' ? as[0] : text;
  }
}
