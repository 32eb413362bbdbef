import { beforeEach, describe, expect, it } from 'vitest';
import { selectionOf } from '../src/backend/door';
import { Amending } from '../src/state/amending.svelte';
import { FakeDoor } from './fake-door';
import { failedRecord } from './samples';

const one = { selection: selectionOf({ ids: [7] }), records: 1, record: failedRecord(7) };
const many = { selection: selectionOf({ cause: 3 }), records: 4_000, record: null };
const nothing = { path: null, prefix: null, replace: null, fields: {} };

describe('a change of failed records', () => {
  let door: FakeDoor;
  beforeEach(() => (door = new FakeDoor()));

  it('changes only what the person changed', () => {
    const amending = new Amending(door, one, 'reel-7.mov');
    expect([amending.path, amending.changes]).toEqual(['reel-7.mov', false]);
    amending.path = 'reel-7 (2).mov';
    amending.add();
    amending.fields = [
      { name: ' title ', value: 'Interview' },
      { name: 'owner', value: '' },
      { name: '', value: 'no name' },
    ];
    expect(amending.changes).toBe(true);
    expect(amending.amendment).toEqual({
      ...nothing,
      path: 'reel-7 (2).mov',
      fields: { title: 'Interview', owner: null },
    });
  });

  it('changes the paths of many by a rule', () => {
    const amending = new Amending(door, many, null);
    amending.from = 'Z:/Archiv/';
    expect(amending.changes).toBe(false);
    amending.way = 'prefix';
    expect(amending.amendment).toEqual({ ...nothing, prefix: ['Z:/Archiv/', ''] });
    amending.way = 'replace';
    amending.to = 'archive/';
    expect(amending.amendment).toEqual({ ...nothing, replace: ['Z:/Archiv/', 'archive/'] });
  });

  it('shows what the change would do as it is described now', async () => {
    door.previewed = { chosen: 4_000, changed: 12, examples: [], refused: [] };
    const amending = new Amending(door, many, null);
    await amending.look();
    expect(amending.preview).toBeNull();
    amending.fields = [{ name: 'title', value: 'x' }];
    await amending.look();
    expect(amending.preview?.changed).toBe(12);
    amending.fields = [];
    await amending.look();
    expect(amending.preview).toBeNull();
  });
});
