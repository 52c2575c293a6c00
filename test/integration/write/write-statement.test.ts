import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BatchReport } from '../../../processor/process-batch.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection, inserts, versions } from '../../../processor/projection.ts';
import type { KinesisRecordOptions } from '../../support/kinesis-record.ts';
import { kinesisRecord, sequenceNumber } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** A sale per event: a row, a counter per shop, the newest price per article. */
const sales = defineProjection({
  name: 'sales',
  schema: z.object({ id: z.string(), shop: z.string(), article: z.string(), cents: z.number(), at: z.number() }),
  eventId: (sale) => sale.id,
  tables: {
    'trade.sales': inserts({ columns: { id: 'text', shop: 'text', cents: 'integer', note: 'text?' } }),
    shops: counters({ key: { shop: 'text' }, counters: { sales: 'bigint', cents: 'bigint' } }),
    prices: versions({
      key: { article: 'text' },
      version: { at: 'bigint' },
      columns: { cents: 'integer' },
      removes: false,
    }),
    last_sales: versions({
      key: { branch: 'text' },
      version: { id: 'text' },
      columns: { cents: 'integer', note: 'text?' },
      from: { table: 'trade.sales', columns: { branch: 'shop' } },
    }),
  },
  project: ({ id, shop, article, cents, at }) => ({
    'trade.sales': { id, shop, cents, note: null },
    shops: { shop, sales: 1, cents },
    prices: { article, at, cents },
  }),
});

let database: TestDatabase;
let engine: Engine;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE SCHEMA trade;
    CREATE TABLE trade.sales (id text, shop text NOT NULL, cents integer NOT NULL CHECK (cents >= 0), note text);
    CREATE TABLE shops (shop text PRIMARY KEY, sales bigint NOT NULL, cents bigint NOT NULL);
    CREATE TABLE prices (article text PRIMARY KEY, at bigint NOT NULL, cents integer NOT NULL);
    CREATE TABLE last_sales (branch text PRIMARY KEY, id text NOT NULL, cents integer NOT NULL, note text);`);
});

beforeEach(async () => {
  await database.query(
    'TRUNCATE trade.sales, shops, prices, last_sales, event_processor.ledger, event_processor.quarantine, event_processor.batch_log',
  );
  engine = database.createEngine(sales);
});

afterAll(() => database.close());

interface Sale {
  readonly id: string;
  readonly shop?: string;
  readonly article?: string;
  readonly cents?: number;
  readonly at?: number;
}

function sale({ id, shop = 'north', article = 'tea', cents = 100, at = 1 }: Sale): KinesisRecordOptions {
  return { data: { id, shop, article, cents, at }, partitionKey: article };
}

function run(parts: readonly KinesisRecordOptions[], { on = engine, startAt = 0 } = {}): Promise<BatchReport> {
  const records = parts.map((part, index) => kinesisRecord({ ...part, index: startAt + index }));
  return processBatch(records, on, () => 30_000);
}

describe('a table that takes its rows from another one', () => {
  it('gets those of fresh events only, the newest per key', async () => {
    await run([sale({ id: 'b', cents: 1 }), sale({ id: 'c', shop: 'south', cents: 2 }), sale({ id: 'a', cents: 3 })]);
    await database.query('DELETE FROM last_sales');
    await run([sale({ id: 'c', shop: 'south', cents: 4 }), sale({ id: 'a0', cents: 5 }), sale({ id: 'a1', cents: 6 })]);
    expect(await database.query('SELECT * FROM last_sales')).toEqual([
      { branch: 'north', id: 'a1', cents: 6, note: null },
    ]);
  });

  it('rejects the event alone that its own rules refuse, rows of the other table included', async () => {
    await database.query('ALTER TABLE last_sales ADD CONSTRAINT cheap CHECK (cents < 1000)');
    try {
      const report = await run([sale({ id: 'a' }), sale({ id: 'b', shop: 'south', cents: 5000 }), sale({ id: 'c' })]);
      expect(report).toMatchObject({ written: 2, committedRecords: 3 });
      expect(await database.query('SELECT id FROM trade.sales ORDER BY id')).toEqual([{ id: 'a' }, { id: 'c' }]);
      expect(await database.query('SELECT event_id FROM event_processor.quarantine')).toEqual([{ event_id: 'b' }]);
    } finally {
      await database.query('ALTER TABLE last_sales DROP CONSTRAINT cheap');
    }
  });
});

describe('an event that comes twice', () => {
  it('has one effect when both are in one batch', async () => {
    const report = await run([sale({ id: 'a' }), sale({ id: 'b' }), sale({ id: 'a' })]);

    expect(report).toMatchObject({ events: 3, written: 2, duplicates: 1, committedRecords: 3 });
    expect(await database.query('SELECT id FROM trade.sales ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(await database.query('SELECT sales, cents FROM shops')).toEqual([{ sales: '2', cents: '200' }]);
  });

  it('has one effect when both are in batches that run at the same time', async () => {
    const other = database.createEngine(sales);
    const batch = Array.from({ length: 200 }, (_, index) =>
      sale({ id: `event-${index}`, article: `article-${index}` }),
    );

    const reports = await Promise.all([run(batch), run(batch.toReversed(), { on: other, startAt: 500 })]);

    expect(reports.map(({ written, duplicates }) => written + duplicates)).toEqual([200, 200]);
    expect(reports[0].written + reports[1].written).toBe(200);
    expect(await database.query('SELECT sales, cents FROM shops')).toEqual([{ sales: '200', cents: '20000' }]);
    expect(await database.query('SELECT count(*) FROM trade.sales')).toEqual([{ count: '200' }]);
  });

  it('has one effect when the second comes days later with another sequence number', async () => {
    await run([{ ...sale({ id: 'a' }), arrivedAtMs: Date.UTC(2026, 0, 1) }]);
    const report = await run([{ ...sale({ id: 'a' }), arrivedAtMs: Date.UTC(2026, 0, 9) }], { startAt: 100 });

    expect(report).toMatchObject({ written: 0, duplicates: 1 });
    expect(await database.query('SELECT sales FROM shops')).toEqual([{ sales: '1' }]);
  });
});

describe('several events with one key in one batch', () => {
  it('add up in a counter', async () => {
    await run([sale({ id: 'a', cents: 1 }), sale({ id: 'b', cents: 2 }), sale({ id: 'c', cents: 4, shop: 'south' })]);
    expect(await database.query('SELECT * FROM shops ORDER BY shop')).toEqual([
      { shop: 'north', sales: '2', cents: '3' },
      { shop: 'south', sales: '1', cents: '4' },
    ]);
  });

  it('leave the newest version, whatever their order', async () => {
    await run([
      sale({ id: 'a', at: 2, cents: 20 }),
      sale({ id: 'b', at: 9, cents: 90 }),
      sale({ id: 'c', at: 5, cents: 50 }),
    ]);
    expect(await database.query('SELECT at, cents FROM prices')).toEqual([{ at: '9', cents: 90 }]);
  });

  it('leave the later in the stream of equal versions, in one batch and over two', async () => {
    await run([sale({ id: 'a', at: 5, cents: 1 }), sale({ id: 'b', at: 5, cents: 2 })]);
    expect(await database.query('SELECT cents FROM prices')).toEqual([{ cents: 2 }]);
    await run([sale({ id: 'c', at: 5, cents: 3 })], { startAt: 10 });
    expect(await database.query('SELECT cents FROM prices')).toEqual([{ cents: 3 }]);
  });
});

describe('a version', () => {
  it('never goes backwards', async () => {
    await run([sale({ id: 'a', at: 9, cents: 90 })]);
    await run([sale({ id: 'b', at: 8, cents: 80 })], { startAt: 10 });
    expect(await database.query('SELECT at, cents FROM prices')).toEqual([{ at: '9', cents: 90 }]);
  });

  it('compares as its type does: 10 is newer than 9', async () => {
    await run([sale({ id: 'a', at: 9 }), sale({ id: 'b', at: 10, cents: 10 })]);
    expect(await database.query('SELECT at FROM prices')).toEqual([{ at: '10' }]);
  });
});

describe('parallel batches over the same keys', () => {
  const LANES = 4;

  async function runInParallel(
    batchOf: (lane: number, round: number) => KinesisRecordOptions[],
  ): Promise<BatchReport[]> {
    const engines = Array.from({ length: LANES }, () => database.createEngine(sales));
    const reports: BatchReport[] = [];
    for (let round = 0; round < 8; round += 1) {
      const running = engines.map((on, lane) => run(batchOf(lane, round), { on, startAt: lane * 10_000 }));
      reports.push(...(await Promise.all(running)));
    }
    return reports;
  }

  it('never deadlock on counters and versions, because rows are locked in the order of their keys', async () => {
    // Each lane meets another half of the keys in another order, as hashing and arrival would have it.
    const reports = await runInParallel((lane, round) =>
      Array.from({ length: 1000 }, (_, index) => {
        const key = (index * [7, 11, 13, 17][lane]! + lane * 500) % 2000;
        return sale({ id: `${round}-${lane}-${index}`, shop: `shop-${key}`, article: `article-${key}`, at: round });
      }),
    );

    expect(reports.map(({ calls }) => calls.errors)).toEqual(reports.map(() => 0));
    expect(await database.query('SELECT sum(sales) FROM shops')).toEqual([{ sum: '32000' }]);
  });

  it('never deadlock on the ledger, when the same events come in opposite order', async () => {
    const reports = await runInParallel((lane, round) => {
      const batch = Array.from({ length: 1000 }, (_, index) => sale({ id: `${round}-${index}`, shop: `shop-${lane}` }));
      return lane % 2 === 0 ? batch : batch.toReversed();
    });

    expect(reports.map(({ calls }) => calls.errors)).toEqual(reports.map(() => 0));
    expect(await database.query('SELECT sum(sales) FROM shops')).toEqual([{ sum: '8000' }]);
  });
});

describe('a row that the database refuses', () => {
  it('is quarantined with its payload, and the rest of the batch is written', async () => {
    const bad = sale({ id: 'bad', cents: -1 });
    const report = await run([sale({ id: 'a' }), bad, sale({ id: 'b' })]);

    expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined });
    expect(await database.query('SELECT id FROM trade.sales ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
    const [entry] = await database.query(
      'SELECT *, convert_from(payload, $1) AS json FROM event_processor.quarantine',
      ['UTF8'],
    );
    expect(entry).toMatchObject({
      function_name: 'sales',
      shard_id: 'shardId-000000000000',
      sequence_number: sequenceNumber(1),
      sub_sequence_number: 0,
      partition_key: 'tea',
      arrived_at: new Date(1_000_000_000_123),
      json: JSON.stringify(bad.data),
      reason: 'database',
      sql_state: '23514',
      code_version: 'test-build',
      redriven_at: null,
    });
  });

  it('stays one quarantine row when it is delivered again', async () => {
    const batch = [sale({ id: 'a' }), sale({ id: 'bad', cents: -1 })];
    await run(batch);
    await run(batch);
    expect(await database.query('SELECT count(*) FROM event_processor.quarantine')).toEqual([{ count: '1' }]);
  });
});

describe('the batch log', () => {
  it('gets one row per committed write: stretch of the shard, arrivals, counts, build', async () => {
    const records = [
      { ...sale({ id: 'a' }), arrivedAtMs: 2_000 },
      { ...sale({ id: 'a' }), arrivedAtMs: 1_000 },
      { data: Buffer.from('not json'), arrivedAtMs: 3_000 },
    ];
    await run(records);
    expect(await database.query('SELECT * FROM event_processor.batch_log')).toEqual([
      expect.objectContaining({
        function_name: 'sales',
        shard_id: 'shardId-000000000000',
        first_sequence_number: sequenceNumber(0),
        last_sequence_number: sequenceNumber(2),
        oldest_arrival_at: new Date(1_000),
        newest_arrival_at: new Date(3_000),
        records: 3,
        events: 3,
        written: 1,
        duplicates: 1,
        quarantined: 1,
        code_version: 'test-build',
      }),
    ]);
  });
});
