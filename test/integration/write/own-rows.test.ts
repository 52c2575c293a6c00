import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DatabaseError } from '../../../data-api/classify-error.ts';
import type { BatchReport } from '../../../processor/process-batch.ts';
import type { Engine } from '../../../processor/batch-rounds.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** A lookup on a table that the projection writes sees the rows of earlier events, wherever batches are cut. */

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE accounts (id text COLLATE any_case PRIMARY KEY, v integer NOT NULL, country text NOT NULL);
    CREATE TABLE totals (account text COLLATE any_case PRIMARY KEY, orders bigint NOT NULL);
    CREATE TABLE orders (id text PRIMARY KEY, account text NOT NULL, country text NOT NULL, before text NOT NULL);
    CREATE TABLE moves (id text PRIMARY KEY, country text NOT NULL CHECK (country <> 'refused'));
  `);
});

afterAll(() => database.close());

beforeEach(() =>
  database.query(
    'TRUNCATE accounts, totals, orders, moves, event_processor.ledger, event_processor.quarantine, event_processor.batch_log',
  ),
);

interface Event {
  readonly type: 'account' | 'order' | 'move';
  readonly account: string;
  readonly to?: string;
  readonly key: string;
}

/** Orders look at what they change, and moves write a row whose key they find in another one. */
const bank = defineProjection({
  name: 'bank',
  schema: z.object({
    id: z.string(),
    n: z.int(),
    type: z.enum(['account', 'order', 'move']),
    account: z.string(),
    to: z.optional(z.string()),
  }),
  eventId: ({ id }) => id,
  lookups: {
    accounts: lookup({
      table: 'accounts',
      key: 'id',
      keyType: 'text',
      columns: { country: 'text' },
      absent: 'undefined',
    }),
    totals: lookup({
      table: 'public.totals',
      key: ['account'],
      keyType: ['text'],
      columns: { orders: 'bigint' },
      absent: 'undefined',
    }),
  },
  lookupKeys: ({ type, account }) => ({
    accounts: type === 'account' ? [] : [account],
    totals: type === 'order' ? [[account]] : [],
  }),
  tables: {
    accounts: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: { country: 'text' } }),
    totals: counters({ key: { account: 'text' }, counters: { orders: 'bigint' } }),
    orders: inserts({ columns: { id: 'text', account: 'text', country: 'text', before: 'text' } }),
    moves: inserts({ columns: { id: 'text', country: 'text' } }),
  },
  project: ({ id, n, type, account, to = '' }, { accounts, totals }) => {
    if (type === 'account') return { accounts: { id: account, v: n, country: to } };
    const country = accounts(account)?.country ?? 'none';
    if (type === 'move') return { accounts: { id: country, v: n, country: to }, moves: { id, country } };
    const before = totals([account])?.orders ?? '0';
    return { orders: { id, account, country, before }, totals: { account, orders: 1 } };
  },
});

let index = 0;

function recordsOf(events: readonly Event[]) {
  return events.map(({ key, ...event }, n) =>
    kinesisRecord({ data: { id: `e${n}`, n, ...event }, index: (index += 1), partitionKey: key }),
  );
}

async function run(records: ReturnType<typeof recordsOf>, cuts: readonly number[]): Promise<BatchReport[]> {
  const engine = database.createEngine(bank);
  const ends = [...new Set([...cuts.filter((cut) => cut < records.length), records.length])].sort((a, b) => a - b);
  const reports: BatchReport[] = [];
  for (const [at, end] of ends.entries()) {
    const batch = records.slice(at === 0 ? 0 : ends[at - 1], end);
    if (batch.length > 0) reports.push(await processBatch(batch, engine, () => 60_000));
  }
  return reports;
}

async function tables(): Promise<unknown> {
  const of = (table: string) => database.query(`SELECT * FROM ${table} ORDER BY 1`);
  return {
    accounts: await of('accounts'),
    totals: await of('totals'),
    orders: await of('orders'),
    moves: await of('moves'),
  };
}

const account = fc.constantFrom('a', 'b', 'c', 'refused');
// Accounts come under their own key, so that the order of their versions is that of the stream.
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('account' as const), account, to: account }).map((event) => ({
    ...event,
    key: event.account.toLowerCase(),
  })),
  fc.record({ type: fc.constantFrom('order' as const, 'move' as const), account, to: account, key: account }),
);

describe('a lookup on a table of the same projection', () => {
  it(
    'gives the same rows wherever batches are cut, also when all is delivered again',
    { timeout: 240_000 },
    async () => {
      let rounds = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 2, maxLength: 14 }),
          fc.array(fc.nat({ max: 13 }), { maxLength: 3 }),
          async (events, cuts) => {
            const truncate = () =>
              database.query(
                'TRUNCATE accounts, totals, orders, moves, event_processor.ledger, event_processor.quarantine',
              );
            await truncate();
            const records = recordsOf(events);
            await run(
              records,
              records.map((_, n) => n),
            );
            const expected = await tables();
            await truncate();
            const reports = await run(records, cuts);
            expect(await tables()).toEqual(expected);
            expect(
              reports.every(
                ({ hold, records: all, committedRecords }) => hold === undefined && committedRecords === all,
              ),
            ).toBe(true);
            rounds += reports.filter(({ calls }) => calls.calls > 2).length;
            // What was rejected may be accepted by now: its reference row is another one.
            if (reports.some(({ rejections }) => rejections.length > 0)) return;
            await run(records, []);
            expect(await tables()).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
      expect(rounds).toBeGreaterThan(5);
    },
  );

  it('takes two reads and two writes for new rows and those that look at them, however many there are', async () => {
    const events = Array.from({ length: 40 }, (_, n): Event[] => [
      { type: 'account', account: `x${n}`, to: 'NL', key: `x${n}` },
      { type: 'move', account: `x${n}`, to: 'DE', key: `x${n}` },
    ]).flat();
    const [report] = await run(recordsOf(events), []);
    expect(report).toMatchObject({ written: 80, calls: { calls: 4 } });
    expect(await database.query('SELECT DISTINCT country FROM moves')).toEqual([{ country: 'NL' }]);
  });

  it('costs no more than a read where nothing in the batch is looked at', async () => {
    await run(recordsOf([{ type: 'account', account: 'old', to: 'NL', key: 'k' }]), []);
    await database.query('TRUNCATE event_processor.ledger');
    const events = Array.from({ length: 20 }, (_, n): Event => ({ type: 'order', account: `o${n}`, key: `k${n}` }));
    const [report] = await run(recordsOf(events), []);
    expect(report).toMatchObject({ written: 20, calls: { calls: 2 } });
  });

  it('is right where the database holds two keys equal', async () => {
    const events: Event[] = [
      { type: 'account', account: 'Émile-1', to: 'FR', key: 'k' },
      { type: 'order', account: 'émile-1', key: 'k' },
    ];
    await run(recordsOf(events), []);
    expect(await database.query('SELECT country FROM orders')).toEqual([{ country: 'FR' }]);
  });

  it('sees what another environment wrote since', async () => {
    const [first, second] = [database.createEngine(bank), database.createEngine(bank)];
    const batch = (...events: Event[]) => recordsOf(events);
    const write = (engine: Engine, records: ReturnType<typeof recordsOf>) =>
      processBatch(records, engine, () => 60_000);
    await write(first, batch({ type: 'order', account: 'a', key: 'a' }));
    const [, created, again] = batch(
      { type: 'order', account: 'a', key: 'a' },
      { type: 'account', account: 'a', to: 'NL', key: 'a' },
      { type: 'order', account: 'a', key: 'a' },
    );
    await write(second, [created!]);
    await write(first, [again!]);
    expect(await database.query('SELECT country, before FROM orders ORDER BY id')).toEqual([
      { country: 'none', before: '0' },
      { country: 'NL', before: '1' },
    ]);
  });
});

describe('two events of different partition keys that give one row the same version', () => {
  const seats = defineProjection({
    name: 'seats',
    schema: z.object({ id: z.string(), does: z.enum(['open', 'look', 'sit']), seat: z.string() }),
    eventId: ({ id }) => id,
    lookups: {
      rooms: lookup({ table: 'rooms', key: 'id', keyType: 'text', columns: { v: 'integer' }, absent: 'undefined' }),
    },
    lookupKeys: ({ does }) => ({ rooms: does === 'look' ? ['r'] : [] }),
    tables: {
      rooms: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: {} }),
      seats: versions({
        key: { seat: 'text' },
        version: { at: 'integer', seq: 'position' },
        columns: { taken_by: 'text' },
      }),
    },
    project: ({ id, does, seat }) => ({
      ...(does === 'open' && { rooms: { id: 'r', v: 1 } }),
      seats: { seat, at: 7, taken_by: id },
    }),
  });

  it('count in the order of the stream where the position is part of the version, also when the first one waits', async () => {
    await database.query(`CREATE TABLE rooms (id text PRIMARY KEY, v integer NOT NULL);
      CREATE TABLE seats (seat text PRIMARY KEY, at integer NOT NULL, seq numeric NOT NULL, taken_by text NOT NULL)`);
    const events = [
      { id: 'opener', does: 'open', seat: 'other', key: 'k1' },
      { id: 'waits for the room', does: 'look', seat: 'a', key: 'k2' },
      { id: 'is written before', does: 'sit', seat: 'a', key: 'k3' },
    ];
    const records = events.map(({ key, ...data }, index) => kinesisRecord({ data, index, partitionKey: key }));
    const report = await processBatch(records, database.createEngine(seats), () => 20_000);
    expect(report).toMatchObject({ hold: undefined, committedRecords: 3, calls: { calls: 4 } });
    expect(await database.query("SELECT taken_by FROM seats WHERE seat = 'a'")).toEqual([
      { taken_by: 'is written before' },
    ]);
  });
});

describe('a batch of several rounds that is held', () => {
  const NO_ACCESS = {
    kind: 'configuration',
    code: 'AccessDeniedException',
    sqlState: undefined,
    cause: undefined,
  } as const;

  /** An engine whose nth write fails for good. */
  function failing(projection: AnyProjection, failAt: number): Engine {
    const engine = database.createEngine(projection);
    let writes = 0;
    return {
      ...engine,
      store: {
        ...engine.store,
        write: (parameters, options) =>
          ++writes === failAt
            ? Promise.reject(new DatabaseError('no access', NO_ACCESS))
            : engine.store.write(parameters, options),
      },
    };
  }

  const events: readonly Event[] = [
    { type: 'account', account: 'a', to: 'NL', key: 'a' },
    { type: 'account', account: 'b', to: 'NL', key: 'b' },
    { type: 'move', account: 'a', to: 'DE', key: 'a' },
    { type: 'account', account: 'c', to: 'NL', key: 'c' },
  ];

  it('names the first record that is not committed, and no position beyond it', async () => {
    const records = recordsOf(events);
    const report = await processBatch(records, failing(bank, 2), () => 60_000);
    expect(report).toMatchObject({ committedRecords: 2, written: 3, hold: { reason: 'configuration' } });
    const [log] = await database.query(
      'SELECT last_sequence_number::text AS last, events FROM event_processor.batch_log',
    );
    expect(log).toEqual({ last: records[1]!.kinesis.sequenceNumber, events: 3 });

    const again = await processBatch(records.slice(2), database.createEngine(bank), () => 60_000);
    expect(again).toMatchObject({ committedRecords: 2, written: 1, duplicates: 1, hold: undefined });
    expect(await database.query('SELECT id, country FROM moves')).toEqual([{ id: 'e2', country: 'NL' }]);
    const [{ last } = {}] = await database.query(
      'SELECT max(last_sequence_number)::text AS last FROM event_processor.batch_log',
    );
    expect(last).toBe(records[3]!.kinesis.sequenceNumber);
  });

  it('names the record that waits for another round when the hold is behind it', async () => {
    const engine = failing(bank, 2);
    // One event a write: the second write is that of the last record, behind the one that waits.
    const single = { ...engine, maxRequestBytes: engine.compiled.fixedRequestBytes + 150 };
    const long = 'c'.repeat(100);
    const records = recordsOf([events[0]!, events[2]!, { type: 'account', account: long, to: 'NL', key: long }]);
    const report = await processBatch(records, single, () => 60_000);
    expect(report).toMatchObject({ committedRecords: 1, written: 1, hold: { reason: 'configuration' } });
  });

  it('names the record that waits when what it looks at cannot be read', async () => {
    const engine = database.createEngine(bank);
    let reads = 0;
    const lookupSource: Engine['lookupSource'] = {
      read: (request, options) =>
        ++reads === 2
          ? Promise.reject(new DatabaseError('no access', NO_ACCESS))
          : engine.lookupSource.read(request, options),
    };
    const report = await processBatch(recordsOf(events), { ...engine, lookupSource }, () => 60_000);
    expect(report).toMatchObject({ committedRecords: 2, written: 3, hold: { reason: 'configuration' } });
  });

  it('names the first record when nothing is committed', async () => {
    const report = await processBatch(recordsOf(events), failing(bank, 1), () => 60_000);
    expect(report).toMatchObject({ committedRecords: 0, written: 0, hold: { reason: 'configuration' } });
  });
});
