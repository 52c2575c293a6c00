import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { parseRunOptions } from '../../../local/run/run-options.ts';
import { runLocal } from '../../../local/run/run-local.ts';

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** Shops of the reference data. */
const CURRENCIES = { berlin: 'EUR', lisbon: 'EUR', london: 'GBP', oslo: 'NOK', tokyo: 'JPY' } as const;

/** What the sample events leave behind when they are applied one after the other. */
function applied(events: readonly Event[]) {
  const orders = new Map<unknown, object>();
  const customers = new Map<unknown, object>();
  const totals = new Map<unknown, { orders: number; cents: number }>();
  for (const { type, order, customer, ...rest } of events) {
    if (type === 'order.placed') {
      const { shop, cents } = rest as { shop: keyof typeof CURRENCIES; cents: number };
      orders.set(order, { id: order, customer, ...rest, currency: CURRENCIES[shop], state: 'placed' });
      const total = totals.get(shop) ?? { orders: 0, cents: 0 };
      totals.set(shop, { orders: total.orders + 1, cents: total.cents + cents });
    }
    if (type === 'order.changed') orders.set(order, { ...orders.get(order), ...rest });
    const nobody = { id: customer, country: null, news: null };
    if (type === 'customer.changed') customers.set(customer, { ...(customers.get(customer) ?? nobody), ...rest });
    if (type === 'customer.deleted') customers.delete(customer);
  }
  return {
    orders: [...orders.values()],
    customers: [...customers.values()],
    totals: [...totals].map(([shop, total]) => ({ shop, ...total })),
  };
}

async function read(client: pg.Client, sql: string): Promise<readonly unknown[]> {
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

function byText(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row as object).sort())).sort();
}

test('the orders example leaves what its events say, applied one after the other', async () => {
  const sample = join(import.meta.dirname, '../../../functions/orders/sample/events.ndjson');
  const events = (await readFile(sample, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const argv = ['--function', 'orders', '--source', 'memory', '--batch-size', '20', '--database-url', postgres.url];
  const said: string[] = [];
  const screen = { say: (line: string) => said.push(line), update: () => undefined };
  const options = parseRunOptions(argv);
  const reports = options && (await runLocal(options, screen, new AbortController().signal));

  const skipped = events.filter(({ type }) => type === 'heartbeat').length;
  expect(skipped).toBeGreaterThan(0);
  expect(reports).toMatchObject([
    {
      written: events.length - skipped,
      skipped,
      skippedByReason: { heartbeat: skipped },
      quarantined: 0,
      superseded: 0,
    },
  ]);
  expect(said.find((line) => line.startsWith('Tables: '))).toMatch(
    /^Tables: customers \(\d+\), orders \(\d+\), shop_totals \(5\), shops \(5\)$/,
  );
  expect(said).toContain(`  psql ${postgres.url}`);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const expected = applied(events);
    expect(expected.customers.length).toBeLessThan(new Set(events.map(({ customer }) => customer)).size);
    expect(byText(await read(client, 'SELECT id, shop, customer, cents, currency, tags, state FROM orders'))).toEqual(
      byText(expected.orders),
    );
    expect(byText(await read(client, 'SELECT id, country, news FROM customers'))).toEqual(byText(expected.customers));
    const totals = 'SELECT shop, orders::integer, cents::integer FROM shop_totals';
    expect(byText(await read(client, totals))).toEqual(byText(expected.totals));
  } finally {
    await client.end();
  }
});
