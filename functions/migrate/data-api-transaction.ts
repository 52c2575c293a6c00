import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type Field,
  type RDSDataClient,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';

/** The database that is migrated, and who does it. */
export interface DataApiTarget {
  readonly client: RDSDataClient;
  /** ARN of the cluster. */
  readonly resourceArn: string;
  /** ARN of the secret with the credentials of the owner of the tables. */
  readonly secretArn: string;
  readonly database: string;
}

/** Runs one statement in the transaction; `parameters` are named and sent as text. Returns the rows. */
export type Execute = (
  sql: string,
  parameters?: Readonly<Record<string, string>>,
) => Promise<readonly (readonly Field[])[]>;

/** Longest wait for one call; the Data API itself gives up on a statement after 45 seconds. */
const CALL_TIMEOUT_MS = 60_000;

/** A rollback is a courtesy: without it the Data API rolls back by itself after three minutes. */
const ROLLBACK_TIMEOUT_MS = 5_000;

/**
 * Runs `work` in one Data API transaction and commits it when `work` says so.
 *
 * @param target where
 * @param work gets a function that executes one statement; resolves to whether to commit, and the result
 * @returns the result of `work`
 * @throws whatever a call or `work` throws, after a rollback
 */
export async function inTransaction<T>(
  target: DataApiTarget,
  work: (execute: Execute) => Promise<{ readonly commit: boolean; readonly result: T }>,
): Promise<T> {
  const transactionId = await begin(target);
  let committed = false;
  try {
    const { commit, result } = await work((sql, parameters = {}) =>
      executeIn(target, transactionId, { sql, parameters }),
    );
    if (commit) {
      await target.client.send(
        new CommitTransactionCommand({ ...arns(target), transactionId }),
        timeout(CALL_TIMEOUT_MS),
      );
      committed = true;
    }
    return result;
  } finally {
    if (!committed) await rollBackQuietly(target, transactionId);
  }
}

async function begin(target: DataApiTarget): Promise<string> {
  const { transactionId } = await target.client.send(
    new BeginTransactionCommand({ ...arns(target), database: target.database }),
    timeout(CALL_TIMEOUT_MS),
  );
  if (transactionId === undefined) throw new Error('the Data API began a transaction without an id');
  return transactionId;
}

async function executeIn(
  target: DataApiTarget,
  transactionId: string,
  statement: { readonly sql: string; readonly parameters: Readonly<Record<string, string>> },
): Promise<readonly (readonly Field[])[]> {
  const parameters = Object.entries(statement.parameters).map(([name, stringValue]): SqlParameter => ({
    name,
    value: { stringValue },
  }));
  const { records } = await target.client.send(
    new ExecuteStatementCommand({
      ...arns(target),
      database: target.database,
      transactionId,
      sql: statement.sql,
      ...(parameters.length > 0 && { parameters }),
    }),
    timeout(CALL_TIMEOUT_MS),
  );
  return records ?? [];
}

async function rollBackQuietly(target: DataApiTarget, transactionId: string): Promise<void> {
  try {
    await target.client.send(
      new RollbackTransactionCommand({ ...arns(target), transactionId }),
      timeout(ROLLBACK_TIMEOUT_MS),
    );
  } catch {
    // The first error is the one that counts, and an unreachable transaction ends by itself.
  }
}

function arns(target: DataApiTarget): { readonly resourceArn: string; readonly secretArn: string } {
  return { resourceArn: target.resourceArn, secretArn: target.secretArn };
}

function timeout(ms: number): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(ms) };
}
