import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import type { BatchReport } from '../../../processor/process-batch.ts';
import { processBatch } from '../../../processor/process-batch.ts';
import type { AnyProjection } from '../../../processor/projection.ts';
import { defineProjection, inserts, lookup } from '../../../processor/projection.ts';
import { kinesisRecord } from '../../support/kinesis-record.ts';
import type { TestDatabase } from '../../support/start-test-database.ts';
import { startTestDatabase } from '../../support/start-test-database.ts';

/** Which row a key has is for the database to say, and one call asks for all keys. */

let database: TestDatabase;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.query(`
    CREATE EXTENSION citext;
    CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE found (id text, answer text);
    CREATE TABLE prices (shop text, sku integer, cents integer);
    INSERT INTO prices VALUES ('s1', 1, 10), ('s1', 2, 20), ('s2', 1, 30), ('s3', 1, 40), ('s3', 1, 50);
    CREATE TABLE people (email citext PRIMARY KEY, country text);
    INSERT INTO people VALUES ('Ann@example.org', 'NL'), ('bob@example.org', 'DE');
    CREATE TABLE towns (name text COLLATE any_case PRIMARY KEY, country text);
    INSERT INTO towns VALUES ('Utrecht', 'NL');
    CREATE TABLE codes (code char(5) PRIMARY KEY, country text);
    INSERT INTO codes VALUES ('UTR', 'NL');
    CREATE TABLE rates (rate numeric, country text);
    INSERT INTO rates VALUES (1.0, 'one'), (2.50, 'two and a half'), (3, 'three'), (3.0, 'three again');
    CREATE TABLE shops (id text PRIMARY KEY, region text);
    INSERT INTO shops VALUES ('s1', 'r1'), ('s2', 'r2'), ('s3', NULL);
    CREATE TABLE regions (id text PRIMARY KEY, country text);
    INSERT INTO regions VALUES ('r1', 'c1'), ('r2', 'c1');
    CREATE TABLE countries (id text PRIMARY KEY, name text);
    INSERT INTO countries VALUES ('c1', 'Land');
  `);
});

afterAll(() => database.close());

const schema = z.object({ id: z.string(), key: z.any() });
const base = {
  schema,
  eventId: ({ id }: { readonly id: string }) => id,
  tables: { found: inserts({ columns: { id: 'text', answer: 'text' } }) },
};

let index = 0;

async function run(projection: AnyProjection, ...keys: readonly unknown[]): Promise<BatchReport> {
  await database.query('TRUNCATE found');
  const records = keys.map((key, n) => kinesisRecord({ data: { id: `${projection.name} ${n}`, key }, index: index++ }));
  return processBatch(records, database.createEngine(projection), () => 30_000);
}

async function answers(): Promise<unknown[]> {
  return (await database.query('SELECT answer FROM found ORDER BY id')).map(({ answer }) => answer);
}

it('reads a row by several columns', async () => {
  const prices = lookup({
    table: 'prices',
    key: ['shop', 'sku'],
    keyType: ['text', 'integer'],
    columns: { cents: 'integer' },
  });
  const projection = defineProjection({
    ...base,
    name: 'prices',
    lookups: { prices },
    lookupKeys: ({ key }) => ({ prices: [key as [string, number]] }),
    project: ({ id, key }, found) => ({ found: { id, answer: String(found.prices(key as [string, number]).cents) } }),
  });
  const report = await run(projection, ['s1', 1], ['s1', 2], ['s2', 1], ['s2', 2], ['s3', 1], ['s1'], ['s1', null]);
  expect(await answers()).toEqual(['10', '20', '30']);
  expect(report.rejections.map(({ rejection: { reason, detail } }) => [reason, detail])).toEqual([
    ['lookup-absent', '`prices` has no row for ["s2", 2]'],
    ['lookup-ambiguous', '`prices` has 2 rows whose `shop`, `sku` is ["s3", 1]; a lookup needs a unique key'],
    ['row-invalid', '`lookupKeys.prices[0]` must be a list of the values of `shop`, `sku`, got a list of 1'],
    ['lookup-absent', '`prices` has no row for ["s1", null]'],
  ]);
  expect([report.calls.calls, report.cacheMisses]).toEqual([2, 5]);
});

it.each([
  ['citext', 'people', 'email', ['ann@example.org', 'ANN@EXAMPLE.ORG', 'Ann@example.org', 'ann'], ['NL', 'NL', 'NL']],
  ['text', 'towns', 'name', ['utrecht', 'UTRECHT', 'Utrecht', 'Utrech'], ['NL', 'NL', 'NL']],
  ['char', 'codes', 'code', ['UTR', 'UTR  ', 'UTR       ', 'UTRE', 'UTRECHT'], ['NL', 'NL', 'NL']],
  ['numeric', 'rates', 'rate', ['1', '1.00', 1, '2.5', '0'], ['one', 'one', 'one', 'two and a half']],
] as const)(
  'finds a row by the equality of %s, for all keys that are equal',
  async (keyType, table, key, keys, rows) => {
    const projection = defineProjection({
      ...base,
      name: `equal-${table}`,
      lookups: { rows: lookup({ table, key, keyType, columns: { country: 'text' } }) },
      lookupKeys: (event) => ({ rows: [event.key as string] }),
      project: (event, found) => ({ found: { id: event.id, answer: found.rows(event.key as string).country } }),
    });
    const report = await run(projection, ...keys);
    expect(await answers()).toEqual(rows);
    expect(report.rejections.every(({ rejection: { reason } }) => reason === 'lookup-absent')).toBe(true);
    expect(report.calls.calls).toBe(2);
  },
);

it('says that a key is ambiguous, whichever of its forms was asked', async () => {
  const projection = defineProjection({
    ...base,
    name: 'ambiguous',
    lookups: { rates: lookup({ table: 'rates', key: 'rate', keyType: 'numeric', columns: { country: 'text' } }) },
    lookupKeys: ({ key }) => ({ rates: [key as string] }),
    project: ({ id, key }, { rates }) => ({ found: { id, answer: rates(key as string).country } }),
  });
  const { rejections } = await run(projection, '3', '3.0', '3.000');
  expect(rejections.map(({ rejection: { reason } }) => reason)).toEqual(Array(3).fill('lookup-ambiguous'));
});

it('follows the rows of one lookup to those of others, with one call per link', async () => {
  const of = <C extends string>(table: string, column: C) =>
    lookup({
      table,
      key: 'id',
      keyType: 'text',
      columns: { [column]: 'text?' } as Record<C, 'text?'>,
      absent: 'undefined',
    });
  const projection = defineProjection({
    ...base,
    name: 'chain',
    lookups: { shops: of('shops', 'region'), regions: of('regions', 'country'), countries: of('countries', 'name') },
    lookupKeys: ({ key }, { shops, regions }) => {
      const region = shops(key as string)?.region;
      return { shops: [key as string], regions: [region], countries: [regions(region)?.country] };
    },
    project: ({ id, key }, { shops, regions, countries }) => {
      const region = shops(key as string)?.region ?? '';
      const country = region === '' ? '' : (regions(region)?.country ?? '');
      return { found: { id, answer: country === '' ? 'nowhere' : (countries(country)?.name ?? 'unnamed') } };
    },
  });
  const engine = database.createEngine(projection);
  await database.query('TRUNCATE found');
  const batch = (prefix: string) =>
    ['s1', 's2', 's3', 's4'].map((key, n) => kinesisRecord({ data: { id: `${prefix}${n}`, key }, index: index++ }));
  const first = await processBatch(batch('a'), engine, () => 30_000);
  expect([first.written, first.calls.calls]).toEqual([4, 4]);
  const second = await processBatch(batch('b'), engine, () => 30_000);
  expect([second.written, second.calls.calls]).toEqual([4, 1]);
  expect(await answers()).toEqual(['Land', 'Land', 'nowhere', 'nowhere', 'Land', 'Land', 'nowhere', 'nowhere']);
});
