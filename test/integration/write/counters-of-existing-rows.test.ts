import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import { counters, defineProjection } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const transfers = defineProjection({
  name: 'transfers',
  schema: z.object({ id: z.string(), account: z.int(), amount: z.int() }),
  eventId: ({ id }) => id,
  tables: { accounts: counters({ key: { id: 'bigint' }, counters: { balance: 'bigint' }, create: false }) },
  project: ({ account, amount }) => ({ accounts: { id: account, balance: amount } }),
});

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query('CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL, balance bigint)');
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.query(`TRUNCATE accounts, event_processor.ledger, event_processor.quarantine;
    INSERT INTO accounts SELECT n, 'owner ' || n, CASE WHEN n > 1 THEN 100 END FROM generate_series(1, 300) AS n`);
});

interface Transfer {
  readonly id: string;
  readonly account: number;
  readonly amount: number;
}

function run(...events: readonly Transfer[]): Promise<BatchReport> {
  const records = events.map((data, index) => kinesisRecord({ data, index }));
  return processBatch(records, database.createEngine(transfers), () => 30_000);
}

it('adds to the row that is there, whatever other columns it has, in one call', async () => {
  const events = [
    { id: 'a', account: 2, amount: 5 },
    { id: 'b', account: 2, amount: -7 },
    // NULL counts as 0.
    { id: 'c', account: 1, amount: 3 },
  ];
  expect(await run(...events)).toMatchObject({ written: 3, calls: { calls: 1, errors: 0 } });
  expect(await run(...events)).toMatchObject({ written: 0, duplicates: 3 });
  expect(await database.query('SELECT * FROM accounts WHERE id < 3 ORDER BY id')).toEqual([
    { id: '1', owner: 'owner 1', balance: '3' },
    { id: '2', owner: 'owner 2', balance: '98' },
  ]);
});

it('quarantines an event whose row is missing with that reason, and nothing else', async () => {
  const report = await run(
    { id: 'a', account: 2, amount: 5 },
    { id: 'b', account: 1_000, amount: 7 },
    { id: 'c', account: 3, amount: 1 },
  );
  expect(report).toMatchObject({ written: 2, committedRecords: 3, hold: undefined });
  expect(
    report.rejections.map(({ rejection: { reason, sqlState, detail } }) => ({ reason, sqlState, detail })),
  ).toEqual([
    {
      reason: 'database',
      sqlState: 'P0002',
      detail: expect.stringContaining(
        'accounts must have a row already (create: false), got none with {"id": 1000}',
      ) as string,
    },
  ]);
  expect(await database.query('SELECT count(*)::int FROM accounts')).toEqual([{ count: 300 }]);

  await database.query("INSERT INTO accounts VALUES (1000, 'late', 0)");
  expect(await run({ id: 'b', account: 1_000, amount: 7 })).toMatchObject({ written: 1 });
  expect(await database.query('SELECT balance FROM accounts WHERE id = 1000')).toEqual([{ balance: '7' }]);
});

it('locks rows in the order of their keys, so that lanes never deadlock', async () => {
  const lanes = Array.from({ length: 4 }, async (_, lane) => {
    for (let round = 0; round < 6; round += 1) {
      const events = Array.from({ length: 250 }, (_each, n) => ({
        id: `${lane}-${round}-${n}`,
        account: ((n * [7, 11, 13, 17][lane]! + lane * 75) % 300) + 1,
        amount: 1,
      }));
      await run(...events);
    }
  });
  await Promise.all(lanes);
  expect(await database.query('SELECT sum(coalesce(balance, 0))::int AS sum FROM accounts')).toEqual([
    { sum: 299 * 100 + 4 * 6 * 250 },
  ]);
  expect(await database.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')).toEqual([
    { deadlocks: '0' },
  ]);
});
