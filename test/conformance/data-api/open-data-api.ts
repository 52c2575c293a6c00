import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
  type BatchExecuteStatementCommandInput,
  type ExecuteStatementCommandInput,
  type ExecuteStatementCommandOutput,
  type Field,
  type SqlParameter,
  type TypeHint,
} from '@aws-sdk/client-rds-data';
import type { DataApiServerOptions } from '../../../local/data-api/data-api-server-options.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { connectPostgres } from '../../../local/postgres/connect-postgres.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';

type Values = Readonly<Record<string, Field>> | readonly SqlParameter[];
type ExecuteExtras = Partial<Omit<ExecuteStatementCommandInput, 'sql' | 'parameters'>>;
type BatchExtras = Partial<Omit<BatchExecuteStatementCommandInput, 'sql' | 'parameterSets'>>;

/** The Data API as a client of the real SDK meets it, on a PostgreSQL of its own. */
export interface DataApiWorld {
  readonly postgres: PostgresServer;
  readonly server: DataApiServer;
  readonly client: RDSDataClient;
  readonly target: { readonly resourceArn: string; readonly secretArn: string };
  execute(sql: string, parameters?: Values, extras?: ExecuteExtras): Promise<ExecuteStatementCommandOutput>;
  /** The fields of the first row. */
  firstRow(sql: string, parameters?: Values, extras?: ExecuteExtras): Promise<readonly Field[]>;
  batch(sql: string, sets: readonly Values[], extras?: BatchExtras): Promise<number>;
  begin(database?: string): Promise<string>;
  commit(transactionId: string): Promise<string | undefined>;
  rollback(transactionId: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What a refused call shows a client. */
export interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** Starts a server, on a PostgreSQL of its own unless one is given, and connects an SDK client that sends each call once. */
export async function openDataApi(options: Partial<DataApiServerOptions> = {}): Promise<DataApiWorld> {
  await using stack = new AsyncDisposableStack();
  const { databaseUrl } = options;
  const postgres = await (databaseUrl === undefined ? startPostgres() : connectPostgres(databaseUrl));
  stack.defer(() => postgres.stop());
  const server = await startDataApiServer({ databaseUrl: postgres.url, ...options });
  stack.defer(() => server.close());
  const client = createClient(server, 1);
  stack.defer(() => {
    client.destroy();
  });
  const open = stack.move();
  return { postgres, server, client, ...connectCalls(server, client), close: () => open.disposeAsync() };
}

/** A client of the server that tries each call up to `maxAttempts` times. */
export function createClient(server: DataApiServer, maxAttempts: number): RDSDataClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new RDSDataClient({ endpoint: server.endpoint, region: server.region, credentials, maxAttempts });
}

function connectCalls(server: DataApiServer, client: RDSDataClient) {
  const target = { resourceArn: server.resourceArn, secretArn: server.secretArn };
  const execute: DataApiWorld['execute'] = (sql, parameters = {}, extras = {}) =>
    client.send(new ExecuteStatementCommand({ ...target, sql, parameters: toList(parameters), ...extras }));
  return {
    target,
    execute,
    firstRow: async (...call: Parameters<DataApiWorld['firstRow']>) => (await execute(...call)).records?.[0] ?? [],
    batch: async (sql: string, sets: readonly Values[], extras: BatchExtras = {}) => {
      const parameterSets = sets.map(toList);
      const command = new BatchExecuteStatementCommand({ ...target, sql, parameterSets, ...extras });
      return (await client.send(command)).updateResults?.length ?? -1;
    },
    begin: async (database?: string) => {
      const begun = await client.send(new BeginTransactionCommand({ ...target, ...(database && { database }) }));
      return begun.transactionId ?? '';
    },
    commit: async (transactionId: string) =>
      (await client.send(new CommitTransactionCommand({ ...target, transactionId }))).transactionStatus,
    rollback: async (transactionId: string) =>
      (await client.send(new RollbackTransactionCommand({ ...target, transactionId }))).transactionStatus,
  };
}

function toList(parameters: Values): SqlParameter[] {
  if (Array.isArray(parameters)) return [...(parameters as readonly SqlParameter[])];
  return Object.entries(parameters as Readonly<Record<string, Field>>).map(([name, value]) => ({ name, value }));
}

/** How a call was refused; `accepted` if it was not. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode, message };
  }
  return { name: 'accepted', status: 200, message: '' };
}

/** A string value. */
export const string = (stringValue: string): Field => ({ stringValue });

/** A whole number. */
export const long = (longValue: number): Field => ({ longValue });

/** The null value. */
export const NULL: Field = { isNull: true };

/** A parameter with a type hint. */
export function hinted(name: string, typeHint: TypeHint, value: Field): SqlParameter {
  return { name, typeHint, value };
}
