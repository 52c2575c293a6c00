import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { ProjectionDatabase } from '../../../local/proof/start-projection-database.ts';
import { startProjectionDatabase } from '../../../local/proof/start-projection-database.ts';
import {
  counters,
  defineProjection,
  inserts,
  lookup,
  ndjson,
  remove,
  skip,
  sql,
  versions,
} from '../../../processor/projection.ts';

let database: ProjectionDatabase;

beforeAll(async () => {
  database = await startProjectionDatabase({
    sql: `
      CREATE TABLE regions (id text PRIMARY KEY, v integer NOT NULL);
      CREATE TABLE shops (id text PRIMARY KEY, v integer NOT NULL, region text NOT NULL REFERENCES regions, country text NOT NULL);
      CREATE TABLE sales (id text PRIMARY KEY, shop text NOT NULL REFERENCES shops, country text);
      CREATE TABLE lines (sale text NOT NULL REFERENCES sales, line integer NOT NULL, cents bigint NOT NULL, PRIMARY KEY (sale, line));
      CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL, balance bigint);
      CREATE TABLE firsts (shop text, day date, sale text NOT NULL, PRIMARY KEY (shop, day));
      CREATE TABLE history (sensor text, at timestamptz, value double precision[], note jsonb);
      CREATE TABLE latest (sensor text PRIMARY KEY, at timestamptz NOT NULL, value double precision[] NOT NULL);
      CREATE TABLE spans (span interval, amount numeric(10,2), seq numeric NOT NULL, big bigint, tags text[], PRIMARY KEY (span, amount));
      CREATE TABLE words (word text, seen bigint, weight double precision, PRIMARY KEY (word));`,
  });
});

afterAll(() => database.close());

/** Numbers that look drawn, and are the same in every run. */
function* drawn(seed: number): Generator<number, never> {
  for (let state = seed; ;) yield (state = (state * 48_271) % 2_147_483_647);
}

function listOf<T>(count: number, make: (draw: (below: number) => number, n: number) => T): readonly T[] {
  const numbers = drawn(count);
  return Array.from({ length: count }, (_, n) => make((below) => numbers.next().value % below, n));
}

describe('what is declared holds', () => {
  test('for chains of foreign keys whose parents come late, and lookups of own rows that wait', async () => {
    const projection = defineProjection({
      name: 'chain',
      schema: z.object({
        kind: z.enum(['region', 'shop', 'sale', 'line']),
        id: z.string(),
        of: z.string(),
        v: z.int(),
      }),
      eventId: ({ kind, id, v }) => `${kind} ${id} ${v}`,
      lookups: {
        shops: lookup({ table: 'shops', key: 'id', keyType: 'text', columns: { country: 'text' }, absent: 'later' }),
      },
      lookupKeys: ({ kind, of }) => ({ shops: kind === 'sale' ? [of] : [] }),
      tables: {
        regions: versions({ key: { id: 'text' }, version: { v: 'integer' }, columns: {}, removes: false }),
        shops: versions({
          key: { id: 'text' },
          version: { v: 'integer' },
          columns: { region: 'text', country: 'text' },
          removes: false,
        }),
        sales: inserts({ columns: { id: 'text', shop: 'text', country: 'text?' } }),
        lines: inserts({ columns: { sale: 'text', line: 'integer', cents: 'bigint' } }),
      },
      project: ({ kind, id, of, v }, { shops }) => {
        switch (kind) {
          case 'region':
            return { regions: { id, v } };
          case 'shop':
            return { shops: { id, v, region: of, country: `country of ${id}` } };
          case 'sale':
            return { sales: { id, shop: of, country: shops(of).country } };
          case 'line':
            return { lines: { sale: of, line: v, cents: '9007199254740993' } };
        }
      },
    });
    const events = listOf(28, (draw, n) => {
      const kind = (['line', 'sale', 'shop', 'region'] as const)[draw(4)] ?? 'line';
      const id = kind === 'sale' || kind === 'line' ? String(n) : String(draw(3));
      return { kind, id: kind === 'sale' ? String(draw(1000)) : id, of: String(draw(3)), v: n };
    });
    const sales = events.filter(({ kind }) => kind === 'sale').map(({ id }) => id);
    const linked = events.map((event) =>
      event.kind === 'line' ? { ...event, of: sales[event.v % (sales.length + 1)] ?? 'nowhere' } : event,
    );
    const { tables, rejections } = await database.checkDeliveries(projection, {
      events: linked,
      partitionKey: ({ kind, id }: { readonly kind: string; readonly id: string }) => `${kind} ${id}`,
      runs: 10,
    });
    expect(tables.sales.length).toBeGreaterThan(3);
    expect(rejections.every(({ waits }) => waits)).toBe(true);
  });

  test('for counters of rows that are there, and of rows that are not', async () => {
    const projection = defineProjection({
      name: 'accounts',
      schema: z.object({ id: z.string(), account: z.union([z.int(), z.bigint()]), cents: z.int() }),
      eventId: ({ id }) => id,
      tables: { accounts: counters({ key: { id: 'bigint' }, counters: { balance: 'bigint' }, create: false }) },
      project: ({ account, cents }) => ({ accounts: { id: account, balance: cents } }),
    });
    const events = listOf(24, (draw, n) => ({
      id: String(n),
      account: [1, 2, 9_007_199_254_740_993n, 4][draw(4)],
      cents: draw(100) - 50,
    }));
    const { rejections } = await database.checkDeliveries(projection, {
      events,
      rows: {
        accounts: [
          { id: 1, owner: 'a' },
          { id: 2, owner: 'b', balance: 5 },
          { id: 9_007_199_254_740_993n, owner: 'c' },
        ],
      },
      runs: 10,
    });
    expect(rejections).toHaveLength(events.filter(({ account }) => account === 4).length);
  });

  test('for rows that are kept, and the first of a key in one event', async () => {
    const projection = defineProjection({
      name: 'firsts',
      schema: z.object({ id: z.string(), shop: z.string(), days: z.array(z.string()) }),
      eventId: ({ id }) => id,
      tables: {
        firsts: inserts({
          key: ['shop', 'day'],
          columns: { shop: 'text', day: 'date', sale: 'text' },
          existing: 'keep',
        }),
      },
      project: ({ id, shop, days }) => ({ firsts: days.map((day, n) => ({ shop, day, sale: `${id} ${n}` })) }),
    });
    const events = listOf(20, (draw, n) => ({
      id: String(n),
      shop: `shop ${draw(3)}`,
      days: Array.from({ length: draw(4) }, () => `2026-01-0${1 + draw(3)}`),
    }));
    await database.checkDeliveries(projection, { events, partitionKey: 'shop', runs: 10 });
  });

  test('for tables that take their rows from others, several of a key in one event', async () => {
    const projection = defineProjection({
      name: 'history',
      schema: z.object({ id: z.string(), sensor: z.string(), values: z.array(z.array(z.number())) }),
      eventId: ({ id }) => id,
      tables: {
        history: inserts({
          columns: { sensor: 'text', at: 'timestamptz', value: 'double precision[]', note: 'jsonb?' },
        }),
        latest: versions({
          key: { sensor: 'text' },
          version: { at: 'timestamptz' },
          columns: { value: 'double precision[]' },
          from: { table: 'history' },
        }),
      },
      project: ({ sensor, values }) => ({
        history: values.map((value, n) => ({ sensor, at: `2026-01-0${1 + (n % 2)}T00:00Z`, value, note: { value } })),
      }),
    });
    const events = listOf(16, (draw, n) => ({
      id: String(n),
      sensor: `s${draw(3)}`,
      values: Array.from({ length: 1 + draw(5) }, () => [draw(100) / 7, n]),
    }));
    await database.checkDeliveries(projection, { events, partitionKey: 'sensor', runs: 10 });
  });

  test('for removals and keys that are written in several ways, of records with several events', async () => {
    const projection = defineProjection({
      name: 'spans',
      decode: ndjson(),
      schema: z.object({
        op: z.enum(['put', 'remove', 'ping']),
        span: z.string(),
        amount: z.string(),
        big: z.union([z.int(), z.bigint()]),
      }),
      eventId: 'position',
      tables: {
        spans: versions({
          key: { span: 'interval', amount: sql('numeric(10,2)') },
          version: { seq: 'position' },
          columns: { big: 'bigint', tags: 'text[]?' },
        }),
      },
      project: ({ op, span, amount, big }) => {
        if (op === 'ping') return skip('ping');
        return {
          spans: op === 'remove' ? remove({ span, amount }) : { span, amount, big, tags: [span, null, amount] },
        };
      },
    });
    const line = (draw: (below: number) => number): string =>
      draw(9) === 0
        ? '{"op":'
        : `{"op":"${['put', 'put', 'remove', 'ping'][draw(4)]}","span":"${['1 day', '24:00:00', '1 mon', '30 days', 'long'][draw(5)]}",` +
          `"amount":"${['1', '1.0', '1.00', '2'][draw(4)]}","big":${['1', '9007199254740993'][draw(2)]}}`;
    const records = listOf(20, (draw, n) => ({
      data: Array.from({ length: 1 + draw(3) }, () => line(draw)).join('\n'),
      partitionKey: `key ${n}`,
    }));
    const { rejections, checked } = await database.checkDeliveries(projection, { records, runs: 10 });
    expect(new Set(rejections.map(({ reason }) => reason))).toEqual(new Set(['not-json', 'database']));
    expect(checked.copied).toBe(0);
  });

  test('for sums of doubles, but for their last digits', async () => {
    const projection = defineProjection({
      name: 'words',
      schema: z.object({ id: z.string(), words: z.array(z.string()) }),
      eventId: ({ id }) => id,
      tables: { words: counters({ key: { word: 'text' }, counters: { seen: 'bigint', weight: 'double precision' } }) },
      project: ({ words }) => ({ words: words.map((word, n) => ({ word, seen: 1, weight: 0.1 * n + 0.7 })) }),
    });
    const events = listOf(24, (draw, n) => ({
      id: String(n),
      words: Array.from({ length: draw(5) }, () => ['é', 'e', 'E', 'x"\\'][draw(4)]),
    }));
    const { tables } = await database.checkDeliveries(projection, { events, runs: 10 });
    expect(tables.words.map(({ word }) => word).sort()).toEqual(['E', 'e', 'x"\\', 'é']);
  });
});
