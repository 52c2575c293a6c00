import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { DeliveryOptions, ProjectionDatabase } from '../../../local/proof/start-projection-database.ts';
import { startProjectionDatabase } from '../../../local/proof/start-projection-database.ts';
import { counters, defineProjection, inserts, lookup, versions } from '../../../processor/projection.ts';

let database: ProjectionDatabase;

beforeAll(async () => {
  database = await startProjectionDatabase({
    sql: `
      CREATE TABLE sales (id text, shop text, cents integer, at timestamptz);
      CREATE TABLE shop_totals (shop text PRIMARY KEY, cents bigint NOT NULL CHECK (cents >= 0));
      CREATE TABLE prices (sku text PRIMARY KEY, day date NOT NULL, cents integer NOT NULL);
      CREATE TABLE customers (id text PRIMARY KEY, v integer NOT NULL, name text, city text);`,
  });
});

afterAll(() => database.close());

/** What the test of a projection fails with; few runs, since each of these is wrong in a way that the first ones show. */
async function messageOf(projection: unknown, options: DeliveryOptions): Promise<string> {
  const check = database.checkDeliveries(projection as never, { runs: 6, shrinkMs: 100_000, ...options });
  const error = await check.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Error ? error.message : 'nothing was found';
}

const schema = z.object({ id: z.string(), shop: z.string(), cents: z.int() });
const eventId = ({ id }: { readonly id: string }): string => id;
const sales = inserts({ columns: { id: 'text', shop: 'text', cents: 'integer' } });
const shop_totals = counters({ key: { shop: 'text' }, counters: { cents: 'bigint' } });
const EVENTS = ['oslo', 'tokyo', 'lima', 'oslo', 'tokyo', 'oslo'].map((shop, n) => ({
  id: `s${n}`,
  shop,
  cents: n + 1,
}));

describe('a projection is found out', () => {
  test('whose event id repeats for different events', async () => {
    const wrong = defineProjection({
      name: 'sales',
      schema,
      eventId: ({ shop }) => shop,
      tables: { sales },
      project: (event) => ({ sales: event }),
    });
    expect(await messageOf(wrong, { events: EVENTS })).toBe(
      [
        'projection `sales` takes different events for one',
        '',
        'these 2 events show it:',
        `  1  {"id":"s0","shop":"oslo","cents":1}  partition key 'key'`,
        `  4  {"id":"s3","shop":"oslo","cents":4}  partition key 'key'`,
        '',
        "why: `eventId` gives 'oslo' for both, so the second one counts as a duplicate and has no effect; make the id of what " +
          "tells them apart, or use `eventId: 'position'` where events carry no id",
      ].join('\n'),
    );
  });

  test('whose versions tie', async () => {
    const wrong = defineProjection({
      name: 'prices',
      schema: z.object({ id: z.string(), sku: z.string(), day: z.string(), cents: z.int(), source: z.string() }),
      eventId,
      tables: { prices: versions({ key: { sku: 'text' }, version: { day: 'date' }, columns: { cents: 'integer' } }) },
      project: ({ sku, day, cents }) => ({ prices: { sku, day, cents } }),
    });
    const events = [
      { id: 'p1', sku: 'tea', day: '2026-03-01', cents: 400, source: 'web' },
      { id: 'p2', sku: 'rice', day: '2026-03-01', cents: 250, source: 'web' },
      { id: 'p3', sku: 'tea', day: '2026-03-02', cents: 410, source: 'web' },
      { id: 'p4', sku: 'tea', day: '2026-03-02', cents: 420, source: 'till' },
    ];
    expect(await messageOf(wrong, { events, partitionKey: 'source' })).toBe(
      [
        'projection `prices` leaves something else when events come in another order',
        '',
        'these 2 events show it:',
        `  3  {"id":"p3","sku":"tea","day":"2026-03-02","cents":410,"source":"web"}  partition key 'web'`,
        `  4  {"id":"p4","sku":"tea","day":"2026-03-02","cents":420,"source":"till"}  partition key 'till'`,
        '',
        'table `prices` after',
        '  [3 4]  sku=tea  day=2026-03-02  cents=420',
        '  [4 3]  sku=tea  day=2026-03-02  cents=410',
        '',
        "why: two events with the partition keys 'web' and 'till' write row tea of `prices` with the same version (`day`), and " +
          'which of them wins depends on which comes first; add a column to `version` that tells them apart, such as ' +
          "`seq: 'position'`, or give them one partition key",
      ].join('\n'),
    );
  });

  test('that counts with what a lookup of its own rows says', async () => {
    const wrong = defineProjection({
      name: 'totals',
      schema,
      eventId,
      tables: { shop_totals },
      lookups: {
        before: lookup({
          table: 'shop_totals',
          key: 'shop',
          keyType: 'text',
          columns: { cents: 'bigint' },
          absent: 'undefined',
        }),
      },
      lookupKeys: ({ shop }) => ({ before: [shop] }),
      project: ({ shop, cents }, { before }) => ({
        shop_totals: { shop, cents: Number(before(shop)?.cents ?? 0) + cents },
      }),
    });
    const message = await messageOf(wrong, { events: EVENTS, partitionKey: 'id' });
    expect(message).toMatch(/these 2 events show it:[^]*\n {2}\[\d \d\] {2}shop=\w+ {2}cents=\d+\n/);
    expect(message).toContain('`project` looked at a row that the projection writes itself and found before(');
    expect(message).toContain('never count with the value of a row');
  });

  test.each([
    ['reads the clock', () => Date.now() % 1e9, '`project` reads the clock'],
    ['asks for the day', () => new Date().getUTCFullYear(), '`project` reads the clock'],
    ['draws a number', () => Math.floor(Math.random() * 1e9), '`project` draws a random number'],
    ['counts the events it sees', countUp(), 'it depends on something else, such as a variable outside of it'],
  ])('whose `project` %s', async (_, cents, cause) => {
    const wrong = defineProjection({
      name: 'sales',
      schema,
      eventId,
      tables: { sales },
      project: ({ id, shop }) => ({ sales: { id, shop, cents: cents() } }),
    });
    const message = await messageOf(wrong, { events: EVENTS });
    expect(message).toContain('projection `sales` leaves something else each time it runs\n\nthis event shows it:\n');
    expect(message).toContain(cause);
  });

  test.each([
    ['of the batch', countUp(), 'repeated', 'such as a variable outside of it'],
    ['of the time', () => Math.random(), 'repeated', '`eventId` draws a random number'],
  ])('whose event id is made %s', async (_, next, __, cause) => {
    const wrong = defineProjection({
      name: 'totals',
      schema,
      eventId: () => `event-${next()}`,
      tables: { shop_totals },
      project: ({ shop, cents }) => ({ shop_totals: { shop, cents } }),
    });
    const message = await messageOf(wrong, { events: EVENTS });
    expect(message).toContain('leaves something else when events are delivered again\n\nthis event shows it:\n');
    expect(message).toMatch(/\n {2}\[6\] {11}shop=oslo {2}cents=6\n {2}\[6\] then \[6\] {2}shop=oslo {2}cents=12\n/);
    expect(message).toContain(cause);
  });

  test('that patches one row from two partition keys', async () => {
    const wrong = defineProjection({
      name: 'customers',
      schema: z.object({ id: z.string(), v: z.int(), name: z.optional(z.string()), city: z.optional(z.string()) }),
      eventId: ({ id, v }) => `${id} ${v}`,
      tables: {
        customers: versions({
          key: { id: 'text' },
          version: { v: 'integer' },
          columns: { name: 'text?', city: 'text?' },
          patch: true,
        }),
      },
      project: (event) => ({ customers: event }),
    });
    const events = [
      { id: 'c1', v: 1, name: 'Ada' },
      { id: 'c2', v: 1, name: 'Bo' },
      { id: 'c1', v: 2, city: 'Oslo' },
    ];
    const partitionKey = ({ name }: { readonly name?: string }): string => (name === undefined ? 'shop' : 'crm');
    const message = await messageOf(wrong, { events, partitionKey });
    expect(message).toContain(
      "'crm' and 'shop' patch row c1 of `customers`, and a patch that comes late is superseded",
    );
    expect(message).toContain('  [1 3]  id=c1  v=2  name=Ada  city=Oslo\n  [3 1]  id=c1  v=2  name=NULL  city=Oslo\n');
  });

  test('whose rows a constraint refuses only where a batch ends in between', async () => {
    const wrong = defineProjection({
      name: 'totals',
      schema,
      eventId,
      tables: { shop_totals },
      project: ({ shop, cents }) => ({ shop_totals: { shop, cents } }),
    });
    const events = [-7, 5, 9].map((cents, n) => ({ id: String(n), shop: 'oslo', cents }));
    const message = await messageOf(wrong, { events });
    expect(message).toContain('leaves something else where batches are cut in other places');
    expect(message).toContain('shop_totals_cents_check');
    expect(message).toContain('what a constraint demands of an event alone belongs into the schema');
  });
});

test('a search that has no time says so', async () => {
  const wrong = defineProjection({
    name: 'sales',
    schema,
    eventId,
    tables: { sales },
    project: ({ id, shop }) => ({ sales: { id, shop, cents: Date.now() % 1e9 } }),
  });
  const message = await messageOf(wrong, { events: EVENTS, shrinkMs: 0 });
  expect(message).toContain('these 6 events show it:');
  expect(message).toContain('\nfewer may show it: the search ended after 0 ms (`shrinkMs`)\n');
});

function countUp(): () => number {
  let n = 0;
  return () => (n += 1);
}

test('a projection whose order matters is refused without partition keys', async () => {
  const projection = defineProjection({
    name: 'prices',
    schema: z.object({ id: z.string(), day: z.string(), cents: z.int() }),
    eventId,
    tables: { prices: versions({ key: { sku: 'text' }, version: { day: 'date' }, columns: { cents: 'integer' } }) },
    project: ({ id, day, cents }) => ({ prices: { sku: id, day, cents } }),
  });
  const events = [1, 2].map((cents) => ({ id: 'a', day: '2026-01-01', cents }));
  expect(await messageOf(projection, { events })).toMatch(/^missing `partitionKey`: /);
  expect(await messageOf(projection, { events, partitionKey: 'nobody' })).toBe(
    'partition key of an event: `nobody` must be text of 1 to 256 characters or a number, got nothing\n' +
      "missing `partitionKey`: the tables depend on the order of events with one partition key; give the name of the member that is the stream's",
  );
});
