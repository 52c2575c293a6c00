import { connectGivenPostgres } from '../postgres/connect-postgres.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import type { DataApiServerOptions } from './data-api-server-options.ts';
import { startDataApiServer, type DataApiServer } from './start-data-api-server.ts';

/** What the stand-alone server is told on its command line. */
export interface LocalDataApiOptions extends Omit<DataApiServerOptions, 'databaseUrl'> {
  /** A PostgreSQL that runs already; without it one is started. */
  readonly databaseUrl?: string;
}

/** Where it says what, and how it is told to end. */
export interface ProcessPort {
  /** Prints one line. */
  readonly print: (line: string) => void;
  /** Resolves when the process is asked to end. */
  readonly ended: Promise<unknown>;
}

/**
 * Runs the Data API server until the process is asked to end. Prints one line of JSON when it is ready: endpoint,
 * the ARNs and the database to use.
 *
 * @throws {@link UsageError} if the port is taken or the database does not answer.
 */
export async function runLocalDataApi(options: LocalDataApiOptions, process: ProcessPort): Promise<void> {
  const started: { stop(): Promise<void> }[] = [];
  try {
    const postgres = await Promise.race([openPostgres(options.databaseUrl), ended(process)]);
    if (!postgres) return;
    started.unshift(postgres);
    const server = await startDataApiServer({ ...options, databaseUrl: postgres.url, controlPaths: true });
    started.unshift({ stop: () => server.close() });
    process.print(readyLine(server));
    await process.ended;
  } finally {
    for (const part of started) await part.stop();
  }
}

function openPostgres(databaseUrl: string | undefined): Promise<PostgresServer> {
  return databaseUrl === undefined ? startPostgres() : connectGivenPostgres(databaseUrl);
}

async function ended(process: ProcessPort): Promise<undefined> {
  await process.ended;
}

function readyLine({ endpoint, resourceArn, secretArn, database, region }: DataApiServer): string {
  return JSON.stringify({ endpoint, resourceArn, secretArn, database, region });
}
