import { beforeEach, describe, expect, it } from 'vitest';
import { Records } from '../src/state/records.svelte';
import { FakeDoor } from './fake-door';
import { account, balance, shownRecord, verifyReport } from './samples';

describe('all records and their proof', () => {
  let door: FakeDoor;
  let records: Records;

  beforeEach(async () => {
    door = new FakeDoor();
    door.recorded = Array.from({ length: 1_200 }, (_, i) =>
      shownRecord(i + 1, i % 4 === 0 ? { part: 'failed', target: null, evidence: null } : {}),
    );
    door.account = account({
      balance: balance({ found: 1_200, delivered: 900, failed: 300 }),
      proven: [{ evidence: 'read_back', records: 900 }],
    });
    records = new Records(door);
    await records.survey();
    await records.show({});
  });

  it('opens the records behind a number of the account', async () => {
    expect(records.list.total).toBe(1_200);
    await records.show({ part: 'failed' });
    expect(records.list.total).toBe(300);
    expect(records.list.row(1)?.id).toBe(5);
    await records.show({ part: 'delivered', evidence: 'read_back' });
    expect(records.list.total).toBe(900);
  });

  it('shows the files that lie on this computer, and nothing that was not delivered', async () => {
    expect(await records.filesHere(5, false)).toEqual({ source: true, delivered: false });
    expect(await records.filesHere(6, true)).toEqual({ source: true, delivered: true });
    door.here = { source: false, delivered: true };
    expect(await records.filesHere(6, true)).toEqual({ source: false, delivered: true });
    await records.reveal(6, true);
    expect(door.calls.at(-1)).toEqual(['revealRecord', 6, true]);
  });

  it('tells how far a verification is, and what it found of some records', async () => {
    door.verified = verifyReport({ checked: 2, matching: 1, missing: 1 });
    records.choice.only(1);
    await records.choice.toggle(2);
    await records.verify(records.chosenIds);
    expect(door.calls.find(([name]) => name === 'verify')).toEqual(['verify', [2, 3]]);
    expect(records.verified?.missing).toBe(1);
    expect(records.verifying).toBeNull();
  });

  it('asks for the account anew after all of it was verified', async () => {
    const before = door.calls.filter(([name]) => name === 'reconciliation').length;
    await records.verify([]);
    expect(records.verified).toBeNull();
    expect(door.calls.filter(([name]) => name === 'reconciliation').length).toBe(before + 1);
  });

  it('asks nothing more after a verification that was ended', async () => {
    door.verify = () => Promise.resolve(null);
    const before = door.calls.length;
    await records.verify([1]);
    expect([records.verified, records.verifying, door.calls.length]).toEqual([null, null, before]);
  });

  it('can be asked again after a verification broke off', async () => {
    door.refuses = { verify: { code: 'checkpoint_io', message: 'no', advice: '' } };
    await expect(records.verify([])).rejects.toMatchObject({ code: 'checkpoint_io' });
    expect(records.verifying).toBeNull();
  });
});
