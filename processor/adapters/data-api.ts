import type { ExecuteStatementCommandOutput, RDSDataClient, SqlParameter } from '@aws-sdk/client-rds-data';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import type { CallOptions } from '../ports.ts';
import { classifyError } from './classify-error.ts';

/** The database that calls go to. */
export interface DataApiTarget {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Runs one autocommitted statement whose parameters are all strings. */
export type ExecuteStatement = (
  sql: string,
  parameters: Readonly<Record<string, string>>,
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
  return async (sql, parameters, { timeoutMs }) => {
    const command = new ExecuteStatementCommand({
      resourceArn,
      secretArn,
      database,
      sql,
      parameters: Object.entries(parameters).map(toSqlParameter),
    });
    try {
      return await client.send(command, { abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) });
    } catch (error) {
      throw classifyError(error);
    }
  };
}

function toSqlParameter([name, stringValue]: readonly [string, string]): SqlParameter {
  return { name, value: { stringValue } };
}
