import { beforeEach, describe, expect, it } from 'vitest';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { aggregate } from '../../support/aggregate.ts';
import { ANY_CALL } from '../../support/fake-in-flight-notes.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import type { Doing } from '../../support/mortal-processes.ts';
import { MortalProcesses } from '../../support/mortal-processes.ts';

let world: MortalProcesses;

beforeEach(() => {
  world = new MortalProcesses();
});

/** A batch of records without harm, but for those that are named by their place. */
function batch(size: number, harmful: Readonly<Record<number, Omit<Doing, 'id'>>> = {}): KinesisRecord[] {
  const doings = Array.from({ length: size }, (_, index) => ({ id: `e${index}`, ...harmful[index] }));
  world.know(doings);
  return doings.map((data, index) => kinesisRecord({ data, index, arrivedAtMs: world.clock.now() }));
}

function ids(records: readonly KinesisRecord[], except: readonly number[] = []): Set<string> {
  return new Set(records.flatMap((_, index) => (except.includes(index) ? [] : [`e${index}`])));
}

function quarantined(): Record<string, string> {
  return Object.fromEntries(
    world.store.quarantineRows.map((row) => [String(row[1]), `${String(row[6])} ${String(row[5])}`]),
  );
}

function verdicts(records: readonly KinesisRecord[], ...indices: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    indices.map((index) => [sequenceNumber(index), `kills-function ${records[index]!.kinesis.data}`]),
  );
}

describe('a batch without harm', () => {
  it('costs a new process two calls beside its own, and a warm one none', async () => {
    const records = batch(6);
    await world.invoke(records.slice(0, 2), 'r1');
    await world.invoke(records.slice(2, 4), 'r2');
    await world.invoke(records.slice(4), 'r3');
    expect(world.reports.map(({ calls }) => calls.calls)).toEqual([3, 1, 1]);
    expect(world.notes.rows.size).toBe(0);
  });
});

describe.each(['decode', 'project', 'write'] as const)('a record that kills the process in the stage %s', (fatal) => {
  it.each([1, 31, 1000])('is found in a batch of %i, and everything else is written once', async (size) => {
    const bad = Math.floor(size / 2);
    const records = batch(size, { [bad]: { fatal } });
    await world.drain(records, { batchSize: size });
    expect(world.store.ledger).toEqual(ids(records, [bad]));
    expect(quarantined()).toEqual(verdicts(records, bad));
    expect(world.notes.rows.size).toBe(0);
  });
});

describe('deaths', () => {
  it.each([
    [1, 0, 3],
    [32, 31, 3],
    [34, 1, 4],
    [1024, 1023, 4],
    [10_000, 5_001, 5],
  ])('among %i records, with the one at %i, are %i', async (size, bad, deaths) => {
    const records = batch(size, { [bad]: { fatal: 'project' } });
    await world.drain(records, { batchSize: size });
    expect(world.deaths).toBe(deaths);
    expect(quarantined()).toEqual(verdicts(records, bad));
  });

  it('in a process that was warm leave no note, so they cost one more', async () => {
    const records = batch(64, { 40: { fatal: 'project' } });
    await world.drain(records, { batchSize: 32 });
    expect(world.deaths).toBe(4);
    expect(quarantined()).toEqual(verdicts(records, 40));
  });

  it('are told before anything runs again: where, how often, and that it was found', async () => {
    const records = batch(31, { 20: { fatal: 'project' } });
    await world.drain(records, { batchSize: 31 });
    const [first, bad, last] = [0, 20, 30].map(sequenceNumber);
    expect(world.findings).toEqual([
      { first, last, records: 31, crashes: 1, isFound: false },
      { first: bad, last: bad, records: 1, crashes: 2, isFound: false },
      { first: bad, last: bad, records: 1, crashes: 3, isFound: true },
    ]);
    expect(world.reports.map(({ crashesFound }) => crashesFound)).toEqual([1]);
  });

  it('write nothing: what is written is reported by the invocation that answers', async () => {
    const records = batch(1000, { 700: { fatal: 'project' } });
    await world.drain(records, { batchSize: 1000 });
    expect(world.reports).toHaveLength(1);
    expect(world.reports[0]).toMatchObject({ records: 1000, committedRecords: 1000, written: 999, duplicates: 0 });
    expect(world.reports[0]!.rejections.map(({ rejection }) => rejection.reason)).toEqual(['kills-function']);
  });

  it('of several records are found one after the other, and their verdicts are written together', async () => {
    const records = batch(100, { 0: { fatal: 'project' }, 50: { fatal: 'decode' }, 99: { fatal: 'project' } });
    await world.drain(records, { batchSize: 100 });
    expect(quarantined()).toEqual(verdicts(records, 0, 50, 99));
    expect(world.store.ledger).toEqual(ids(records, [0, 50, 99]));
    expect(world.reports).toHaveLength(1);
    expect(world.deaths).toBeLessThanOrEqual(12);
  });

  it('are bounded where the mapping cuts failed batches in two', async () => {
    const records = batch(31, { 20: { fatal: 'project' } });
    await world.drain(records, { batchSize: 31, bisect: true });
    expect(quarantined()).toEqual(verdicts(records, 20));
    expect(world.store.ledger).toEqual(ids(records, [20]));
    expect(world.deaths).toBeLessThanOrEqual(9);
  });
});

describe('a process that dies for no fault of a record', () => {
  it.each(['memory', 'leak'] as const)(
    'because the records of a batch are too many for its memory (%s) quarantines none of them',
    async (kind) => {
      const records = batch(400, Object.fromEntries(Array.from({ length: 400 }, (_, n) => [n, { [kind]: 0.7 }])));
      await world.drain(records, { batchSize: 400 });
      expect(world.store.ledger).toEqual(ids(records));
      expect(quarantined()).toEqual({});
      expect(world.deaths).toBeGreaterThan(0);
    },
  );

  it('because of a promise that fails late does not blame the records behind it', async () => {
    const records = batch(31, { 5: { fatalAfterMs: 150 }, 20: { fatal: 'project' } });
    await world.drain(records, { batchSize: 31 });
    const [bad] = Object.keys(verdicts(records, 20));
    expect(Object.keys(quarantined()).filter((number) => number !== bad && number !== sequenceNumber(5))).toEqual([]);
    expect(world.store.ledger.size).toBeGreaterThanOrEqual(29);
  });

  it('is not counted against a batch that was held: its note is taken away', async () => {
    const records = batch(3);
    world.isDatabaseDown = (call) => call === 'write';
    expect(await world.invoke(records, 'r1')).toMatchObject({ committedRecords: 0, hold: { reason: 'transient' } });
    expect(world.notes.rows.size).toBe(0);
    world.retire();
    world.isDatabaseDown = () => false;
    await world.invoke(records, 'r1');
    expect(world.findings).toEqual([]);
    expect(world.store.ledger).toEqual(ids(records));
  });

  it('is not counted against a batch that ran out of time: some is kept for taking the note away', async () => {
    world.callMs = 57_500;
    expect(await world.invoke(batch(3), 'r1')).toMatchObject({ committedRecords: 0, hold: { reason: 'deadline' } });
    expect(world.notes.rows.size).toBe(0);
  });

  it('is not taken for dead by itself when it could not take its note away', async () => {
    const records = batch(3);
    let calls = 0;
    world.isDatabaseDown = () => (calls += 1) > 1;
    expect(await world.invoke(records, 'r1')).toMatchObject({ committedRecords: 0, hold: { reason: 'transient' } });
    expect(world.notes.rows.size).toBe(1);
    world.isDatabaseDown = () => false;
    await world.invoke(records, 'r1');
    expect(world.findings).toEqual([]);
    expect(world.store.ledger).toEqual(ids(records));
    expect(world.notes.rows.size).toBe(0);
  });
});

describe('a batch whose projection leaves no time for the write', () => {
  const slow = (size: number, takesMs: number) =>
    batch(size, Object.fromEntries(Array.from({ length: size }, (_, index) => [index, { takesMs }])));

  it('is written in smaller portions, in few deliveries, and nothing of it is set aside', async () => {
    const records = slow(100, 590);
    expect(await world.drain(records, { batchSize: 100 })).toBeLessThan(10);
    expect(world.store.ledger).toEqual(ids(records));
    expect([world.deaths, quarantined(), world.notes.rows.size]).toEqual([0, {}, 0]);
    // The report is that of the whole batch, of which a part was written.
    expect(world.reports.map((report) => [report.records, report.hold?.reason]).slice(0, 2)).toEqual([
      [100, 'deadline'],
      [100, undefined],
    ]);
  });

  it('is remembered where it takes so long that processes die of it', async () => {
    const records = slow(100, 1_500);
    await world.drain(records, { batchSize: 100 });
    expect(world.store.ledger).toEqual(ids(records));
    // The batch and half of it; the rest comes in portions that are known to pass.
    expect([world.deaths, quarantined()]).toEqual([2, {}]);
  });

  it('is halved once more where half of it leaves no time either', async () => {
    const records = slow(100, 965);
    await world.drain(records, { batchSize: 100 });
    expect(world.store.ledger).toEqual(ids(records));
    const tried = world.reports.filter(({ events }) => events > 0);
    expect(tried.slice(0, 2).map(({ hold, events }) => [hold?.reason, events])).toEqual([
      ['deadline', 50],
      [undefined, 25],
    ]);
  });

  it('does not keep the batches behind it small for ever', async () => {
    await world.drain(slow(16, 3_700), { batchSize: 16 });
    const quick = slow(64, 1);
    await world.drain(quick, { batchSize: 16 });
    expect(world.reports.at(-1)).toMatchObject({ records: 16, committedRecords: 16 });
  });
});

describe('a batch that is held', () => {
  it('is noted with its first record that is not committed, by a process that is new to it and by a warm one', async () => {
    const records = batch(3);
    world.isDatabaseDown = (call) => call === 'write';
    await world.invoke(records, 'r1');
    await world.invoke(records, 'r1');
    const { arrivedAtMs, ...position } = { ...world.held[0] };
    expect(position).toMatchObject({ shardId: SHARD_ID, sequenceNumber: sequenceNumber(0), reason: 'transient' });
    expect(arrivedAtMs).toBe(records[0]!.kinesis.approximateArrivalTimestamp * 1000);
    expect(world.held).toHaveLength(2);
    world.isDatabaseDown = () => false;
    await world.invoke(records, 'r1');
    expect(world.held).toHaveLength(2);
  });

  it('is held all the same when it cannot be noted', async () => {
    world.isDatabaseDown = () => true;
    const report = await world.invoke(batch(1), 'r1');
    expect(report).toMatchObject({ committedRecords: 0, hold: { reason: 'transient' } });
    expect(world.held).toEqual([]);
  });
});

describe('a record that kills the process', () => {
  it("runs no code of the user as long as its batch can't be noted", async () => {
    world.isDatabaseDown = () => true;
    const records = batch(3, { 1: { fatal: 'project' } });
    expect(await world.invoke(records, 'r1')).toMatchObject({ committedRecords: 0, hold: { reason: 'transient' } });
    expect(world.seen).toEqual([]);
  });

  it('is never run again once it is in the quarantine, however often it is delivered', async () => {
    const records = batch(31, { 20: { fatal: 'project' } });
    await world.drain(records, { batchSize: 31 });
    world.retire();
    world.seen.length = 0;
    await world.drain(records, { batchSize: 31 });
    expect(world.deaths).toBe(3);
    expect(world.seen).not.toContain('e20');
  });

  it('keeps its verdict while the position is held for another reason', async () => {
    const records = batch(31, { 20: { fatal: 'project' } });
    let deliveries = 0;
    while (world.findings.at(-1)?.isFound !== true && deliveries++ < 10) {
      // The database goes down behind the call that finds the verdict.
      world.isDatabaseDown = () => world.findings.at(-1)?.isFound === true;
      await world.invoke(records, 'r1');
    }
    expect(world.deaths).toBe(3);
    world.isDatabaseDown = () => false;
    world.retire();
    await world.drain(records, { batchSize: 31, requestId: 'r1' });
    expect(world.deaths).toBe(3);
    expect(quarantined()).toEqual(verdicts(records, 20));
  });

  it('is found although the search takes longer than one invocation', async () => {
    world.callMs = 2_000;
    const records = batch(64, { 63: { fatal: 'project' } });
    await world.drain(records, { batchSize: 64 });
    expect(world.reports.map(({ hold }) => hold?.reason)).toContain('deadline');
    expect(quarantined()).toEqual(verdicts(records, 63));
    expect(world.store.ledger).toEqual(ids(records, [63]));
    // It is the search that takes long, so the batch is written as one.
    expect(world.reports.map(({ committedRecords }) => committedRecords)).toContain(64);
  });

  it('is set aside with the id of its event, which tells whether that is in effect', async () => {
    await world.drain(batch(2, { 1: { fatal: 'project' } }), { batchSize: 2 });
    expect(world.store.quarantineRows.map((row) => row[11])).toEqual(['e1']);
  });

  it('has no id when it dies before it has one', async () => {
    await world.drain(batch(2, { 1: { fatal: 'decode' } }), { batchSize: 2 });
    expect(world.store.quarantineRows.map((row) => row[11])).toEqual([null]);
  });

  it('has no id when it holds several events: that one of them is in effect says nothing about the others', async () => {
    const events: readonly Doing[] = [{ id: 'e0' }, { id: 'e1', fatal: 'project' }];
    world.know(events);
    const data = aggregate(events.map((event) => ({ partitionKey: 'key', data: JSON.stringify(event) })));
    await world.drain([kinesisRecord({ data, arrivedAtMs: world.clock.now() })], { batchSize: 1 });
    expect(world.store.quarantineRows.map((row) => row[11])).toEqual([null]);
  });
});

describe('a promise that fails late', () => {
  it('ends the process while its own record is at work, also when that is already written', async () => {
    world.callMs = 30;
    const records = batch(20, { 10: { fatalAfterMs: 50 } });
    await world.drain(records, { batchSize: 20 });
    expect(world.deaths).toBe(3);
    expect(world.store.quarantineRows.map((row) => [row[1], row[11]])).toEqual([[sequenceNumber(10), 'e10']]);
  });

  it('of another batch is not blamed on a record that is tried by itself', async () => {
    const [suspect] = batch(1);
    world.clock.advance(1);
    const died = { crashes: 2, alone: false, eventId: null, verdict: null, state: 'suspect' } as const;
    const range = { first: sequenceNumber(0), last: sequenceNumber(0) };
    const worker = { shardId: SHARD_ID, requestId: 'r1', remainingMs: 60_000, arrivedAtMs: 0 };
    await world.notes.of('gone').replace({ gone: [], kept: [{ ...range, ...died }] }, worker, ANY_CALL);
    world.know([{ id: 't1' }, { id: 't2', fatalAfterMs: 60 }]);
    for (const [n, id] of ['t1', 't2'].entries()) {
      const traffic = { id, ...(n === 1 && { fatalAfterMs: 60 }) };
      const record = kinesisRecord({ data: traffic, index: 100 + n, arrivedAtMs: world.clock.now() });
      await world.invoke([record], id);
      if (n === 0) world.clock.advance(6_000);
    }
    expect(await world.invoke([suspect!], 'r1')).toBe('died');
    expect(await world.invoke([suspect!], 'r1')).toMatchObject({ committedRecords: 1, written: 1 });
  });
});

describe('a record with which the engine itself fails', () => {
  it('is found in one process, without a death', async () => {
    const records = batch(200, { 120: { fatal: 'throw' } });
    await world.drain(records, { batchSize: 200 });
    expect(quarantined()).toEqual(verdicts(records, 120));
    expect(world.store.ledger).toEqual(ids(records, [120]));
    expect([world.deaths, world.started]).toEqual([0, 1]);
  });
});

describe('a verdict of a process that another record ends', () => {
  it('is kept for the next one', async () => {
    const records = batch(2, { 0: { fatal: 'throw' }, 1: { fatal: 'write' } });
    await world.drain(records, { batchSize: 2, maxDeliveries: 30 });
    expect(quarantined()).toEqual(verdicts(records, 0, 1));
  });
});

describe('a build that kills every process', () => {
  it('puts nothing into the quarantine: the fuse sees all of the batch', async () => {
    const records = batch(24, Object.fromEntries(Array.from({ length: 24 }, (_, n) => [n, { fatal: 'project' }])));
    await expect(world.drain(records, { batchSize: 24, maxDeliveries: 200 })).rejects.toThrow('stuck');
    expect(world.reports.at(-1)?.hold?.reason).toBe('fuse');
    expect(quarantined()).toEqual({});
  });
});

describe('processes that other batches keep warm', () => {
  /** One record twice a second, while the mapping waits before it delivers the batch again: up to 8 s, as was seen. */
  async function withTraffic(records: readonly KinesisRecord[], shard: string): Promise<void> {
    let index = 1_000;
    for (let delivery = 1; delivery <= 30; delivery += 1) {
      const outcome = await world.invoke(records, 'r1');
      if (typeof outcome === 'object' && outcome.committedRecords === records.length) return;
      const endsAtMs = world.clock.now() + Math.min(8_000, 200 * 2 ** delivery);
      do {
        index += 1;
        const other = kinesisRecord({ data: { id: `t${index}` }, index, arrivedAtMs: world.clock.now() });
        await world.invoke([{ ...other, eventID: `${shard}:${other.kinesis.sequenceNumber}` }], `traffic-${index}`);
        world.clock.advance(500);
      } while (world.clock.now() < endsAtMs);
    }
    throw new Error('never done');
  }

  it.each([
    ['another shard', 'shardId-000000000001'],
    ['another lane of the shard', 'shardId-000000000000'],
  ])('do not hide it from the search, be they of %s', async (_, shard) => {
    const records = batch(20, { 10: { fatal: 'project' } });
    await withTraffic(records, shard);
    expect(quarantined()).toEqual(verdicts(records, 10));
    expect(world.deaths).toBeLessThanOrEqual(12);
  });
});
