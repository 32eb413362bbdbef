import { beforeEach, describe, expect, it } from 'vitest';
import { Connections, addressOf } from '../src/state/connections.svelte';
import { FakeDoor } from './fake-door';

describe('the connections', () => {
  let door: FakeDoor;
  let all: Connections;

  beforeEach(async () => {
    door = new FakeDoor();
    all = new Connections(door);
    await all.load();
  });

  async function addArchive(): Promise<void> {
    Object.assign(all.draft, { name: ' archive ', endpoint: 'https://s3.example', keyId: 'AK', key: 'SK' });
    await all.add();
  }

  it('keeps one with its keys, and forgets the keys', async () => {
    await addArchive();
    expect(door.calls.find(([name]) => name === 'addConnection')).toEqual([
      'addConnection',
      'archive',
      expect.objectContaining({ kind: 's3', endpoint: 'https://s3.example', region: null }),
      [
        ['access_key_id', 'AK'],
        ['secret_access_key', 'SK'],
      ],
    ]);
    expect(all.draft.secrets()).toEqual([]);
    expect(all.known?.map(addressOf)).toEqual(['https://s3.example']);
  });

  it('wants both halves of a key', () => {
    all.draft.name = 'archive';
    expect(all.draft.ready).toBe(true);
    all.draft.keyId = 'AK';
    expect(all.draft.ready).toBe(false);
    all.draft.key = 'SK';
    expect(all.draft.ready).toBe(true);
  });

  it('shows why one was not kept, and keeps what was typed but its secrets', async () => {
    door.refuses.addConnection = { code: 'connection_exists', message: 'taken', advice: 'another name' };
    all.draft.token = 'ST';
    await addArchive();
    expect(all.problem?.message).toBe('taken');
    expect(all.draft.endpoint).toBe('https://s3.example');
    expect(all.draft.secrets()).toEqual([]);
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
    all.path = ' media/incoming ';
    door.trial = {
      place: 'archive:media',
      service: 'https://s3.example',
      steps: [{ step: 'reach', result: 'failed', said: 'no', took_ms: 1 }],
    };
    await all.test();
    expect(door.calls.at(-1)).toEqual(['testConnection', 'archive:media/incoming']);
    expect(all.trial?.steps[0]?.result).toBe('failed');
    all.removing = 'archive';
    await all.remove();
    expect([all.known, all.trying, all.removing]).toEqual([[], null, null]);
  });
});
