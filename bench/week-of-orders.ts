/**
 * Tables of the scenario `growth`, and a week of events in them.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type pg from 'pg';
import { FRAMEWORK_TABLES } from '../contract/framework-tables.ts';
import type { AppendedRecord } from '../local/mapping/memory-source.ts';
import { VerificationError } from './arena.ts';

/** Name of the projection in `bench/handlers/growing-orders.ts`, which the ledger's rows carry. */
export const FUNCTION_NAME = 'growing-orders';

/** Hours over which the rows of the ledger are spread. */
export const HOURS_OF_HISTORY = 168;

const CUSTOMERS = 100_000;

/** Bytes of disk that a row takes in ledger, table and indexes, those of building the indexes included. */
const DISK_BYTES_PER_ROW = 500;

/** SQL of the tables that the projection writes, empty. */
export const CREATE_TABLES = `
  CREATE TABLE bench_orders (id uuid PRIMARY KEY, customer integer NOT NULL, cents integer NOT NULL);
  CREATE TABLE bench_totals (
    customer integer PRIMARY KEY, orders bigint NOT NULL, cents bigint NOT NULL) WITH (fillfactor = 70)`;

/**
 * Makes sure that the disk has room.
 *
 * @throws Error that says how much is needed and how much is there
 */
export async function checkDisk(rows: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  const [neededGb, freeGb] = [rows * DISK_BYTES_PER_ROW, bavail * bsize].map((bytes) => Math.round(bytes / 1e9));
  if ((freeGb ?? 0) < (neededGb ?? 0)) {
    throw new Error(`${rows} rows take ${neededGb} GB in ${tmpdir()} while they are loaded, ${freeGb} GB are free`);
  }
}

/**
 * Fills ledger and tables with the events of a week. Indexes are made behind the load; nothing goes to the write-ahead log
 * where the database has `wal_level` minimal.
 *
 * @param rows at least 1
 */
export async function loadWeek(database: pg.Client, rows: number, onStep: (step: string) => void): Promise<void> {
  const { rows: indexes } = await database.query<{ table: string; definition: string; isKey: boolean; name: string }>(
    `SELECT indrelid::regclass::text AS table, pg_get_indexdef(indexrelid) AS definition, indisprimary AS "isKey",
       relname AS name
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE indrelid IN ('${FRAMEWORK_TABLES.ledger}'::regclass, 'bench_orders'::regclass)`,
  );
  await database.query('BEGIN');
  await database.query(`TRUNCATE ${FRAMEWORK_TABLES.ledger}, bench_orders, bench_totals`);
  for (const { table, isKey, name } of indexes) {
    await database.query(
      isKey ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${table.replace(/[^.]*$/, '')}${name}`,
    );
  }
  onStep(`loading ${rows.toLocaleString('en-US')} rows`);
  await database.query(
    `INSERT INTO ${FRAMEWORK_TABLES.ledger} (function_name, event_id, committed_at)
     SELECT '${FUNCTION_NAME}', gen_random_uuid()::text,
       now() - make_interval(hours => ${HOURS_OF_HISTORY}) * (1 - (n / 1000) * 1000.0 / ${rows})
     FROM generate_series(1, ${rows}) AS n`,
  );
  await database.query(
    `INSERT INTO bench_orders SELECT event_id::uuid, abs(hashtext(event_id)) % ${CUSTOMERS}, 100
     FROM ${FRAMEWORK_TABLES.ledger}`,
  );
  await database.query(
    'INSERT INTO bench_totals SELECT customer, count(*), sum(cents) FROM bench_orders GROUP BY customer ORDER BY customer',
  );
  await database.query("SET LOCAL maintenance_work_mem = '1GB'");
  for (const { table, definition, isKey, name } of indexes) {
    onStep(`making the index ${name}`);
    const columns = /\((.*)\)$/.exec(definition)?.[1] ?? '';
    await database.query(isKey ? `ALTER TABLE ${table} ADD CONSTRAINT ${name} PRIMARY KEY (${columns})` : definition);
  }
  await database.query('COMMIT');
  onStep('vacuum');
  await database.query(`VACUUM (ANALYZE) ${FRAMEWORK_TABLES.ledger}, bench_orders, bench_totals`);
}

/** An event of the scenario. */
export interface Order {
  readonly id: string;
  readonly customer: number;
  readonly cents: number;
}

/** What the ids of orders are: of version 4, so anywhere among those that are there, or of version 7, so behind them. */
export type IdKind = 'random' | 'time-ordered';

/** New orders: no two runs have an id in common. */
export function newOrders(count: number, kind: IdKind): readonly Order[] {
  const newId = kind === 'random' ? randomUUID : createTimeOrderedId();
  return Array.from({ length: count }, (_, n) => ({
    id: newId(),
    customer: (n * 7919) % CUSTOMERS,
    cents: n % 1000,
  }));
}

/** A UUID of version 7: the time, then a counter in the place of the first random bits, so that ids of a millisecond ascend. */
function createTimeOrderedId(): () => string {
  const time = Date.now().toString(16).padStart(12, '0');
  let count = 0;
  return () => {
    count += 1;
    const counter = count.toString(16).padStart(7, '0');
    const random = randomUUID();
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.slice(0, 3)}-8${counter.slice(3, 6)}-${counter.slice(6)}${random.slice(25)}`;
  };
}

/** The orders as records, each with its customer as the partition key. */
export function* orderRecords(orders: readonly Order[]): Generator<AppendedRecord> {
  for (const order of orders) {
    yield { partitionKey: `customer-${order.customer}`, data: Buffer.from(JSON.stringify(order)).toString('base64') };
  }
}

/** Sums over all customers. */
export interface Totals {
  readonly orders: number;
  readonly cents: number;
}

/** Reads what the counters say. */
export async function readTotals(database: pg.Client): Promise<Totals> {
  const { rows } = await database.query<Totals>(
    'SELECT coalesce(sum(orders), 0)::float8 AS orders, coalesce(sum(cents), 0)::float8 AS cents FROM bench_totals',
  );
  return rows[0] ?? { orders: NaN, cents: NaN };
}

/**
 * Holds the tables against what a run must have added to them.
 *
 * @param before the counters before the run
 * @throws {@link VerificationError} when a row or a ledger entry is missing, or the counters went on by anything else
 */
export async function verifyOrders(database: pg.Client, orders: readonly Order[], before: Totals): Promise<void> {
  const { rows } = await database.query<{ orders: number; cents: number; entries: number }>(
    `SELECT count(*)::float8 AS orders, coalesce(sum(cents), 0)::float8 AS cents,
       (SELECT count(*)::float8 FROM ${FRAMEWORK_TABLES.ledger}
        WHERE function_name = '${FUNCTION_NAME}' AND event_id = ANY ($1::text[])) AS entries
     FROM bench_orders WHERE id = ANY ($1::uuid[])`,
    [orders.map(({ id }) => id)],
  );
  const after = await readTotals(database);
  const cents = orders.reduce((sum, order) => sum + order.cents, 0);
  const got = { ...rows[0], addedOrders: after.orders - before.orders, addedCents: after.cents - before.cents };
  const wanted = {
    orders: orders.length,
    cents,
    entries: orders.length,
    addedOrders: orders.length,
    addedCents: cents,
  };
  const wrong = Object.entries(wanted).filter(([name, value]) => got[name as keyof typeof wanted] !== value);
  if (wrong.length === 0) return;
  throw new VerificationError(
    `after ${orders.length} orders the tables must have ${JSON.stringify(wanted)} more, got ${JSON.stringify(got)}`,
  );
}
