import type { ExecuteStatementCommandOutput, RDSDataClient } from '@aws-sdk/client-rds-data';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { ParameterValue } from './statement-body.ts';
import type { CallOptions } from './classify-error.ts';
import { classifyError } from './classify-error.ts';
import { statementHead, writeStatementBody } from './statement-body.ts';

/** The database that calls go to. */
export interface DataApiTarget {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Runs one autocommitted statement whose parameters are all strings. */
export type ExecuteStatement = (
  sql: string,
  parameters: Readonly<Record<string, ParameterValue>>,
  options: CallOptions,
) => Promise<ExecuteStatementCommandOutput>;

/**
 * Binds a client to a database.
 *
 * @param client must not retry by itself (`maxAttempts: 1`): the engine owns the policy and counts every call
 * @returns a function that throws `DatabaseError` and nothing else
 */
export function createExecuteStatement(client: RDSDataClient, target: DataApiTarget): ExecuteStatement {
  const { clusterArn: resourceArn, secretArn, database } = target;
  // One for each statement of the engine, which are a handful and never change.
  const heads = new Map<string, Buffer>();
  const headOf = (sql: string): Buffer => {
    const known = heads.get(sql);
    if (known !== undefined) return known;
    const head = statementHead({ resourceArn, secretArn, database, sql });
    heads.set(sql, head);
    return head;
  };
  return async (sql, parameters, { timeoutMs }) => {
    const body = writeStatementBody(headOf(sql), parameters);
    try {
      return await client.send(commandWithBody(body), { abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) });
    } catch (error) {
      throw classifyError(error);
    }
  };
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
