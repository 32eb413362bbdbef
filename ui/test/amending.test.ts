import { describe, expect, it } from 'vitest';
import { Amending, below } from '../src/state/amending.svelte';
import { failedRecord } from './samples';

describe('a change of failed records', () => {
  const sources = ['/mnt/tape', '/mnt/tape-restore/2019', 'C:\\Media'];

  it('begins with the path below the source that holds the record', () => {
    expect(below('/mnt/tape-restore/2019/a/b.mov', sources)).toBe('a/b.mov');
    expect(below('/mnt/tape/b.mov', sources)).toBe('b.mov');
    expect(below('C:\\Media\\a\\b.mov', sources)).toBe('a/b.mov');
    for (const path of ['/elsewhere/b.mov', '/mnt/tapX/b.mov', '/mnt/tape-2/b.mov'])
      expect(below(path, sources)).toBe(path);
  });

  it('changes only what the person changed', () => {
    const amending = new Amending(failedRecord(7), ['/mnt/tape-restore/2019']);
    expect([amending.path, amending.changes]).toEqual(['reel-7.mov', false]);
    amending.path = 'reel-7 (2).mov';
    amending.add();
    amending.fields = [
      { name: ' title ', value: 'Interview' },
      { name: 'owner', value: '' },
      { name: '', value: 'no name' },
    ];
    expect(amending.changes).toBe(true);
    expect(amending.amendment()).toEqual({
      path: 'reel-7 (2).mov',
      prefix: null,
      fields: { title: 'Interview', owner: null },
    });
  });

  it('gives several records no path', () => {
    const amending = new Amending(null, sources);
    expect([amending.path, amending.amendment().path]).toEqual([null, null]);
  });
});
