import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { AuditedItem } from '../../../contract/audited-item.ts';
import type { Audit } from '../../../processor/audit/audit-records.ts';
import { createAudit } from '../../../processor/audit/audit-records.ts';
import type { KinesisRecord } from '../../../processor/decode/item.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { counters, defineProjection, inserts, lookup, remove, skip, versions } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

const schema = z.object({
  id: z.string(),
  shop: z.string(),
  seq: z.optional(z.int()),
  gone: z.optional(z.boolean()),
  note: z.optional(z.string()),
  kind: z.optional(z.string()),
});

/** Every kind of table there is, with a key in the database and without one. */
const sales = defineProjection({
  name: 'sales',
  schema,
  eventId: ({ id }) => id,
  lookups: {
    shops: lookup({ table: 'shops', key: 'id', keyType: 'text', columns: { city: 'text' }, absent: 'later' }),
  },
  lookupKeys: ({ shop }) => ({ shops: [shop] }),
  healFor: '1h',
  tables: {
    sales: inserts({ columns: { id: 'text', city: 'text' } }),
    notes: inserts({ columns: { sale: 'text', note: 'text', weight: 'numeric' } }),
    visits: inserts({ columns: { shop: 'text' } }),
    states: versions({ key: { shop: 'text' }, version: { seq: 'integer' }, columns: { last_sale: 'text' } }),
    totals: counters({ key: { shop: 'text' }, counters: { sales: 'bigint' } }),
  },
  project: ({ id, shop, seq, gone, note, kind }, { shops }) => {
    if (kind === 'heartbeat') return skip('heartbeat');
    if (gone === true) return { states: remove({ shop, seq: seq ?? 0 }) };
    return {
      sales: { id, city: shops(shop).city },
      visits: { shop },
      totals: { shop, sales: 1 },
      ...(note !== undefined && { notes: { sale: id, note, weight: '1.005' } }),
      ...(seq !== undefined && { states: { shop, seq, last_sale: id } }),
    };
  },
});

/** The first table says which events are in effect, and the other one takes its rows from there. */
const trips = defineProjection({
  name: 'trips',
  schema: z.object({ id: z.string(), bus: z.string(), at: z.int() }),
  eventId: ({ id }) => id,
  tables: {
    trips: inserts({ key: ['id'], columns: { id: 'text', bus: 'text', at: 'integer' } }),
    buses: versions({
      key: { bus: 'text' },
      version: { at: 'integer' },
      columns: { id: 'text' },
      from: { table: 'trips' },
    }),
  },
  ledger: 'trips',
  project: ({ id, bus, at }) => ({ trips: { id, bus, at } }),
});

let database: TestDatabase;
let audit: Audit;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE TABLE shops (id text PRIMARY KEY, city text NOT NULL);
    INSERT INTO shops VALUES ('shop-1', 'Lund'), ('shop-2', 'Bergen');
    CREATE TABLE sales (id text PRIMARY KEY, city text NOT NULL);
    CREATE TABLE notes (sale text, note text, weight numeric(10, 2));
    CREATE TABLE visits (shop text);
    CREATE TABLE states (shop text PRIMARY KEY, seq integer, last_sale text);
    CREATE TABLE totals (shop text PRIMARY KEY, sales bigint);
    CREATE TABLE trips (id text COLLATE "C" PRIMARY KEY, bus text, at integer);
    CREATE TABLE buses (bus text PRIMARY KEY, at integer, id text);`);
  audit = await open(sales);
});

beforeEach(() =>
  database.query(`TRUNCATE sales, notes, visits, states, totals, trips, buses, event_processor.ledger,
    event_processor.quarantine, event_processor.tombstone, event_processor.batch_log`),
);

afterAll(() => database.close());

function open(projection: unknown): Promise<Audit> {
  return createAudit(projection as AnyProjection, (sql, parameters = {}) =>
    database.execute(sql, parameters, { timeoutMs: 10_000 }),
  );
}

function records(...events: readonly unknown[]): KinesisRecord[] {
  return events.map((data, index) => kinesisRecord({ data, index }));
}

async function write(batch: readonly KinesisRecord[], projection: unknown = sales): Promise<void> {
  const { hold } = await processBatch(batch, database.createEngine(projection as AnyProjection), () => 20_000);
  expect(hold).toBeUndefined();
}

async function fates(batch: readonly KinesisRecord[]): Promise<readonly string[]> {
  const items = await audit.audit(batch, () => true);
  return items.map(describeItem);
}

function describeItem({ fate, reason, faults }: AuditedItem): string {
  return [fate, reason ?? '', ...faults.map(({ kind, table }) => `${kind} ${table ?? ''}`.trim())]
    .filter((part) => part !== '')
    .join(' ');
}

const SALE = { id: 'sale-1', shop: 'shop-1', seq: 1, note: 'gift' };

describe('where events are', () => {
  it('finds each event where it is: in effect, skipped, waiting, in the quarantine', async () => {
    const batch = records(
      SALE,
      { id: 'beat', shop: 'shop-1', kind: 'heartbeat' },
      { id: 'early', shop: 'shop-9' },
      'no JSON',
      { id: 7 },
    );
    await write(batch);
    expect(await fates(batch)).toEqual([
      'in-effect',
      'skipped heartbeat',
      'waiting lookup-absent',
      'quarantined not-json',
      'quarantined schema',
    ]);
  });

  it('finds nothing of records that were never processed, and says why this code would not write one', async () => {
    expect(await fates(records(SALE, '{'))).toEqual(['nowhere', 'nowhere not-json']);
  });

  it('tells an entry that was put back from one that is open, and from one whose event is in effect by now', async () => {
    const batch = records(SALE, '{', '[');
    await write(batch);
    await database.query(`UPDATE event_processor.quarantine SET redriven_at = now() WHERE payload = '{'`);
    await database.query(`UPDATE event_processor.quarantine SET applied_at = now() WHERE payload = '['`);
    expect(await fates(batch)).toEqual(['in-effect', 'put-back not-json', 'in-effect']);
  });

  it('takes the row of a projection that is its own ledger for the proof', async () => {
    const batch = records({ id: 'trip-1', bus: 'a', at: 1 }, { id: 'trip-2', bus: 'a', at: 2 });
    await write(batch, trips);
    const own = await open(trips);
    expect((await own.audit(batch, () => true)).map(describeItem)).toEqual(['in-effect', 'in-effect']);
    await database.query(`DELETE FROM trips WHERE id = 'trip-1'`);
    await database.query(`UPDATE buses SET at = 1`);
    expect((await own.audit(batch, () => true)).map(describeItem)).toEqual(['nowhere', 'in-effect row-older buses']);
  });

  it('finds an event that is in effect and in the quarantine at the same time', async () => {
    const batch = records(SALE);
    await write(batch);
    await database.query(`INSERT INTO event_processor.quarantine
      (function_name, shard_id, sequence_number, sub_sequence_number, partition_key, arrived_at, payload, reason, detail, code_version, attempts, event_id)
      VALUES ('sales', 'shardId-9', 1, 0, 'k', now(), '', 'schema', '', 'v', 0, 'sale-1')`);
    expect(await fates(batch)).toEqual(['in-effect also-quarantined']);
  });

  it('never runs a record that ends the process', async () => {
    const trap = defineProjection({
      name: 'sales',
      schema,
      eventId: () => {
        throw new Error('the record was run');
      },
      tables: { visits: inserts({ columns: { shop: 'text' } }) },
      project: ({ shop }) => ({ visits: { shop } }),
    });
    const [record] = records(SALE);
    const sequenceNumber = record?.kinesis.sequenceNumber ?? '';
    await database.query(
      `INSERT INTO event_processor.quarantine
      (function_name, shard_id, sequence_number, sub_sequence_number, partition_key, arrived_at, payload, reason, detail, code_version, attempts)
      VALUES ('sales', 'shardId-000000000000', $1, 0, 'k', now(), '', 'kills-function', '', 'v', 3)`,
      [sequenceNumber],
    );
    const items = await (await open(trap)).audit(records(SALE), () => true);
    expect(items).toMatchObject([{ fate: 'quarantined', reason: 'kills-function', eventId: null }]);
  });
});

describe('rows of events that are in effect', () => {
  it('finds a row that was removed by hand, by its unique key or by all that it holds', async () => {
    const batch = records(SALE, { ...SALE, id: 'sale-2', seq: 2 });
    await write(batch);
    await database.query(`DELETE FROM sales WHERE id = 'sale-1'`);
    await database.query(`DELETE FROM notes WHERE sale = 'sale-2'`);
    expect(await fates(batch)).toEqual(['in-effect row-missing sales', 'in-effect row-missing notes']);
  });

  it('finds a row that is there twice where it has the id of its event, and claims nothing where it has not', async () => {
    const batch = records(SALE);
    await write(batch);
    await database.query(`INSERT INTO notes SELECT * FROM notes`);
    await database.query(`INSERT INTO visits SELECT * FROM visits`);
    expect(await fates(batch)).toEqual(['in-effect row-twice notes']);
  });

  it('takes a column for the id of its event only where it is in every row', async () => {
    const batch = records({ ...SALE, id: 'shop-1' }, { ...SALE, id: 'sale-2', shop: 'shop-2', seq: 2 });
    await write(batch);
    await database.query(`INSERT INTO visits SELECT * FROM visits`);
    expect(await fates(batch)).toEqual(['in-effect', 'in-effect']);
  });

  it('counts rows that are alike', async () => {
    const batch = records(SALE, { ...SALE, id: 'sale-2', seq: 2 });
    await write(batch);
    await database.query(`DELETE FROM visits WHERE ctid = (SELECT max(ctid) FROM visits)`);
    expect(await fates(batch)).toEqual(['in-effect row-missing visits', 'in-effect']);
  });

  it('takes a newer version for the proof of an older one, and an older one for a fault', async () => {
    const batch = records(SALE, { ...SALE, id: 'sale-2', seq: 2 });
    await write(batch);
    expect(await fates(batch)).toEqual(['in-effect', 'in-effect']);
    await database.query(`UPDATE states SET seq = 1`);
    expect(await fates(batch)).toEqual(['in-effect', 'in-effect row-older states']);
    await database.query(`DELETE FROM states`);
    expect(await fates(batch)).toEqual(['in-effect', 'in-effect row-missing states']);
  });

  it('takes the tombstone of a removal for the proof of what was there before it', async () => {
    const sale = records(SALE);
    await write(sale);
    const removal = records({ id: 'left', shop: 'shop-1', seq: 5, gone: true }).map((record) => ({
      ...record,
      ...kinesisRecord({ data: { id: 'left', shop: 'shop-1', seq: 5, gone: true }, index: 9 }),
    }));
    await write(removal);
    expect(await fates([...sale, ...removal])).toEqual(['in-effect', 'in-effect']);
    await database.query(`INSERT INTO states VALUES ('shop-1', 3, 'sale-1')`);
    expect(await fates([...sale, ...removal])).toEqual(['in-effect', 'in-effect row-older states']);
    await database.query(`DELETE FROM states`);
    await database.query(`DELETE FROM event_processor.tombstone`);
    expect(await fates(sale)).toEqual(['in-effect row-missing states']);
  });

  it('compares only the rows of the records that were asked for', async () => {
    const batch = records(SALE, { ...SALE, id: 'sale-2', seq: 2 });
    await write(batch);
    await database.query(`DELETE FROM sales`);
    const items = await audit.audit(batch, (index) => index === 1);
    expect(items.map(describeItem)).toEqual(['in-effect', 'in-effect row-missing sales']);
  });

  it('compares the rows of an event that came twice once', async () => {
    const batch = records(SALE, SALE);
    await write(batch);
    expect(await fates(batch)).toEqual(['in-effect', 'in-effect']);
  });

  it('says how each table is compared, and why one is not', async () => {
    expect(audit.tables).toEqual([
      { table: 'sales', comparison: { by: 'key', columns: ['id'] } },
      { table: 'notes', comparison: { by: 'row', columns: ['sale', 'note'] } },
      { table: 'visits', comparison: { by: 'row', columns: ['shop'] } },
      { table: 'states', comparison: { by: 'version' } },
      { table: 'totals', comparison: { by: 'nothing', why: 'sums do not tell which events they are made of' } },
    ]);
    await database.query(`UPDATE pg_class SET reltuples = 1e9 WHERE relname = 'visits'`);
    try {
      const { tables } = await open(sales);
      expect(tables[2]?.comparison).toMatchObject({ by: 'nothing' });
    } finally {
      await database.query(`UPDATE pg_class SET reltuples = -1 WHERE relname = 'visits'`);
    }
  });
});
