import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../src/backend/types';
import { ConnectionDraft, KINDS, type Kind, addressOf } from '../src/state/connecting.svelte';
import { Connections } from '../src/state/connections.svelte';
import { FakeDoor } from './fake-door';

describe('the connections', () => {
  let door: FakeDoor;
  let all: Connections;

  beforeEach(async () => {
    door = new FakeDoor();
    all = new Connections(door);
    await all.load();
  });

  function described(name: string, kind: Kind = 's3'): ConnectionDraft {
    all.describe(null);
    if (!all.draft) throw new Error('nothing is described');
    Object.assign(all.draft, { name, kind });
    return all.draft;
  }

  async function addArchive(): Promise<void> {
    const draft = described(' archive ');
    draft.set('endpoint', 'https://s3.example');
    draft.setSecret('access_key_id', 'AK');
    draft.setSecret('secret_access_key', 'SK');
    await all.keep();
  }

  it('keeps one with its keys, forgets the keys, and offers to try it', async () => {
    const draft = described('x');
    await addArchive();
    expect(door.calls.find(([name]) => name === 'addConnection')).toEqual([
      'addConnection',
      'archive',
      {
        kind: 's3',
        endpoint: 'https://s3.example',
        region: null,
        profile: null,
        path_style: null,
        checksum: 'crc64nvme',
        guard: 'conditional',
        copy_limit_mib: null,
        anonymous: false,
      },
      [
        ['access_key_id', 'AK'],
        ['secret_access_key', 'SK'],
      ],
    ]);
    expect([draft.secrets(), all.draft, all.trying]).toEqual([[], null, 'archive']);
    expect(all.known?.map(({ connection }) => addressOf(connection))).toEqual(['https://s3.example']);
  });

  it('wants a name, what its kind needs, and both halves of a key', () => {
    const draft = described('');
    expect(draft.ready).toBe(false);
    draft.name = 'archive';
    expect(draft.ready).toBe(true);
    draft.setSecret('access_key_id', 'AK');
    expect(draft.ready).toBe(false);
    draft.setSecret('secret_access_key', 'SK');
    expect(draft.ready).toBe(true);
    draft.kind = 'sftp';
    expect(draft.ready).toBe(false);
    draft.set('host', 'nas.example');
    expect(draft.ready).toBe(true);
    draft.set('port', 'many');
    expect(draft.ready).toBe(false);
  });

  it('sends what a kind has, and no secret of another', () => {
    const draft = described('nas', 'ftp');
    draft.setSecret('token', 'T');
    draft.setSecret('password', 'P');
    for (const [key, text] of [
      ['host', ' nas.example '],
      ['port', '2121'],
    ] as const)
      draft.set(key, text);
    expect(draft.connection()).toEqual({
      kind: 'ftp',
      host: 'nas.example',
      user: null,
      tls: 'explicit',
      port: 2121,
      sessions: null,
    });
    expect(draft.secrets()).toEqual([['password', 'P']]);
    draft.kind = 'webdav';
    expect(draft.secrets().map(([field]) => field)).toEqual(['password', 'token']);
  });

  it('asks for the secrets of whoever signs in, and for no others', () => {
    const draft = described('cloud', 'azure');
    expect(draft.secretFields).toEqual(['account_key', 'sas_token']);
    draft.setSecret('account_key', 'AK');
    draft.set('tenant', 'media.example');
    draft.setSecret('client_secret', 'CS');
    expect(draft.secrets()).toEqual([['client_secret', 'CS']]);
    draft.set('managed_identity', 'true');
    expect([draft.secretFields, draft.secrets()]).toEqual([[], []]);
  });

  it('describes one anew with all that it had, and leaves its secrets', async () => {
    const kinds: Connection[] = [
      {
        kind: 's3',
        endpoint: 'https://s3.example',
        region: 'eu',
        path_style: false,
        profile: 'p',
        anonymous: true,
        checksum: 'md5',
        guard: 'look',
        copy_limit_mib: 1024,
      },
      {
        kind: 'azure',
        account: 'media',
        endpoint: null,
        tenant: 'media.example',
        client_id: '5e20',
        authority: 'https://login.example',
        managed_identity: false,
        anonymous: false,
      },
      { kind: 'gcs', endpoint: null, key_file: '/keys/gcs.json', anonymous: false },
      { kind: 'sftp', host: 'nas', port: 2222, user: 'u', key: '/k', known_hosts: '/h', sessions: 4 },
      { kind: 'webdav', url: 'https://dam', user: null, sessions: 2 },
      { kind: 'ftp', host: 'nas', port: null, user: null, tls: 'none', sessions: null },
      { kind: 'http', url: 'https://dam', user: null, header: 'X-Key' },
    ];
    expect(kinds.map(({ kind }) => kind)).toEqual(Object.keys(KINDS));
    for (const connection of kinds) {
      const known = { name: 'one', connection, secrets: [] };
      expect(new ConnectionDraft(known).connection()).toEqual(connection);
    }
    const webdav = kinds.find(({ kind }) => kind === 'webdav') as Connection;
    const kept = { field: 'password', place: 'keychain', variable: '' } as const;
    door.known.push({ name: 'dam', connection: webdav, secrets: [kept] });
    await all.load();
    all.describe(all.known?.[0] ?? null);
    expect([all.draft?.isKept('password'), all.draft?.isKept('token')]).toEqual([true, false]);
    all.draft?.set('url', 'https://new');
    await all.keep();
    expect(door.calls.find(([name]) => name === 'changeConnection')).toEqual([
      'changeConnection',
      'dam',
      { ...webdav, url: 'https://new' },
      [],
    ]);
    expect(all.known?.map(({ connection }) => addressOf(connection))).toEqual(['https://new']);
  });

  it('shows why one was not kept, and keeps what was typed but its secrets', async () => {
    door.refuses.addConnection = { code: 'connection_exists', message: 'taken', advice: 'another name' };
    await addArchive();
    expect(all.problem?.message).toBe('taken');
    expect([all.draft?.value('endpoint'), all.draft?.secrets()]).toEqual(['https://s3.example', []]);
    expect(all.busy).toBe(false);
  });

  it('asks about a server that is not known before anybody signs in', async () => {
    const sftp = { kind: 'sftp', host: 'nas.example' } as const;
    door.known.push({ name: 'nas', connection: sftp, secrets: [] });
    await all.load();
    all.askTry('nas');
    all.path = 'in';
    await all.test();
    expect(all.stranger?.fingerprint).toBe('SHA256:abc');
    expect(door.calls.some(([name]) => name === 'testConnection')).toBe(false);
    await all.trust();
    expect(door.calls).toContainEqual(['trustHostKey', 'nas:', 'SHA256:abc']);
    expect([all.stranger, door.calls.at(-1)]).toEqual([null, ['testConnection', 'nas:in']]);
  });

  it('tries a place, and removes a connection', async () => {
    await addArchive();
    all.askTry('archive');
    expect(all.canTry).toBe(false);
    all.path = ' media/incoming ';
    door.trial = {
      place: 'archive:media',
      service: 'https://s3.example',
      steps: [{ step: 'reach', result: 'failed', said: 'no', took_ms: 1, what: null }],
    };
    await all.test();
    expect(door.calls.at(-1)).toEqual(['testConnection', 'archive:media/incoming']);
    expect(all.trial?.steps[0]?.result).toBe('failed');
    all.askRemove('archive');
    await all.remove();
    expect([all.known, all.trying, all.removing]).toEqual([[], null, null]);
  });
});
