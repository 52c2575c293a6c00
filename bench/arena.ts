import { join } from 'node:path';
import pg from 'pg';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../contract/environment.ts';
import type { DataApiServerOptions } from '../local/data-api/data-api-server-options.ts';
import type { DataApiServer } from '../local/data-api/start-data-api-server.ts';
import { startDataApiServer } from '../local/data-api/start-data-api-server.ts';
import { flightsExample } from '../local/examples/flights-example.ts';
import type { PostgresServer } from '../local/postgres/postgres-server.ts';
import { startPostgres } from '../local/postgres/start-postgres.ts';
import { prepareTables } from '../local/run/prepare-tables.ts';
import type { FlightEvents } from './flight-events.ts';
import { openFlightEvents } from './flight-events.ts';
import type { TableDigest, VerifiedTable } from '../local/examples/table-digest.ts';
import { digestSql, expectedDigests } from '../local/examples/table-digest.ts';
import { LOCAL_CREDENTIALS } from '../local/local-credentials.ts';

/** What all scenarios share: one database behind one Data API, and the events. */
export interface Arena {
  readonly postgres: PostgresServer;
  readonly dataApi: DataApiServer;
  readonly events: FlightEvents;
  /** For tables of a scenario's own. */
  readonly database: pg.Client;
  /** Environment variables of a function that talks to this Data API. */
  readonly functionEnvironment: Readonly<Record<string, string>>;
  /** Empties what runs write. */
  readonly reset: () => Promise<void>;
  /**
   * Holds the tables against what the first events must have made of them.
   *
   * @throws {@link VerificationError} when a table holds anything else
   */
  readonly verify: (count: number, tables: readonly VerifiedTable[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The run was wrong, however fast it was: no ratio is made from it. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
}

const FLIGHTS = { name: 'flights', migrations: join(import.meta.dirname, '../functions/flights/migrations') };

const EMPTY_ALL = `TRUNCATE flights, airport_days, latest_departures, event_processor.ledger,
  event_processor.quarantine, event_processor.batch_log, event_processor.tombstone`;

/** Longer than any bench: a warm cache must not cool down between two rounds. */
const CACHE_TTL_SECONDS = 3_600;

/** Starts the database and the Data API and creates the tables. */
export async function openArena(): Promise<Arena> {
  await using starting = new AsyncDisposableStack();
  const postgres = await startPostgres();
  starting.defer(() => postgres.stop());
  const arena = await openArenaOn(postgres);
  starting.defer(() => arena.close());
  const started = starting.move();
  return { ...arena, close: () => started.disposeAsync() };
}

/** Which database of a server, and who hears of its calls. */
export interface ArenaOptions extends Pick<DataApiServerOptions, 'onAnswer'> {
  /** A database that is there. @defaultValue that of the server's URL */
  readonly databaseName?: string;
}

/** Starts a Data API in front of a PostgreSQL that runs, and creates the tables. Closing it leaves the PostgreSQL alone. */
export async function openArenaOn(
  postgres: PostgresServer,
  { databaseName, ...options }: ArenaOptions = {},
): Promise<Arena> {
  await using starting = new AsyncDisposableStack();
  const url = new URL(postgres.url);
  if (databaseName !== undefined) url.pathname = `/${databaseName}`;
  const dataApi = await startDataApiServer({ ...options, databaseUrl: url.href });
  starting.defer(() => dataApi.close());
  await prepareTables(dataApi, [FLIGHTS], { examples: [flightsExample] });
  const database = new pg.Client({ connectionString: url.href });
  await database.connect();
  starting.defer(() => database.end());
  await database.query('ANALYZE');
  const events = await openFlightEvents();
  const started = starting.move();
  return {
    postgres,
    dataApi,
    events,
    database,
    functionEnvironment: environmentOf(dataApi),
    reset: async () => {
      await database.query(EMPTY_ALL);
      await database.query('CHECKPOINT');
    },
    verify: createVerifier(database, events),
    close: () => started.disposeAsync(),
  };
}

function environmentOf({ endpoint, region, resourceArn, secretArn, database }: DataApiServer): Record<string, string> {
  return {
    ...processorEnvironment.encode({
      ...DEFAULT_ENVIRONMENT,
      cacheTtlSeconds: CACHE_TTL_SECONDS,
      clusterArn: resourceArn,
      secretArn,
      database,
    }),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_RDS_DATA: endpoint,
  };
}

function createVerifier(database: pg.Client, events: FlightEvents): Arena['verify'] {
  const expected = new Map<number, ReturnType<typeof expectedDigests>>();
  return async (count, tables) => {
    const digests = expected.get(count) ?? expectedDigests(events.first(count));
    expected.set(count, digests);
    for (const table of tables) {
      const { rows } = await database.query<TableDigest>(digestSql(table));
      const [wanted, got] = [digests[table], rows[0]];
      if (got?.rows === wanted.rows && got.sum === wanted.sum) continue;
      throw new VerificationError(
        `\`${table}\` must hold ${wanted.rows} rows with digest ${wanted.sum} after ${count} events, ` +
          `got ${got?.rows ?? 'none'} with ${got?.sum ?? 'none'}`,
      );
    }
  };
}
