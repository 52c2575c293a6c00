import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDataApiServer } from '../../data-api/start-data-api-server.ts';
import { flightsExample } from '../../examples/flights-example.ts';
import { startPostgres } from '../../postgres/start-postgres.ts';
import type { PostgresServer } from '../../postgres/postgres-server.ts';
import { prepareTables } from '../../run/prepare-tables.ts';
import { CREATE_ROLE, GRANT_ALL } from './processor-role.ts';
import { queryOnce } from '../../postgres/query-once.ts';

/** One PostgreSQL for many runs: each gets a database of its own, copied from one that is ready. */
export interface ChaosDatabase {
  readonly postgres: PostgresServer;
  /**
   * Creates a database with all tables and the airports in it.
   *
   * @returns its URL, for a user who may do anything
   */
  readonly create: (name: string) => Promise<string>;
  readonly drop: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const ROOT = join(import.meta.dirname, '../../..');
const FUNCTIONS = [
  { name: 'flights', migrations: join(ROOT, 'functions/flights/migrations') },
  { name: 'chaos', migrations: join(ROOT, 'local/chaos/function/migrations') },
];
const TEMPLATE = 'chaos_template';

/** Nothing keeps a reference table from having a key twice. */
const ADD_TWINS = `
  ALTER TABLE airports DROP CONSTRAINT airports_pkey;
  CREATE INDEX airports_iata ON airports (iata);
  INSERT INTO airports SELECT 'TWIN', 'Twin ' || n, 'City ' || n, 'TX', 'USA', 0, 0 FROM generate_series(1, 2) AS n`;

/** Starts PostgreSQL and prepares the database that all others are copied from. */
export async function startChaosDatabase(): Promise<ChaosDatabase> {
  const postgres = await startPostgres();
  try {
    await queryOnce(postgres.url, CREATE_ROLE);
    await queryOnce(postgres.url, `CREATE DATABASE ${TEMPLATE}`);
    await prepare(databaseUrl(postgres, TEMPLATE));
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    postgres,
    create: async (name) => {
      await queryOnce(postgres.url, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`);
      return databaseUrl(postgres, name);
    },
    drop: async (name) => {
      await queryOnce(postgres.url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
    close: () => postgres.stop(),
  };
}

function databaseUrl({ url }: PostgresServer, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
}

/** Longer than the database is ever away. */
const MAX_ATTEMPTS = 100;
const ATTEMPT_EVERY_MS = 200;

/** Executes statements beside a run: the database may be down, or a write may change the same catalog row. */
export async function executePatiently(url: string, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await queryOnce(url, sql);
      return;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      await sleep(ATTEMPT_EVERY_MS);
    }
  }
}

async function prepare(url: string): Promise<void> {
  const server = await startDataApiServer({ databaseUrl: url });
  try {
    await prepareTables(server, FUNCTIONS, { examples: [flightsExample] });
    await queryOnce(url, `${ADD_TWINS};\n${GRANT_ALL}`);
  } finally {
    await server.close();
  }
}
