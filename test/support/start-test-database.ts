import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import type { FunctionFolder } from '../../build/function-folder.ts';
import type { DataApiServerOptions } from '../../local/data-api/data-api-server-options.ts';
import { startDataApiServer } from '../../local/data-api/start-data-api-server.ts';
import { startPostgres } from '../../local/postgres/start-postgres.ts';
import { prepareTables } from '../../local/run/prepare-tables.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import { createExecuteStatement } from '../../data-api/execute.ts';
import { DEFAULT_ENVIRONMENT } from '../../contract/environment.ts';
import { createEngine } from '../../processor/create-engine.ts';
import { FUSE_OFF_PERCENT } from '../../processor/quarantine/fuse.ts';
import type { Engine } from '../../processor/batch-rounds.ts';
import type { AnyProjection } from '../../processor/projection.ts';

/** A database of its own for one test file: PostgreSQL, the Data API in front of it, and the framework's tables. */
export interface TestDatabase {
  readonly url: string;
  /** Runs SQL straight on PostgreSQL: what a test sets up and looks at does not go through the code under test. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs a statement through the Data API, as the adapters of the engine do. */
  readonly execute: ExecuteStatement;
  /** An engine of its own, as an execution environment has it, writing through the Data API. */
  readonly createEngine: (projection: AnyProjection, overrides?: Partial<Engine>) => Engine;
  readonly close: () => Promise<void>;
}

/**
 * Starts everything; whoever calls it closes it in `afterAll`.
 *
 * @param functions whose tables are made by their migrations
 */
export async function startTestDatabase(
  options: Partial<DataApiServerOptions> = {},
  functions: readonly FunctionFolder[] = [],
): Promise<TestDatabase> {
  await using stack = new AsyncDisposableStack();
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  const server = await startDataApiServer({ databaseUrl: postgres.url, ...options });
  stack.defer(() => server.close());
  const client = new RDSDataClient({
    endpoint: server.endpoint,
    region: server.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  stack.defer(() => {
    client.destroy();
  });
  const { resourceArn, secretArn, database } = server;
  await prepareTables(server, functions);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  // The server may be gone before a connection has said goodbye; by then nobody waits for an answer.
  pool.on('error', () => undefined);
  pool.on('connect', (session) => session.on('error', () => undefined));
  stack.defer(() => pool.end());
  const execute = createExecuteStatement(client, { clusterArn: resourceArn, secretArn, database });
  const open = stack.move();
  return {
    url: postgres.url,
    query: async (sql, values = []) => (await pool.query<Record<string, unknown>>(sql, [...values])).rows,
    execute,
    // The fuse is off, unless a test is about it: in the first small batches of a build it holds what it rejects.
    createEngine: (projection, overrides = {}) => {
      const { codeVersion = 'test-build' } = overrides;
      const settings = {
        ...DEFAULT_ENVIRONMENT,
        fuseThresholdPercent: FUSE_OFF_PERCENT,
        cacheAbsentTtlSeconds: 1,
        codeVersion,
      };
      return { ...createEngine(projection, settings, execute), ...overrides };
    },
    close: () => open.disposeAsync(),
  };
}
