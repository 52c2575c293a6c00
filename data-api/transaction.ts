import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import { callDataApi, createExecuteStatement, type DataApiConnection, type Execute } from './execute.ts';

/** Longest wait for one call; the Data API itself gives up on a statement after 45 seconds. */
const CALL_TIMEOUT_MS = 60_000;

/** A rollback is a courtesy: without it the Data API rolls back by itself after three minutes. */
const ROLLBACK_TIMEOUT_MS = 5_000;

/**
 * Runs `work` in one transaction and commits it when `work` says so.
 *
 * @param connection where
 * @param work gets a function that executes one statement; resolves to whether to commit, and the result
 * @returns the result of `work`
 * @throws `DatabaseError` of a call, or what `work` throws, after a rollback
 */
export async function inTransaction<T>(
  connection: DataApiConnection,
  work: (execute: Execute) => Promise<{ readonly commit: boolean; readonly result: T }>,
): Promise<T> {
  const { client, clusterArn: resourceArn, secretArn } = connection;
  const transaction = { resourceArn, secretArn, transactionId: await begin(connection) };
  const { transactionId } = transaction;
  const execute = createExecuteStatement(client, connection);
  let committed = false;
  try {
    const { commit, result } = await work((sql, parameters = {}) =>
      execute(sql, parameters, { timeoutMs: CALL_TIMEOUT_MS, transactionId }),
    );
    if (commit) {
      await callDataApi(CALL_TIMEOUT_MS, (options) => client.send(new CommitTransactionCommand(transaction), options));
      committed = true;
    }
    return result;
  } finally {
    if (!committed) await rollBackQuietly(client, transaction);
  }
}

async function begin({ client, clusterArn: resourceArn, secretArn, database }: DataApiConnection): Promise<string> {
  const { transactionId } = await callDataApi(CALL_TIMEOUT_MS, (options) =>
    client.send(new BeginTransactionCommand({ resourceArn, secretArn, database }), options),
  );
  if (transactionId === undefined) throw new Error('the Data API began a transaction without an id');
  return transactionId;
}

async function rollBackQuietly(
  client: RDSDataClient,
  transaction: { readonly resourceArn: string; readonly secretArn: string; readonly transactionId: string },
): Promise<void> {
  try {
    await callDataApi(ROLLBACK_TIMEOUT_MS, (options) =>
      client.send(new RollbackTransactionCommand(transaction), options),
    );
  } catch {
    // The first error is the one that counts, and an unreachable transaction ends by itself.
  }
}
