import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flights } from '../../../functions/flights/projection.ts';
import { orders } from '../../../functions/orders/projection.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';
import { startProjectionDatabase } from '../../../local/proof/start-projection-database.ts';

const FUNCTIONS = join(import.meta.dirname, '../../../functions');

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

function startWith(name: string, sql = '') {
  const migrations = join(FUNCTIONS, name, 'migrations');
  return startProjectionDatabase({ migrations, sql, databaseUrl: postgres.url });
}

test('orders are the same however their events are delivered', async () => {
  const sql = await readFile(join(FUNCTIONS, 'orders/sample/reference.sql'), 'utf8');
  const sample = await readFile(join(FUNCTIONS, 'orders/sample/events.ndjson'), 'utf8');
  const events = sample.trim().split('\n').slice(30, 70);
  await using database = await startWith('orders', sql);
  const delivered = await database.checkDeliveries(orders, {
    runs: 12,
    records: events.map((data) => {
      const event = JSON.parse(data) as Readonly<Record<string, string>>;
      return { data, partitionKey: event['order'] ?? event['customer'] ?? 'none' };
    }),
  });
  expect(delivered.rejections).toEqual([]);
  expect(delivered.skipped).toEqual({ heartbeat: events.filter((event) => event.includes('heartbeat')).length });
  const placed = delivered.tables.shop_totals.reduce((sum, row) => sum + Number(row.orders), 0);
  expect(placed).toBe(events.filter((event) => event.includes('order.placed')).length);
  // A second copy of an event has another place on the stream, which is all that these events are known by.
  expect(delivered.checked).toMatchObject({ again: 1, copied: 0 });
  expect(delivered.checked.reordered).toBeGreaterThan(1);
});

test('flights are the same however their events are delivered', async () => {
  const airport = { country: 'USA', latitude: 42.2, longitude: -83.3 };
  const flight = (n: number) => ({
    date: `2001/01/0${1 + (n % 3)} 0${n % 10}:05`,
    delay: (n * 7) % 40,
    distance: 100 + n,
    origin: n % 2 === 0 ? 'DTW' : 'ORD',
    destination: n === 5 ? 'XXX' : 'DTW',
  });
  await using database = await startWith('flights');
  const delivered = await database.checkDeliveries(flights, {
    events: Array.from({ length: 20 }, (_, n) => flight(n)),
    runs: 12,
    partitionKey: 'origin',
    rows: {
      airports: [
        { iata: 'DTW', name: 'Metro', city: 'Detroit', state: 'MI', ...airport },
        { iata: 'ORD', name: "O'Hare", city: 'Chicago', state: 'IL', ...airport },
      ],
    },
  });
  expect(delivered.rejections).toMatchObject([{ event: 5, reason: 'lookup-absent', waits: false }]);
  expect(delivered.tables.flights).toHaveLength(19);
  expect(delivered.tables.latest_departures).toMatchObject([{ airport: 'DTW' }, { airport: 'ORD' }]);
  expect(delivered.checked.copied).toBeGreaterThan(0);
});
