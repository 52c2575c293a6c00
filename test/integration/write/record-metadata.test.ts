import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { defineProjection, inserts, versions } from '../../../processor/projection.ts';
import { aggregate } from '../../support/aggregate.ts';
import { kinesisRecord, sequenceNumber, SHARD_ID } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
});

beforeEach(() =>
  database.query(`
    DROP TABLE IF EXISTS readings, arrivals, newest, rows;
    TRUNCATE event_processor.ledger;
    CREATE TABLE readings (id text PRIMARY KEY, sensor integer NOT NULL);
    CREATE TABLE arrivals (key text, shard text, sequence numeric, sub integer, place numeric, arrived timestamptz);
    CREATE TABLE newest (sensor integer PRIMARY KEY, at integer NOT NULL, seq numeric NOT NULL, status text NOT NULL);
    CREATE TABLE rows (sensor integer PRIMARY KEY, seq numeric NOT NULL, status text NOT NULL);`),
);

afterAll(() => database.close());

async function run(projection: AnyProjection, records: readonly KinesisRecord[]) {
  const report = await processBatch(records, database.createEngine(projection), () => 10_000);
  expect(report.hold).toBeUndefined();
  return report;
}

const schema = z.object({ sensor: z.int(), at: z.int().default(0), status: z.string().default('OK') });

describe('events without an id', () => {
  const reading = { sensor: 40 };
  const records = [
    kinesisRecord({ data: reading, index: 0 }),
    kinesisRecord({ data: reading, index: 1 }),
    kinesisRecord({
      data: aggregate([1, 2].map((n) => ({ partitionKey: `${n}`, data: JSON.stringify(reading) }))),
      index: 2,
    }),
  ];
  const declaration = {
    schema,
    eventId: 'position',
    tables: { readings: inserts({ key: ['id'], columns: { id: 'text', sensor: 'integer' } }) },
  } as const;

  for (const ledger of [undefined, 'readings'] as const) {
    it(`are known by their place, ${ledger === undefined ? 'in the ledger' : 'in a table that is the ledger'}`, async () => {
      const projection = defineProjection({
        name: 'readings',
        ...declaration,
        ...(ledger !== undefined && { ledger }),
        project: ({ sensor }, _lookups, { eventId }) => ({ readings: { id: eventId, sensor } }),
      });
      expect(await run(projection, records)).toMatchObject({ written: 4, duplicates: 0 });
      expect(await run(projection, records)).toMatchObject({ written: 0, duplicates: 4 });
      expect(await run(projection, records.slice(1))).toMatchObject({ written: 0, duplicates: 3 });
      expect(await database.query('SELECT id FROM readings ORDER BY id')).toEqual(
        [`${sequenceNumber(0)}${'0'.repeat(12)}`, `${sequenceNumber(1)}${'0'.repeat(12)}`]
          .concat([`${sequenceNumber(2)}${'0'.repeat(12)}`, `${sequenceNumber(2)}000010000000`])
          .map((position) => ({ id: `${SHARD_ID}:${position}` })),
      );
    });
  }

  it('do not share a place with an event of another shard', async () => {
    const projection = defineProjection({
      name: 'readings',
      ...declaration,
      project: ({ sensor }, _lookups, { eventId }) => ({ readings: { id: eventId, sensor } }),
    });
    const elsewhere = records.map((record) => ({
      ...record,
      eventID: `shardId-000000000001:${record.kinesis.sequenceNumber}`,
    }));
    await run(projection, records);
    expect(await run(projection, elsewhere)).toMatchObject({ written: 4, duplicates: 0 });
  });
});

it('shows the record to eventId and project', async () => {
  const projection = defineProjection({
    name: 'arrivals',
    schema,
    eventId: (_event, { sequenceNumber, subSequenceNumber, partitionKey }) =>
      [sequenceNumber, subSequenceNumber, partitionKey].join(' '),
    tables: {
      arrivals: inserts({
        columns: {
          key: 'text',
          shard: 'text',
          sequence: 'numeric',
          sub: 'integer',
          place: 'position',
          arrived: 'timestamptz',
        },
      }),
    },
    project: (_event, _lookups, { record }) => ({
      arrivals: {
        key: record.partitionKey,
        shard: record.shardId,
        sequence: record.sequenceNumber,
        sub: record.subSequenceNumber,
        arrived: record.arrivedAt,
      },
    }),
  });
  const arrivedAtMs = Date.UTC(2026, 0, 1, 9, 0, 0, 123);
  const data = aggregate(['a', 'b'].map((partitionKey) => ({ partitionKey, data: '{"sensor":1}' })));
  await run(projection, [kinesisRecord({ data, index: 7, arrivedAtMs })]);
  expect(await database.query('SELECT key, shard, sequence, sub, place, arrived FROM arrivals ORDER BY sub')).toEqual(
    ['a', 'b'].map((key, sub) => ({
      key,
      shard: SHARD_ID,
      sequence: sequenceNumber(7),
      sub,
      place: `${sequenceNumber(7)}0000${sub}0000000`,
      arrived: new Date(arrivedAtMs),
    })),
  );
});

describe('a position as the version', () => {
  const columns = { status: 'text' } as const;
  const byPosition = defineProjection({
    name: 'rows',
    schema,
    eventId: 'position',
    tables: { rows: versions({ key: { sensor: 'integer' }, version: { seq: 'position' }, columns }) },
    project: ({ sensor, status }) => ({ rows: { sensor, status } }),
  });
  const tieBreak = defineProjection({
    name: 'newest',
    schema,
    eventId: 'position',
    tables: { newest: versions({ key: { sensor: 'integer' }, version: { at: 'integer', seq: 'position' }, columns }) },
    project: ({ sensor, at, status }) => ({ newest: { sensor, at, status } }),
  });
  const event = (index: number, status: string, at = 0) => kinesisRecord({ data: { sensor: 1, at, status }, index });

  it('keeps what is later in the stream, in whichever order batches come', async () => {
    await run(byPosition, [event(5, 'paid'), event(6, 'shipped')]);
    expect(await run(byPosition, [event(3, 'new'), event(4, 'held')])).toMatchObject({ written: 0, superseded: 2 });
    expect(await database.query('SELECT status FROM rows')).toEqual([{ status: 'shipped' }]);
  });

  it('tells apart what has one timestamp, as the changes of a transaction have', async () => {
    await run(tieBreak, [event(0, 'new', 1), event(1, 'paid', 1), event(2, 'shipped', 1)]);
    expect(await database.query('SELECT status FROM newest')).toEqual([{ status: 'shipped' }]);
    await run(tieBreak, [event(8, 'older', 0)]);
    await run(tieBreak, [event(4, 'returned', 1)]);
    // A late one of the same time does not go back.
    await run(tieBreak, [event(3, 'held', 1)]);
    expect(await database.query('SELECT status FROM newest')).toEqual([{ status: 'returned' }]);
  });
});
