import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { TextRow } from '../chaos-input.ts';
import type { ExpectedEntry } from './expected-documents.ts';
import type { ExpectedTables } from './expected-tables.ts';

/** An entry of the quarantine. */
export interface QuarantinedEntry extends ExpectedEntry {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Milliseconds since 1970, with their fraction. */
  readonly quarantinedAtMs: number;
}

/** What a run left behind, as the database and the on-failure destination have it. */
export interface ChaosOutcome {
  readonly tables: ExpectedTables;
  /** When each event of the ledger was committed, milliseconds since 1970. */
  readonly ledger: ReadonlyMap<string, number>;
  /** Entries that are open. */
  readonly quarantine: readonly QuarantinedEntry[];
  /** Entries whose event had its effect after all, or was not wanted when it was tried again. */
  readonly closed: readonly QuarantinedEntry[];
  /** Payloads in the on-failure destination, each as often as it is there. */
  readonly destination: readonly string[];
  /** Sums over the batch log. */
  readonly logged: Readonly<Record<(typeof COUNTS)[number], number>>;
  /** Skipped events over the batch log, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Deadlocks that the database had to break. */
  readonly deadlocks: number;
  /** Rows of the reference table that are there once: they are not the run's business, and must not change. */
  readonly airports: number;
}

/** Counts of the batch log. */
const COUNTS = ['written', 'superseded', 'duplicates', 'quarantined', 'waiting'] as const;

const TABLES: Readonly<Record<keyof ExpectedTables, string>> = {
  flights: `SELECT flight_id, departed_at::text, origin, origin_city, origin_state, destination, destination_city,
    destination_state, delay::text, distance::text FROM flights`,
  flight_notes: `SELECT flight_id, note, ticket::text, details->>'ticket', details->>'seats' FROM flight_notes`,
  airport_days: `SELECT airport, day::text, flights::text, delayed_flights::text, delay_minutes::text FROM airport_days`,
  latest_departures: 'SELECT airport, departed_at::text, flight_id, destination, delay::text FROM latest_departures',
  inherited_name: 'SELECT v FROM "constructor"',
  stands: 'SELECT airport, at::text, number::text, stand, crew, level::text FROM stands',
  carriers: 'SELECT carrier, revision::text, alliance FROM carriers',
  bookings: 'SELECT booking, carrier, revision::text, alliance, cents::text FROM bookings',
  boardings: 'SELECT boarding::text, booking FROM boardings',
  carrier_cents: 'SELECT carrier, bookings::text, cents::text FROM carrier_cents',
  gates: `SELECT airport, at::text, gate, serial::text, report->>'serial' FROM gates`,
};

/**
 * Reads what a run left behind, straight from PostgreSQL and the folder: not through anything that is under test.
 *
 * @param databaseUrl of the run
 * @param folder of the on-failure destination
 */
export async function readOutcome(databaseUrl: string, folder: string): Promise<ChaosOutcome> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return { ...(await readDatabase(client)), destination: await readDestination(folder) };
  } finally {
    await client.end();
  }
}

async function readDatabase(client: pg.Client): Promise<Omit<ChaosOutcome, 'destination'>> {
  const tables: Partial<Record<keyof ExpectedTables, TextRow[]>> = {};
  for (const [name, sql] of Object.entries(TABLES)) {
    const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' });
    tables[name as keyof ExpectedTables] = rows;
  }
  const ledger = await client.query<{ event_id: string; at: number }>(
    'SELECT event_id, extract(epoch FROM committed_at)::float8 * 1000 AS at FROM event_processor.ledger',
  );
  const { rows: entries } = await client.query<QuarantinedEntry & { readonly isClosed: boolean }>(
    `SELECT convert_from(payload, 'UTF8') AS payload, reason, sql_state AS "sqlState", shard_id AS "shardId",
       sequence_number::text AS "sequenceNumber", extract(epoch FROM quarantined_at)::float8 * 1000 AS "quarantinedAtMs",
       retry_at IS NOT NULL AS "hasWaited", applied_at IS NOT NULL AS "isClosed"
     FROM event_processor.quarantine`,
  );
  const sums = await client.query<ChaosOutcome['logged']>(
    `SELECT ${COUNTS.map((count) => `coalesce(sum(${count}), 0)::float8 AS ${count}`).join(', ')}
     FROM event_processor.batch_log`,
  );
  const skipped = await client.query<{ reason: string; events: number }>(
    `SELECT key AS reason, sum(value::integer)::float8 AS events
     FROM event_processor.batch_log, jsonb_each_text(skipped_by_reason) GROUP BY 1`,
  );
  const others = await client.query<Pick<ChaosOutcome, 'deadlocks' | 'airports'>>(
    `SELECT (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())::float8 AS deadlocks,
       (SELECT count(*) FROM (SELECT FROM airports GROUP BY iata HAVING count(*) = 1) AS once)::float8 AS airports`,
  );
  return {
    tables: tables as ExpectedTables,
    ledger: new Map(ledger.rows.map(({ event_id, at }) => [event_id, at])),
    quarantine: entries.filter(({ isClosed }) => !isClosed),
    closed: entries.filter(({ isClosed }) => isClosed),
    logged: sums.rows[0] ?? { written: 0, superseded: 0, duplicates: 0, quarantined: 0, waiting: 0 },
    skipped: new Map(skipped.rows.map(({ reason, events }) => [reason, events])),
    deadlocks: others.rows[0]?.deadlocks ?? 0,
    airports: others.rows[0]?.airports ?? 0,
  };
}

interface FailureObject {
  readonly payload: string;
}

interface InvocationEvent {
  readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
}

async function readDestination(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const objects = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  );
  return objects.flatMap((text) => {
    const { payload } = JSON.parse(text) as FailureObject;
    const { Records: records } = JSON.parse(payload) as InvocationEvent;
    return records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  });
}
