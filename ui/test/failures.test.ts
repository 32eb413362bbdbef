import { beforeEach, describe, expect, it } from 'vitest';
import { selectionOf } from '../src/backend/door';
import type { RecordDetail } from '../src/backend/types';
import { FailureColumns } from '../src/state/columns.svelte';
import { FailureList } from '../src/state/failures.svelte';
import { PAGE } from '../src/state/paged.svelte';
import { FakeDoor, markOf } from './fake-door';
import { account, cause, failedRecord } from './samples';

const COUNT = 20 * PAGE + 7;
const HALF = Math.floor(COUNT / 2);

describe('the list of failed records', () => {
  let door: FakeDoor;
  let failures: FailureList;
  const calls = () => door.calls.filter(([name]) => name === 'listFailures');

  beforeEach(async () => {
    door = new FakeDoor();
    door.failed = Array.from({ length: COUNT }, (_, i) =>
      failedRecord(2 * i + 1, {
        category: i % 2 ? 'source_io' : 'verify_mismatch',
        source: `/from/${i}.mov`,
        note: i === 3 ? 'lost' : null,
      }),
    );
    door.caused = [
      cause(1, { category: 'verify_mismatch', count: COUNT - HALF }),
      cause(2, { category: 'source_io', count: HALF }),
    ];
    door.account = account({ left: 1 });
    failures = new FailureList(door);
    await failures.survey();
    await failures.show({ kind: 'all' });
  });

  it('begins anew without the search and the record of before', async () => {
    const known = { path: 'a.mov' } as RecordDetail;
    door.detailed = () => known;
    await failures.find('/from/7.mov');
    await failures.recall(15);
    expect([failures.list.total, failures.detail]).toEqual([1, known]);
    await failures.open();
    expect([failures.search, failures.detail, failures.list.total]).toEqual(['', null, COUNT]);
  });

  it('reads one page to begin with', () => {
    expect(calls()).toHaveLength(1);
    expect(failures.list.total).toBe(COUNT);
    expect(failures.list.row(0)?.id).toBe(1);
    expect(failures.list.row(PAGE)).toBeUndefined();
  });

  it('reads a far row with one call, and holds only pages near it', async () => {
    await failures.list.show(COUNT - 3, COUNT - 1);
    expect(failures.list.row(COUNT - 1)?.id).toBe(2 * COUNT - 1);
    expect(calls()).toHaveLength(2);
    for (let page = 1; page < 16; page += 1) await failures.list.show(page * PAGE, page * PAGE);
    expect(failures.list.row(COUNT - 1)).toBeUndefined();
    expect(failures.list.row(15 * PAGE)?.id).toBe(30 * PAGE + 1);
  });

  it('learns the true length from the last page', async () => {
    await failures.list.reload(COUNT + 500);
    await failures.list.show(COUNT - 1, COUNT - 1);
    expect(failures.list.total).toBe(COUNT);
  });

  it('holds one cause at a time, and names it to the engine', async () => {
    await failures.show({ kind: 'cause', id: 2 });
    expect(failures.list.total).toBe(HALF);
    expect(failures.list.row(0)?.category).toBe('source_io');
    expect(failures.selection()).toEqual(selectionOf({ cause: 2 }));
    await failures.show({ kind: 'left' });
    expect(failures.list.row(0)?.note).toBe('lost');
    expect(failures.list.total).toBe(1);
  });

  it('goes back to all when its cause is no more', async () => {
    await failures.show({ kind: 'cause', id: 2 });
    door.caused = [cause(1, { category: 'verify_mismatch', count: COUNT - HALF })];
    await failures.reload();
    expect(failures.shown).toEqual({ kind: 'all' });
  });

  it('orders by a column, and the other way round when it is pressed again', async () => {
    await failures.sort('size');
    expect(failures.order).toEqual({ by: 'size', descending: false });
    await failures.sort('size');
    expect(failures.order).toEqual({ by: 'size', descending: true });
    expect(failures.list.row(0)?.id).toBe(2 * COUNT - 1);
  });

  it('grows while a text is searched for, until the end is seen', async () => {
    door.lookedThrough = 40;
    await failures.find('7');
    const found = door.failed.filter((one) => one.source.includes('7')).length;
    expect(failures.list.whole).toBe(false);
    expect(failures.list.total).toBe(PAGE + 1);
    await failures.list.show(found + PAGE, found + PAGE);
    while (!failures.list.whole) {
      const end = failures.list.total - 1;
      await failures.list.show(end, end);
    }
    expect(failures.list.total).toBe(found);
    expect(failures.selection().search).toBe('7');
  });

  it('chooses one, several, a span and all', async () => {
    const { choice } = failures;
    choice.only(2);
    expect(failures.selection().ids).toEqual([5]);
    await choice.toggle(4);
    expect(failures.selection().ids).toEqual([5, 9]);
    await choice.extend(6);
    expect(failures.selection().ids).toEqual([9, 11, 13]);
    choice.all();
    expect(choice.count).toBe(COUNT);
    expect(failures.selection()).toEqual(selectionOf());
  });

  it('keeps a long span as a rule, in whatever order the list is', async () => {
    const { choice } = failures;
    choice.only(1);
    await choice.extend(15 * PAGE);
    expect(choice.count).toBe(15 * PAGE);
    const span = { by: 'number', first: markOf({ id: 3 }), last: markOf({ id: 30 * PAGE + 1 }) };
    expect(failures.selection()).toEqual(selectionOf({ span: span as never }));
    await choice.toggle(5);
    expect(failures.selection().except).toEqual([11]);
    expect(choice.count).toBe(15 * PAGE - 1);

    await failures.sort('number');
    choice.only(0);
    await choice.extend(COUNT - 2);
    expect(failures.selection().span).toEqual({
      by: 'number',
      first: markOf({ id: 3 }),
      last: markOf({ id: 2 * COUNT - 1 }),
    });
  });

  it('takes one out of all, and puts it back', async () => {
    const { choice } = failures;
    choice.all();
    await choice.toggle(0);
    expect(choice.count).toBe(COUNT - 1);
    const [first] = door.failed;
    expect(first && choice.isChosen(first, 0)).toBe(false);
    expect(failures.selection().except).toEqual([1]);
    await choice.toggle(0);
    expect(choice.everything).toBe(true);
  });

  it('drops a span when the rows have become others', async () => {
    failures.choice.only(1);
    await failures.choice.extend(15 * PAGE);
    door.caused = [cause(1, { category: 'verify_mismatch', count: COUNT + 1 })];
    await failures.reload();
    expect(failures.choice.count).toBe(0);
  });

  it('shows what is known of the record that was looked at last', async () => {
    door.detailed = (id) => ({ record: { id } }) as never;
    const answer = failures.recall(1);
    await Promise.all([answer, failures.recall(3)]);
    expect(failures.detail?.record.id).toBe(3);
  });

  it('reads the rows in view again, wherever they are', async () => {
    await failures.list.show(3 * PAGE, 3 * PAGE + 10);
    await failures.list.reload(COUNT);
    expect(failures.list.row(3 * PAGE)?.id).toBe(6 * PAGE + 1);
  });

  it('can go on after a page could not be read', async () => {
    door.refuses = { listFailures: { code: 'checkpoint_io', message: 'no', advice: '' } };
    await expect(failures.list.show(PAGE, PAGE)).rejects.toMatchObject({ code: 'checkpoint_io' });
    door.refuses = {};
    await failures.list.show(PAGE, PAGE);
    expect(failures.list.row(PAGE)?.id).toBe(2 * PAGE + 1);
  });
});

describe('the columns of failed records', () => {
  it('are kept, and those that say which record it is cannot be left out', () => {
    const kept = new Map<string, string>();
    const store = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const columns = new FailureColumns(store);
    expect(columns.shown.has('failed')).toBe(false);
    columns.toggle('failed');
    columns.toggle('message');
    const again = new FailureColumns(store);
    expect(again.shown.has('failed')).toBe(true);
    expect(again.shown.has('message')).toBe(false);
    expect(again.choosable).not.toContain('source');
    kept.set('sluice.failure-columns', 'nonsense,<b>');
    expect([...new FailureColumns(store).shown]).toEqual(['id', 'source']);
  });
});
