import { describe, expect, it } from 'vitest';
import { databaseError } from '../../../support/database-error.ts';
import { encodedEvent, encodedRejection } from '../../../support/encoded-event.ts';
import type { FakeEventStoreOptions } from '../../../support/fake-event-store.ts';
import { sequenceNumber } from '../../../support/kinesis-record.ts';
import { encodedEvents, FUSE_OFF, poison, writeBatch } from '../../../support/write-batch.ts';

/** A failure of the n-th call. */
function failing(call: number, error: Error): NonNullable<FakeEventStoreOptions['failure']> {
  return (made) => (made === call ? { error } : undefined);
}

const isQuarantineWrite = (parameters: Readonly<Record<string, string>>) =>
  parameters['events'] === '[]' && parameters['quarantine'] !== undefined;

describe('a batch without trouble', () => {
  it('is one statement per chunk, in stream order', async () => {
    const { report, store } = await writeBatch(encodedEvents(10), { chunkBytes: encodedEvent(0).bytes * 4 });
    expect(store.calls).toHaveLength(3);
    expect([...store.ledger]).toEqual(encodedEvents(10).map((_, n) => `event-${n}`));
    expect(report).toMatchObject({
      written: 10,
      settledEvents: 10,
      committedRecords: 10,
      hold: undefined,
      rejections: [],
    });
  });

  it('quarantines what was rejected before the write along with the rest', async () => {
    const { report, store } = await writeBatch([encodedEvent(0), encodedRejection(1), encodedEvent(2)]);
    expect(store.calls).toHaveLength(1);
    expect([...store.quarantine.keys()]).toEqual([`${sequenceNumber(1)}/0`]);
    expect(report).toMatchObject({ written: 2, settledEvents: 2, committedRecords: 3 });
    expect(report.rejections.map(({ rejection }) => rejection.reason)).toEqual(['not-json']);
  });

  it('that has no items is nothing to do', async () => {
    const { report, store } = await writeBatch([]);
    expect([store.calls.length, report.committedRecords, report.hold]).toEqual([0, 0, undefined]);
  });

  it('whose answer was lost is written again, and counts as duplicates', async () => {
    const lost = { error: databaseError('unknown'), committed: true };
    const { report, store } = await writeBatch(encodedEvents(3), {
      failure: (call) => (call === 1 ? lost : undefined),
    });
    expect([...store.ledger]).toHaveLength(3);
    expect(report).toMatchObject({ written: 0, settledEvents: 3, committedRecords: 3, hold: undefined });
  });
});

describe('rows that the database rejects', () => {
  it.each([[[0]], [[39]], [[3, 4]], [[0, 20, 39]], [[7, 8, 9]]])(
    '%j of 40 are found and all others written',
    async (indexes) => {
      const { report, store } = await writeBatch(encodedEvents(40), { poison: poison(...indexes) });
      expect([...store.ledger]).toEqual(
        encodedEvents(40).flatMap((_, n) => (indexes.includes(n) ? [] : [`event-${n}`])),
      );
      expect([...store.quarantine.keys()]).toEqual(indexes.map((n) => `${sequenceNumber(n)}/0`));
      expect(report).toMatchObject({ written: 40 - indexes.length, committedRecords: 40, hold: undefined });
      expect(report.rejections.map(({ rejection }) => [rejection.reason, rejection.sqlState])).toEqual(
        indexes.map(() => ['database', '22007']),
      );
    },
  );

  it('come to the quarantine in one statement, with payload and the number of attempts', async () => {
    const { store } = await writeBatch(encodedEvents(8), { poison: poison(2, 5) });
    expect(store.calls.filter(isQuarantineWrite)).toHaveLength(1);
    expect(store.quarantineRows.map((row) => [row[5], row[6], row[8], row[10]])).toEqual([
      [Buffer.from('payload 2').toString('base64'), 'database', '22007', 4],
      [Buffer.from('payload 5').toString('base64'), 'database', '22007', 4],
    ]);
  });

  it('do not stop for failures that pass on the way', async () => {
    const { report, store } = await writeBatch(encodedEvents(40), {
      poison: poison(11),
      failure: (call) => (call % 3 === 0 ? { error: databaseError('transient', '40001') } : undefined),
    });
    expect([store.ledger.size, store.quarantine.size, report.committedRecords]).toEqual([39, 1, 40]);
  });
});

describe('a hold in the middle', () => {
  it('keeps the chunks before it and names the first record after them', async () => {
    const { report, store } = await writeBatch(encodedEvents(9), {
      chunkBytes: encodedEvent(0).bytes * 3,
      failure: failing(2, databaseError('configuration', '42P01')),
    });
    expect(store.ledger.size).toBe(3);
    expect(report).toMatchObject({ written: 3, committedRecords: 3, hold: { reason: 'configuration' } });
  });

  it('inside an aggregate holds the whole record', async () => {
    const subEvents = Array.from({ length: 6 }, (_, n) =>
      encodedEvent(n, { recordIndex: Math.floor(n / 4), subSequenceNumber: n % 4 }),
    );
    const { report, store } = await writeBatch(subEvents, {
      chunkBytes: encodedEvent(0).bytes * 3,
      failure: failing(2, databaseError('configuration', '42P01')),
    });
    expect(store.ledger.size).toBe(3);
    expect(report.committedRecords).toBe(0);
  });

  it('still quarantines what the database rejected before it', async () => {
    const { report, store } = await writeBatch(encodedEvents(8), {
      chunkBytes: encodedEvent(0).bytes * 4,
      poison: poison(1),
      failure: (_call, { events: ids }) =>
        ids?.includes('event-4') ? { error: databaseError('configuration', '42P01') } : undefined,
    });
    expect([...store.quarantine.keys()]).toEqual([`${sequenceNumber(1)}/0`]);
    expect(report).toMatchObject({ committedRecords: 4, hold: { reason: 'configuration' } });
  });

  it('of any other kind of failure keeps what is committed too', async () => {
    const { report } = await writeBatch(encodedEvents(4), {
      chunkBytes: encodedEvent(0).bytes * 2,
      failure: failing(2, databaseError('too-large')),
    });
    expect(report).toMatchObject({ committedRecords: 2, hold: { reason: 'configuration' } });
  });

  it('is not made of a bug: that is thrown', async () => {
    await expect(writeBatch(encodedEvents(1), { failure: failing(1, new TypeError('bug')) })).rejects.toThrow('bug');
  });
});

describe('a quarantine that cannot be written', () => {
  it('holds the position at the first record that needs it, and nothing is lost', async () => {
    const { report, store } = await writeBatch(encodedEvents(8), {
      poison: poison(3, 6),
      failure: (_call, parameters) =>
        isQuarantineWrite(parameters) ? { error: databaseError('rejection', '23502') } : undefined,
    });
    expect([store.ledger.size, store.quarantine.size]).toEqual([6, 0]);
    expect(report).toMatchObject({
      committedRecords: 3,
      rejections: [],
      hold: {
        reason: 'configuration',
        message: "the quarantine can't be written: DatabaseErrorException with SQLSTATE 23502",
      },
    });
  });

  it('is no reason to blame the events beside it: they are written, and the position stays on the rejection', async () => {
    const { report, store } = await writeBatch(
      [encodedEvent(0), encodedRejection(1), encodedEvent(2), encodedEvent(3)],
      {
        failure: (_call, { quarantine }) =>
          quarantine === undefined ? undefined : { error: databaseError('rejection', '23502') },
      },
    );
    expect([[...store.ledger], store.quarantine.size]).toEqual([['event-0', 'event-2', 'event-3'], 0]);
    expect(report).toMatchObject({ committedRecords: 1, hold: { reason: 'configuration' } });
  });

  it('does not hide the hold that came first', async () => {
    const { report } = await writeBatch(encodedEvents(8), {
      chunkBytes: encodedEvent(0).bytes * 4,
      poison: poison(1),
      failure: (_call, parameters) =>
        parameters['events']?.includes('event-4')
          ? { error: databaseError('configuration', '42P01') }
          : isQuarantineWrite(parameters)
            ? { error: databaseError('rejection', '23502') }
            : undefined,
    });
    expect(report).toMatchObject({
      committedRecords: 1,
      hold: { message: expect.stringContaining('42P01') as string },
    });
  });
});

describe('a search that does not end in time', () => {
  it('keeps what it found, so that the next delivery gets further', async () => {
    const bad = poison(...[...Array(200).keys()].filter((n) => n % 3 === 0));
    const { report, store } = await writeBatch(encodedEvents(200), { poison: bad, callMs: 100, budgetMs: 8_000 });
    expect(report.hold?.reason).toBe('deadline');
    expect(report.committedRecords).toBeGreaterThan(10);
    expect(report.rejections).toHaveLength(store.quarantine.size);
    expect(store.quarantine.size).toBe(Math.ceil(report.committedRecords / 3));
  });
});

describe('a rejected payload that no request can hold', () => {
  const MAX_ITEM_BYTES = 4_000;
  const PAYLOAD = Buffer.alloc(9_000, 'large').toString('base64');
  const PARTS = 3;
  const large = encodedRejection(1, { payload: PAYLOAD }, MAX_ITEM_BYTES);
  const place = `${sequenceNumber(1)}/0`;

  it('is sent ahead in parts, and its chunk is one statement as ever', async () => {
    const { report, store, tally } = await writeBatch([encodedEvent(0), large, encodedEvent(2)], {
      fuse: FUSE_OFF,
      maxItemBytes: MAX_ITEM_BYTES,
    });
    expect([store.partCalls.length, store.calls.length, tally.calls]).toEqual([PARTS, 1, PARTS + 1]);
    expect([...store.ledger]).toEqual(['event-0', 'event-2']);
    expect([store.quarantine.get(place), store.parts.size]).toEqual([PAYLOAD, 0]);
    expect(report).toMatchObject({ written: 2, settledEvents: 2, committedRecords: 3, hold: undefined });
    expect(report.rejections).toEqual([large]);
  });

  it('is sent once where its chunk is cut for another event', async () => {
    const items = [encodedEvent(0), large, ...encodedEvents(16).slice(2)];
    const { report, store } = await writeBatch(items, {
      fuse: FUSE_OFF,
      maxItemBytes: MAX_ITEM_BYTES,
      poison: poison(0, 9),
    });
    expect(store.partCalls).toHaveLength(PARTS);
    expect(store.quarantine.get(place)).toBe(PAYLOAD);
    expect(report).toMatchObject({ written: 13, committedRecords: 16, hold: undefined });
  });

  it('waits for the quarantine with the others where the database gave the verdict', async () => {
    const items = [encodedEvent(0), encodedEvent(1, { payload: PAYLOAD }), encodedEvent(2)];
    const { report, store } = await writeBatch(items, {
      fuse: FUSE_OFF,
      maxItemBytes: MAX_ITEM_BYTES,
      poison: poison(0, 1),
    });
    expect(store.calls.filter(isQuarantineWrite)).toHaveLength(1);
    expect([store.partCalls.length, store.quarantine.get(place)]).toEqual([PARTS, PAYLOAD]);
    expect(report).toMatchObject({ written: 1, committedRecords: 3, hold: undefined });
  });

  it('is sent again where a part fails and that passes', async () => {
    const { report, store } = await writeBatch([large], {
      fuse: FUSE_OFF,
      maxItemBytes: MAX_ITEM_BYTES,
      failure: (call) => (call === 2 ? { error: databaseError('unknown'), committed: true } : undefined),
    });
    expect(store.partCalls).toHaveLength(PARTS + 1);
    expect(store.quarantine.get(place)).toBe(PAYLOAD);
    expect(report).toMatchObject({ committedRecords: 2, hold: undefined });
  });

  it.each([['configuration', '42P01'] as const, ['rejection', '23502'] as const, ['timeout', '57014'] as const])(
    'holds the position where a part cannot be stored for a %s, and passes nothing that is not stored',
    async (kind, sqlState) => {
      const { report, store } = await writeBatch([encodedEvent(0), large, encodedEvent(2)], {
        fuse: FUSE_OFF,
        maxItemBytes: MAX_ITEM_BYTES,
        failure: (_call, { bytes }) => (bytes === undefined ? undefined : { error: databaseError(kind, sqlState) }),
      });
      // A configuration is held at once; of the others it is first seen whose fault it is, and the events are written.
      const isHeldAtOnce = kind === 'configuration';
      expect([store.ledger.size, store.quarantine.size]).toEqual([isHeldAtOnce ? 0 : 2, 0]);
      expect(report).toMatchObject({
        committedRecords: isHeldAtOnce ? 0 : 1,
        hold: { reason: kind === 'timeout' ? 'transient' : 'configuration' },
      });
    },
  );

  it('ends the batch where the time does not last for its parts, and is whole after the next delivery', async () => {
    const options = { fuse: FUSE_OFF, maxItemBytes: MAX_ITEM_BYTES, callMs: 1_000 };
    const { report, store } = await writeBatch([encodedEvent(0), large], { ...options, budgetMs: 2_500 });
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'deadline' } });
    expect([store.ledger.size, store.quarantine.size]).toEqual([0, 0]);
    expect((await writeBatch([encodedEvent(0), large], { ...options, budgetMs: 5_000 })).report).toMatchObject({
      committedRecords: 2,
      hold: undefined,
    });
  });

  it('keeps back the time for its parts and its entry once it waits', async () => {
    // Of 40 s the search may use all but the 8 s of three parts and one write.
    const items = [encodedEvent(0, { payload: PAYLOAD }), ...encodedEvents(40).slice(1)];
    const { report, store } = await writeBatch(items, {
      fuse: FUSE_OFF,
      maxItemBytes: MAX_ITEM_BYTES,
      chunkBytes: encodedEvent(0).bytes,
      poison: poison(0),
      callMs: 2_000,
      budgetMs: 40_000,
    });
    expect(report.hold?.reason).toBe('deadline');
    expect(store.quarantine.size).toBe(1);
    expect(report.committedRecords).toBe(16);
  });
});
