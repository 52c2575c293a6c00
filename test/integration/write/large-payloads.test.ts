import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultDecider } from '../../../local/data-api/faults.ts';
import type { EventStore } from '../../../processor/ports.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { defineProjection, inserts } from '../../../processor/projection.ts';
import { aggregate } from '../../support/aggregate.ts';
import type { KinesisRecordOptions } from '../../support/kinesis-record.ts';
import { kinesisRecord, sequenceNumber } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** Readings of any length; a build may refuse every one that is long. */
function readings({ refusesLong = false } = {}) {
  return defineProjection({
    name: 'readings',
    schema: z.object({ id: z.string(), celsius: z.number(), noise: z.string().optional() }),
    eventId: ({ id }) => id,
    tables: { readings: inserts({ columns: { id: 'text', celsius: 'integer' } }) },
    project: ({ id, celsius, noise }) => {
      if (refusesLong && noise !== undefined) throw new RangeError('too long for this build');
      return { readings: { id, celsius } };
    },
  });
}

const MEBIBYTE = 1024 * 1024;
const FOUR_MB = 4_000_000;

let database: TestDatabase;
let decide: FaultDecider | undefined;

beforeAll(async () => {
  database = await startTestDatabase({ faults: (call) => decide?.(call) });
  await database.query('CREATE TABLE readings (id text NOT NULL, celsius integer NOT NULL CHECK (celsius >= -273))');
});

afterAll(() => database.close());

beforeEach(async () => {
  decide = undefined;
  await database.query(`TRUNCATE readings, event_processor.ledger, event_processor.quarantine,
    event_processor.quarantine_part, event_processor.batch_log`);
});

function reading(n: number, rest: object = {}): KinesisRecordOptions {
  return { data: { id: `reading-${n}`, celsius: 20, ...rest }, index: n };
}

function noise(index: number, bytes: number): KinesisRecordOptions & { readonly data: Buffer } {
  return { data: randomBytes(bytes), index };
}

function run(
  records: readonly KinesisRecordOptions[],
  on: Engine = database.createEngine(readings()),
): Promise<BatchReport> {
  const endsAt = performance.now() + 30_000;
  return processBatch(records.map(kinesisRecord), on, () => endsAt - performance.now());
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is in effect, what is set aside, and how many parts nobody has used. */
async function state(): Promise<unknown> {
  const [row] = await database.query(`SELECT (SELECT array_agg(id ORDER BY id) FROM readings) AS readings,
    (SELECT array_agg(encode(sha256(payload), 'hex') ORDER BY sequence_number, sub_sequence_number)
     FROM event_processor.quarantine WHERE applied_at IS NULL) AS quarantined,
    (SELECT count(*)::int FROM event_processor.quarantine_part) AS parts`);
  return row;
}

/** An engine whose environment dies at one of its calls, counted from 1: before the database hears of it, or after. */
function dying(at: number, when: 'before' | 'after', overrides: Partial<Engine> = {}): Engine {
  const engine = database.createEngine(readings(), overrides);
  let calls = 0;
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls === at && when === 'before') throw new TypeError('killed');
    const result = await call();
    if (calls === at) throw new TypeError('killed');
    return result;
  };
  const store: EventStore = {
    write: (...call) => around(() => engine.store.write(...call)),
    missingParents: (...call) => around(() => engine.store.missingParents(...call)),
    storePart: (...call) => around(() => engine.store.storePart(...call)),
    closeUnidentified: (...call) => around(() => engine.store.closeUnidentified(...call)),
    explain: (...call) => around(() => engine.store.explain(...call)),
  };
  return { ...engine, store };
}

describe('a record that can never succeed', () => {
  it.each([
    ['3 MB', 3_000_000, 1],
    ['4 MB', FOUR_MB, 3],
    ['10 MiB', 10 * MEBIBYTE, 5],
  ])('and has %s is quarantined whole, and the rest of its batch is written', async (_, bytes, calls) => {
    const bad = noise(1, bytes);
    const report = await run([reading(0), bad, reading(2)]);

    expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined, calls: { calls, errors: 0 } });
    expect(report.rejections.map(({ rejection }) => rejection.reason)).toEqual(['not-utf8']);
    expect(await state()).toEqual({
      readings: ['reading-0', 'reading-2'],
      quarantined: [digest(bad.data)],
      parts: 0,
    });
    expect(await database.query('SELECT quarantined FROM event_processor.batch_log')).toEqual([{ quarantined: 1 }]);
  });

  it('stays one entry when it is delivered again, with nothing left beside it', async () => {
    const batch = [reading(0), noise(1, FOUR_MB), reading(2)];
    await run(batch);
    const first = await state();
    expect(await run(batch)).toMatchObject({ written: 0, committedRecords: 3, hold: undefined });
    expect(await state()).toEqual(first);
  });

  it('is quarantined whole where the database refuses its row, and where it is part of an aggregate', async () => {
    const cold = reading(0, { celsius: -300, noise: 'x'.repeat(FOUR_MB) });
    // The largest aggregate that its producer's library makes has 1 MiB.
    const subRecords = [JSON.stringify({ id: 'reading-1', celsius: 1 }), randomBytes(900_000)];
    const packed = aggregate(subRecords.map((data, n) => ({ partitionKey: `key-${n}`, data })));
    const engine = database.createEngine(readings(), { maxRequestBytes: MEBIBYTE });
    const report = await run([cold, { data: packed, index: 1 }, reading(2)], engine);

    expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined });
    expect(await state()).toEqual({
      readings: ['reading-1', 'reading-2'],
      quarantined: [Buffer.from(JSON.stringify(cold.data)), subRecords[1] as Buffer].map(digest),
      parts: 0,
    });
    expect(
      await database.query(
        'SELECT reason, sequence_number, sub_sequence_number AS sub FROM event_processor.quarantine ORDER BY 2',
      ),
    ).toEqual([
      { reason: 'database', sequence_number: sequenceNumber(0), sub: 0 },
      { reason: 'not-utf8', sequence_number: sequenceNumber(1), sub: 1 },
    ]);
  });
});

describe('a delivery that ends anywhere', () => {
  /** Three parts and the write. */
  const BYTES = 8_000_000;
  const DEATHS = [1, 2, 3, 4].flatMap((at) => (['before', 'after'] as const).map((when) => [when, at] as const));

  it.each(DEATHS)('leaves a payload that the next one stores whole: %s call %i of 4', async (when, at) => {
    const bad = noise(1, BYTES);
    const batch = [reading(0), bad, reading(2)];
    await expect(run(batch, dying(at, when))).rejects.toThrow('killed');
    expect(await run(batch)).toMatchObject({ committedRecords: 3, hold: undefined });
    expect(await state()).toEqual({ readings: ['reading-0', 'reading-2'], quarantined: [digest(bad.data)], parts: 0 });
  });

  it('leaves parts that do not mix with those of a delivery that cuts in another way', async () => {
    const bad = noise(0, BYTES);
    await expect(run([bad], dying(4, 'before', { maxRequestBytes: 3 * MEBIBYTE }))).rejects.toThrow('killed');
    await expect(run([bad], dying(3, 'before'))).rejects.toThrow('killed');
    expect(await state()).toMatchObject({ quarantined: null, parts: 5 });
    await run([bad]);
    expect(await state()).toMatchObject({ quarantined: [digest(bad.data)], parts: 0 });
  });

  it('and whose answer was lost is repeated in the invocation, once in effect', async () => {
    const lost = new Set<string>();
    decide = ({ sql }) => {
      const sort = sql.includes('batch_log') ? 'write' : 'part';
      if (lost.has(sort)) return undefined;
      lost.add(sort);
      return { kind: 'drop-connection', when: 'after' };
    };
    const bad = noise(1, BYTES);
    const report = await run([reading(0), bad]);
    // One of the calls looks for the entry that the write without an answer has left: it has no event id.
    expect(report).toMatchObject({ committedRecords: 2, hold: undefined, calls: { calls: 7, errors: 2 } });
    expect(await state()).toEqual({ readings: ['reading-0'], quarantined: [digest(bad.data)], parts: 0 });
  });

  it('and whose parts were lost holds the position, and the next delivery stores the payload', async () => {
    const bad = noise(1, BYTES);
    const engine = database.createEngine(readings());
    const store: EventStore = {
      ...engine.store,
      write: async (parameters, options) => {
        if ('quarantine' in parameters) {
          await database.query('DELETE FROM event_processor.quarantine_part WHERE part = 1');
        }
        return engine.store.write(parameters, options);
      },
    };
    const held = await run([reading(0), bad, reading(2)], { ...engine, store });
    expect(held).toMatchObject({ committedRecords: 1, hold: { reason: 'configuration' } });
    expect(await state()).toMatchObject({ readings: ['reading-0', 'reading-2'], quarantined: null });
    expect(await run([bad, reading(2)])).toMatchObject({ committedRecords: 2, hold: undefined });
    expect(await state()).toEqual({ readings: ['reading-0', 'reading-2'], quarantined: [digest(bad.data)], parts: 0 });
  });
});

describe('deliveries at the same time', () => {
  it('of one batch store each payload once, whoever is first', async () => {
    for (let round = 0; round < 4; round += 1) {
      const bad = [noise(10 * round + 1, FOUR_MB), noise(10 * round + 2, FOUR_MB)];
      const reports = await Promise.all([run(bad), run(bad), run(bad)]);
      for (const report of reports) expect(report).toMatchObject({ committedRecords: 2, hold: undefined });
      expect(await state()).toMatchObject({ quarantined: bad.map(({ data }) => digest(data)), parts: 0 });
      await database.query('TRUNCATE event_processor.quarantine');
    }
  });

  it('of two lanes do not touch each other', async () => {
    const lanes = [0, 1].map((lane) => [reading(10 * lane), noise(10 * lane + 1, FOUR_MB), reading(10 * lane + 2)]);
    const reports = await Promise.all(lanes.map((lane) => run(lane)));
    expect(reports.map(({ written, calls }) => [written, calls.errors])).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(await state()).toMatchObject({
      quarantined: lanes.map((lane) => digest(lane[1]?.data as Buffer)),
      parts: 0,
    });
  });
});

describe('an event of any size', () => {
  const long = reading(1, { noise: 'x'.repeat(FOUR_MB) });
  const refusing = () => database.createEngine(readings({ refusesLong: true }));

  it('that is in effect does not enter the quarantine when a later build refuses it, and leaves no parts', async () => {
    await run([long]);
    expect(await run([long], refusing())).toMatchObject({ committedRecords: 1, hold: undefined });
    expect(await state()).toEqual({ readings: ['reading-1'], quarantined: null, parts: 0 });
  });

  it('leaves the quarantine when a later build takes it', async () => {
    await run([long], refusing());
    expect(await state()).toMatchObject({
      readings: null,
      quarantined: [digest(Buffer.from(JSON.stringify(long.data)))],
    });
    await run([long]);
    expect(await state()).toEqual({ readings: ['reading-1'], quarantined: null, parts: 0 });
  });
});
