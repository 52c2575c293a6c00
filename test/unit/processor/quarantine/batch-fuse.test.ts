import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../../data-api/classify-error.ts';
import type { CommittedBatch } from '../../../../processor/ports.ts';
import { databaseError } from '../../../support/database-error.ts';
import { encodedEvent, encodedRejection } from '../../../support/encoded-event.ts';
import { FakeFuseTable } from '../../../support/fake-fuse-memory.ts';
import { BUILD, encodedEvents, FUSE, FUSE_OFF, poison, writeBatch } from '../../../support/write-batch.ts';

const rejections = (count: number) => Array.from({ length: count }, (_, n) => encodedRejection(n));
const mixed = (bad: number, good: number) => [...rejections(bad), ...encodedEvents(bad + good).slice(bad)];
const good = (count: number): CommittedBatch => ({ events: count, quarantined: 0, taken: count });

describe('the fuse', () => {
  it('holds a batch before anything is written when decoding rejected more than half', async () => {
    const { report, store } = await writeBatch(mixed(11, 9));
    expect(store.calls).toHaveLength(0);
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'fuse' } });
    expect(report.hold?.message).toMatch(
      /^11 of 20 events would be quarantined, more than 50 %, held since 2026-.*, build v, for example not-json: .* has blown .* roll back/,
    );
  });

  it('lets half of a batch through', async () => {
    expect((await writeBatch(mixed(10, 10))).report).toMatchObject({ committedRecords: 20, hold: undefined });
  });

  it('costs a batch without rejections nothing', async () => {
    const { fuseMemory, tally } = await writeBatch(encodedEvents(20));
    expect([fuseMemory.calls, tally.calls]).toEqual([0, 1]);
  });

  it.each([1, 2, 19])('holds %i events, all of them rejected, until more of the build is known', async (count) => {
    const { report, store } = await writeBatch(rejections(count));
    expect([store.calls, report.committedRecords, report.hold?.reason]).toEqual([[], 0, 'fuse']);
    expect(report.hold?.message).toContain('fewer than 20 events of this build were seen');
  });

  it('judges a small batch together with the newest writes of the build', async () => {
    expect((await writeBatch(rejections(1), { before: [good(19)] })).store.quarantine.size).toBe(1);
    expect((await writeBatch(rejections(10), { before: [good(10)] })).store.quarantine.size).toBe(10);
    expect((await writeBatch(rejections(11), { before: [good(1_000)] })).report.hold?.reason).toBe('fuse');
    // The one bad write is newer than the good one: half of the window is full of it.
    const bad = { events: 10, quarantined: 10, taken: 0 };
    expect((await writeBatch(rejections(1), { before: [good(1_000), bad] })).report.hold?.reason).toBe('fuse');
    expect((await writeBatch(rejections(1), { before: [bad, good(1_000)] })).report.hold).toBeUndefined();
  });

  it('counts what the database rejects, and then quarantines none of it', async () => {
    const { report, store } = await writeBatch(encodedEvents(20), { poison: poison(...Array(11).keys()) });
    expect(store.quarantine.size).toBe(0);
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'fuse' } });
    expect((await writeBatch(encodedEvents(20), { poison: poison(...Array(10).keys()) })).report).toMatchObject({
      committedRecords: 20,
      hold: undefined,
    });
  });

  it('judges what decoding and what the database rejected together, before any of it is quarantined', async () => {
    const items = [...rejections(8), ...encodedEvents(20).slice(8)];
    const { report, store } = await writeBatch(items, { poison: poison(8, 9, 10) });
    expect([store.quarantine.size, report.committedRecords, report.hold?.reason]).toEqual([0, 0, 'fuse']);
    const chunked = await writeBatch(items, {
      poison: poison(...Array(20).keys()),
      maxItemBytes: 1_000_000,
      chunkBytes: encodedRejection(0).bytes * 8,
    });
    expect([chunked.store.quarantine.size, chunked.report.hold?.reason]).toEqual([0, 'fuse']);
  });

  it.each([1, 8])(
    'does not take events that are in effect already for a sign that the database takes the rows of the build (%i rejected)',
    async (count) => {
      const [bad, all] = [poison(...Array(count).keys()), encodedEvents(200)];
      const inEffect = poison(...Array.from({ length: 200 - count }, (_, n) => count + n));
      const { report, store } = await writeBatch(all, { poison: bad, inEffect });
      expect([store.quarantine.size, report.hold?.reason]).toEqual([0, 'fuse']);
      // New events beside them are a sign, and so are those of the writes before.
      expect((await writeBatch(all, { poison: bad })).report.hold).toBeUndefined();
      expect((await writeBatch(all, { poison: bad, inEffect, before: [good(20)] })).report.hold).toBeUndefined();
      const repeated = { events: 1_000, quarantined: 0, taken: 0 };
      expect((await writeBatch(all, { poison: bad, inEffect, before: [repeated] })).report.hold?.reason).toBe('fuse');
    },
  );

  it('takes events that are in effect already for a sign that decoding works', async () => {
    const inEffect = poison(...Array.from({ length: 92 }, (_, n) => 8 + n));
    expect((await writeBatch(mixed(8, 92), { inEffect })).report.hold).toBeUndefined();
  });

  it('judges only what was seen when the time ran out', async () => {
    const bad = poison(...Array(60).keys());
    const { report, store } = await writeBatch(encodedEvents(200), { poison: bad, callMs: 100, budgetMs: 12_000 });
    expect(store.quarantine.size).toBe(0);
    expect(report.hold?.reason).toBe('fuse');
  });

  it('is off at 100 percent, and then asks nobody', async () => {
    const { report, store, fuseMemory } = await writeBatch(rejections(100), { fuse: FUSE_OFF });
    expect([store.quarantine.size, report.hold, fuseMemory.calls]).toEqual([100, undefined, 0]);
  });

  it('holds the position, and nothing is quarantined, while its memory cannot be read or written', async () => {
    for (const failing of [1, 2]) {
      const { report, store } = await writeBatch(rejections(30), {
        memoryFailure: (call) => (call >= failing ? databaseError('transient') : undefined),
        budgetMs: 3_000,
      });
      expect([store.quarantine.size, report.committedRecords, report.hold?.reason]).toEqual([0, 0, 'transient']);
    }
  });
});

describe('a fuse that has blown', () => {
  const blown = async () => {
    const table = new FakeFuseTable();
    await writeBatch(rejections(20), { table });
    return table;
  };

  it('holds what the build rejects in whatever batch it comes, and says the same as before', async () => {
    const table = new FakeFuseTable();
    const first = await writeBatch(rejections(20), { table });
    for (const [items, before] of [
      [rejections(1), [good(1_000)]],
      [[...encodedEvents(999), encodedRejection(999)], []],
      [rejections(7), []],
    ] as const) {
      const { report, store } = await writeBatch(items, { table, before });
      expect([store.quarantine.size, report.committedRecords]).toEqual([0, 0]);
      expect(report.hold?.message).toBe(first.report.hold?.message);
    }
  });

  it('writes what comes before the first event that the database rejects, and searches no further', async () => {
    const { report, store } = await writeBatch(encodedEvents(1_000), {
      table: await blown(),
      poison: poison(...Array.from({ length: 500 }, (_, n) => 500 + n)),
    });
    expect(report).toMatchObject({ written: 500, committedRecords: 500, hold: { reason: 'fuse' } });
    expect(store.calls.length).toBeLessThan(15);
  });

  it('lets batches without rejections pass', async () => {
    expect((await writeBatch(encodedEvents(5), { table: await blown() })).report).toMatchObject({
      committedRecords: 5,
      written: 5,
    });
  });

  it("lets an operator's word open the quarantine for what has arrived, and judges what arrives later anew", async () => {
    const table = await blown();
    const arrived = encodedEvent(29).origin.arrivedAtMs;
    table.allow(BUILD, arrived);
    const { report, store } = await writeBatch(rejections(30), { table });
    expect([store.quarantine.size, report.committedRecords, report.hold]).toEqual([30, 30, undefined]);
    const later = rejections(30).map((_, n) => encodedRejection(n, { arrivedAtMs: arrived + 1 }));
    expect((await writeBatch(later, { table })).report).toMatchObject({
      committedRecords: 0,
      hold: { reason: 'fuse' },
    });
    expect((await writeBatch(rejections(30), { table })).report.hold).toBeUndefined();
  });

  it('does not take what was allowed for a sign that the build is well', async () => {
    const table = await blown();
    const arrived = encodedEvent(29).origin.arrivedAtMs;
    table.allow(BUILD, arrived);
    const batch = [...rejections(9), encodedRejection(9, { arrivedAtMs: arrived + 1 })];
    expect((await writeBatch(batch, { table })).report).toMatchObject({
      committedRecords: 0,
      hold: { reason: 'fuse' },
    });
  });
});

describe('a build that is held until more of it is known', () => {
  it('is remembered with what was seen first, and forgotten once its rejections may pass', async () => {
    const table = new FakeFuseTable();
    const [first, second] = [await writeBatch(rejections(2), { table }), await writeBatch(rejections(1), { table })];
    expect(second.report.hold?.message).toBe(first.report.hold?.message);
    expect((await writeBatch(rejections(1), { table, before: [good(1)] })).report.hold).toBeUndefined();
    expect(table.notes.size).toBe(0);
  });

  it('has its fuse blown by more of the same', async () => {
    const table = new FakeFuseTable();
    await writeBatch(rejections(2), { table });
    await writeBatch(rejections(20), { table });
    expect(table.notes.get(BUILD)?.held).toMatchObject({ isBlown: true, rejected: 20, events: 20 });
  });
});

describe('rows that the database refuses for a reason nobody has listed', () => {
  const refused = (sqlState: string) => databaseError('refused', sqlState);
  const PAY01 = { poisonError: refused('PAY01') };
  const all = (count: number) => poison(...Array(count).keys());

  it.each([[[17]], [[0]], [[29]], [[3, 4]]])('%j of 30 are quarantined alone, and the rest is written', async (bad) => {
    const { report, store } = await writeBatch(encodedEvents(30), { ...PAY01, poison: poison(...bad) });
    expect(report).toMatchObject({ written: 30 - bad.length, committedRecords: 30, hold: undefined });
    expect(report.rejections.map(({ rejection }) => [rejection.reason, rejection.sqlState])).toEqual(
      bad.map(() => ['database', 'PAY01']),
    );
    expect(store.explained).toBe(0);
  });

  it.each([['0A000'], ['42501'], ['55000'], ['3F000'], ['28000']])(
    'with %s too, once the database has said that it takes the statement',
    async (sqlState) => {
      const { report, store } = await writeBatch(encodedEvents(30), {
        poisonError: refused(sqlState),
        poison: poison(0, 17),
      });
      expect(report).toMatchObject({ written: 28, committedRecords: 30, hold: undefined });
      // Once for the batch, and once before each of the two is blamed.
      expect(store.explained).toBe(3);
    },
  );

  it('are nobody’s fault where the database does not take the statement either: held at once, with what it says', async () => {
    const { report, store } = await writeBatch(encodedEvents(30), {
      poisonError: refused('42501'),
      poison: all(30),
      explainError: () =>
        classifyError(Object.assign(new Error('ERROR: permission denied for table t; SQLState: 42501'), { name: 'E' })),
    });
    expect([store.calls.length, store.explained, report.committedRecords]).toEqual([1, 1, 0]);
    expect(report.hold).toMatchObject({
      reason: 'configuration',
      message: expect.stringMatching(/permission denied for table t; .*grant/) as string,
    });
  });

  it.each([1, 3, 30, 300])('hold the position with advice when all %i are refused', async (count) => {
    for (const fuse of [FUSE, FUSE_OFF]) {
      const { report, store } = await writeBatch(encodedEvents(count), {
        poisonError: refused('55000'),
        poison: all(count),
        fuse,
      });
      expect([store.quarantine.size, report.committedRecords, report.hold?.reason]).toEqual([0, 0, 'configuration']);
      expect(report.hold?.message).toMatch(/refuses every event with SQLSTATE 55000, .* NOT DEFERRABLE/);
    }
  });

  it('are given up after a hundred that are refused one after the other, by a build that never wrote anything', async () => {
    const { report, store } = await writeBatch(encodedEvents(10_000), {
      ...PAY01,
      poison: all(10_000),
      fuse: FUSE_OFF,
    });
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'configuration' } });
    expect(store.calls.length).toBeLessThan(250);
  });

  it('may be many at the front of a batch: what the database takes behind them tells that they are to blame', async () => {
    const { report, store } = await writeBatch(encodedEvents(1_000), { ...PAY01, poison: all(90) });
    expect([store.quarantine.size, report.written, report.hold]).toEqual([90, 910, undefined]);
    const known = await writeBatch(encodedEvents(1_000), { ...PAY01, poison: all(300), before: [good(1)] });
    expect([known.store.quarantine.size, known.report.written, known.report.hold]).toEqual([300, 700, undefined]);
  });

  it('are quarantined in a batch of their own where the build has written before', async () => {
    const { report, store } = await writeBatch(encodedEvents(1), { ...PAY01, poison: all(1), before: [good(30)] });
    expect([store.quarantine.size, report.hold]).toEqual([1, undefined]);
  });

  it('hold the position when the database has changed since, whatever the threshold, and blow no fuse', async () => {
    for (const fuse of [FUSE, FUSE_OFF]) {
      const { report, store, fuseMemory } = await writeBatch(encodedEvents(40), {
        ...PAY01,
        poison: all(40),
        before: [good(1_000)],
        fuse,
      });
      expect([store.quarantine.size, report.hold?.reason]).toEqual([0, 'configuration']);
      expect(fuseMemory.table.notes.get(BUILD)?.held.isBlown).toBe(false);
    }
  });

  it("are let into the quarantine by an operator's word", async () => {
    const table = new FakeFuseTable();
    const options = { ...PAY01, poison: all(3), table };
    expect((await writeBatch(encodedEvents(3), options)).report.hold?.reason).toBe('configuration');
    table.allow(BUILD, encodedEvent(3).origin.arrivedAtMs);
    expect((await writeBatch(encodedEvents(3), options)).store.quarantine.size).toBe(3);
  });

  it.each([
    ['an internal error', databaseError('refused', 'XX000')],
    ['a grant that is there again when the database is asked', refused('42501')],
  ])('with %s are tried once more before they are blamed', async (_, error) => {
    for (const lastCall of [1, 2]) {
      const { report, store } = await writeBatch(encodedEvents(lastCall), {
        failure: (call) => (call <= lastCall ? { error } : undefined),
        before: [good(30)],
      });
      expect([store.ledger.size, report.committedRecords, report.hold]).toEqual([lastCall, lastCall, undefined]);
    }
  });

  it('are not to blame when a grant is revoked after the database has said that it takes the statement', async () => {
    const { report, store } = await writeBatch(encodedEvents(2), {
      poisonError: refused('42501'),
      poison: all(2),
      before: [good(30)],
      explainError: (asked) => (asked > 1 ? refused('42501') : undefined),
    });
    expect([store.quarantine.size, report.committedRecords, report.hold?.reason]).toEqual([0, 0, 'configuration']);
  });
});
