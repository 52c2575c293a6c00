import type { Field, RDSDataClient } from '@aws-sdk/client-rds-data';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { CallOptions } from './classify-error.ts';
import { classifyError } from './classify-error.ts';
import { writeStatementBody, type ParameterValue } from './statement-body.ts';

/** The database that calls go to, and who makes them. */
export interface DataApiTarget {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** A database and the client that reaches it. */
export interface DataApiConnection extends DataApiTarget {
  /** Must not retry by itself (`maxAttempts: 1`): who calls owns the policy, and a statement sent twice may run twice. */
  readonly client: RDSDataClient;
}

/** A row of a result: its columns in order, each as the Data API types it. */
export type Row = readonly Field[];

/** What a statement returned. */
export interface StatementResult {
  /** Empty for a statement without a result. */
  readonly rows: readonly Row[];
  /** Rows that were inserted, updated or deleted. */
  readonly updated: number;
}

/** Bounds of one statement, and the transaction it belongs to. */
export interface StatementOptions extends CallOptions {
  /** Without it, the statement commits by itself. */
  readonly transactionId?: string;
}

/** Runs one statement whose parameters are all strings. */
export type ExecuteStatement = (
  sql: string,
  parameters: Readonly<Record<string, ParameterValue>>,
  options: StatementOptions,
) => Promise<StatementResult>;

/** The same where everything else is decided already: the time it may take, its transaction, and who waits for it. */
export type Execute = (sql: string, parameters?: Readonly<Record<string, string>>) => Promise<StatementResult>;

/**
 * Binds a client to a database.
 *
 * @param client must not retry by itself, see {@link DataApiConnection}
 * @returns a function that throws `DatabaseError` and nothing else
 */
export function createExecuteStatement(client: RDSDataClient, target: DataApiTarget): ExecuteStatement {
  const { clusterArn: resourceArn, secretArn, database } = target;
  return async (sql, parameters, { timeoutMs, transactionId }) => {
    const body = writeStatementBody({ resourceArn, secretArn, database, sql, transactionId }, parameters);
    const { records = [], numberOfRecordsUpdated = 0 } = await callDataApi(timeoutMs, (options) =>
      client.send(commandWithBody(body), options),
    );
    return { rows: records, updated: numberOfRecordsUpdated };
  };
}

/**
 * Makes one call to the Data API.
 *
 * @param timeoutMs longest wait for the answer
 * @throws `DatabaseError` whatever goes wrong
 */
export async function callDataApi<Output>(
  timeoutMs: number,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
): Promise<Output> {
  try {
    return await send({ abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) });
  } catch (error) {
    throw classifyError(error);
  }
}

/**
 * A command that sends a body of ours: rows are escaped already, and the SDK would write megabytes of them once more,
 * character by character. Everything else of a call stays the SDK's: endpoint, signature, connection, answer, errors.
 */
function commandWithBody(body: Uint8Array): ExecuteStatementCommand {
  const command = new ExecuteStatementCommand({ resourceArn: '', secretArn: '', sql: '' });
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { body });
      return next(args);
    },
    // After the SDK has serialized its input, before it states the length and signs.
    { name: 'statementBody', step: 'build', priority: 'high' },
  );
  return command;
}
