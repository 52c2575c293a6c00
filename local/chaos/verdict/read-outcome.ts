import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { ExpectedTables, TextRow } from './expected-outcome.ts';

/** An entry of the quarantine. */
export interface QuarantinedEntry {
  readonly payload: string;
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
  readonly quarantine: readonly QuarantinedEntry[];
  /** Payloads in the on-failure destination, each as often as it is there. */
  readonly destination: readonly string[];
  /** Sums over the batch log. */
  readonly logged: { readonly written: number; readonly quarantined: number };
  /** Deadlocks that the database had to break. */
  readonly deadlocks: number;
  /** Rows of every table that is not the run's business: they must not change. */
  readonly airports: number;
}

const TABLES: Readonly<Record<keyof ExpectedTables, string>> = {
  flights: `SELECT flight_id, departed_at::text, origin, origin_city, origin_state, destination, destination_city,
    destination_state, delay::text, distance::text FROM flights`,
  flight_notes: 'SELECT flight_id, note FROM flight_notes',
  airport_days: `SELECT airport, day::text, flights::text, delayed_flights::text, delay_minutes::text FROM airport_days`,
  latest_departures: 'SELECT airport, departed_at::text, flight_id, destination, delay::text FROM latest_departures',
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
  const quarantine = await client.query<QuarantinedEntry>(
    `SELECT convert_from(payload, 'UTF8') AS payload, shard_id AS "shardId", sequence_number::text AS "sequenceNumber",
       extract(epoch FROM quarantined_at)::float8 * 1000 AS "quarantinedAtMs"
     FROM event_processor.quarantine WHERE applied_at IS NULL`,
  );
  const [sums] = (
    await client.query<{ written: number; quarantined: number; deadlocks: number; airports: number }>(
      `SELECT coalesce(sum(written), 0)::float8 AS written, coalesce(sum(quarantined), 0)::float8 AS quarantined,
         (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())::float8 AS deadlocks,
         (SELECT count(*) FROM airports)::float8 AS airports
       FROM event_processor.batch_log`,
    )
  ).rows;
  return {
    tables: tables as ExpectedTables,
    ledger: new Map(ledger.rows.map(({ event_id, at }) => [event_id, at])),
    quarantine: quarantine.rows,
    logged: { written: sums?.written ?? 0, quarantined: sums?.quarantined ?? 0 },
    deadlocks: sums?.deadlocks ?? 0,
    airports: sums?.airports ?? 0,
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
