import { beforeEach, describe, expect, it } from 'vitest';
import { selectionOf } from '../src/backend/door';
import { FailureList, PAGE } from '../src/state/failures.svelte';
import { FakeDoor } from './fake-door';
import { failedRecord } from './samples';

const COUNT = 20 * PAGE + 7;

describe('the list of failed records', () => {
  let door: FakeDoor;
  let list: FailureList;
  const pages = () => door.calls.filter(([name]) => name === 'failures').length;

  beforeEach(async () => {
    door = new FakeDoor();
    door.failed = Array.from({ length: COUNT }, (_, i) =>
      failedRecord(2 * i + 1, { category: i % 2 ? 'source_io' : 'verify_mismatch' }),
    );
    list = new FailureList(door);
    await list.reset(null, COUNT);
  });

  it('reads one page to begin with', () => {
    expect(pages()).toBe(1);
    expect(list.row(0)?.id).toBe(1);
    expect(list.row(PAGE)).toBeUndefined();
  });

  it('walks by key to a far row, and holds only pages near it', async () => {
    await list.show(COUNT - 3, COUNT - 1);
    expect(list.row(COUNT - 1)?.id).toBe(2 * COUNT - 1);
    expect(pages()).toBe(21);
    expect(list.row(PAGE)).toBeUndefined();
    await list.show(PAGE, PAGE + 10);
    expect(list.row(PAGE)?.id).toBe(2 * PAGE + 1);
    expect(pages()).toBe(22);
  });

  it('learns the true length from the last page', async () => {
    await list.reload(COUNT + 500);
    await list.show(COUNT - 1, COUNT - 1);
    expect(list.total).toBe(COUNT);
  });

  it('holds one cause at a time', async () => {
    await list.reset('source_io', (COUNT - 1) / 2);
    expect(list.row(0)?.category).toBe('source_io');
    expect(list.row(1)?.id).toBe(7);
  });

  it('chooses one, several, a span and all', async () => {
    list.chooseOnly(2);
    expect([...list.chosen]).toEqual([5]);
    await list.toggle(4);
    expect([...list.chosen]).toEqual([5, 9]);
    await list.extend(6);
    expect([...list.chosen]).toEqual([9, 11, 13]);
    list.chooseAll();
    expect(list.chosenCount).toBe(COUNT);
    expect(list.selection()).toEqual(selectionOf());
  });

  it('chooses a span across pages that are not held', async () => {
    list.chooseOnly(1);
    await list.extend(15 * PAGE);
    expect(list.chosenCount).toBe(15 * PAGE);
  });

  it('takes one out of all', async () => {
    list.chooseAll();
    await list.toggle(0);
    expect(list.chosenCount).toBe(COUNT - 1);
    expect(list.chosen.has(1)).toBe(false);
  });

  it('shows the history of the record that was looked at last', async () => {
    const answer = list.recall(1);
    await Promise.all([answer, list.recall(3)]);
    expect(list.history?.record).toBe(3);
  });

  it('reads the rows in view again, wherever they are', async () => {
    await list.show(3 * PAGE, 3 * PAGE + 10);
    await list.reload(COUNT);
    expect(list.row(3 * PAGE)?.id).toBe(6 * PAGE + 1);
  });

  it('can go on after a page could not be read', async () => {
    door.refuses = { failures: { code: 'checkpoint_io', message: 'no', advice: '' } };
    await expect(list.show(PAGE, PAGE)).rejects.toMatchObject({ code: 'checkpoint_io' });
    door.refuses = {};
    await list.show(PAGE, PAGE);
    expect(list.row(PAGE)?.id).toBe(2 * PAGE + 1);
  });
});
