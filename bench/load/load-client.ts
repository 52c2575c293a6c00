import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import type { Answer } from './answer-mismatch.ts';
import { answerMismatch } from './answer-mismatch.ts';
import type { LoadCall, LoadRound } from './load-round.ts';
import type { ReadyAnswer } from './start-data-api-process.ts';
import { LOCAL_CREDENTIALS } from '../../local/local-credentials.ts';

/** Words of the service for a transaction that has ended. */
const ENDED = { commit: 'Transaction Committed', rollback: 'Rollback Complete' } as const;

/** A client of its own, connections included, that holds each answer against the right one. */
export class LoadClient {
  readonly #client: RDSDataClient;
  readonly #target: { readonly resourceArn: string; readonly secretArn: string; readonly database: string };

  constructor({ endpoint, region, resourceArn, secretArn }: ReadyAnswer, database: string) {
    this.#client = new RDSDataClient({ endpoint, region, credentials: LOCAL_CREDENTIALS, maxAttempts: 1 });
    this.#target = { resourceArn, secretArn, database };
  }

  /**
   * Does what a round says.
   *
   * @throws Error that says which answer was wrong
   */
  async run({ kind, calls, transactionEnd, afterwards = [] }: LoadRound): Promise<void> {
    if (transactionEnd === undefined) await this.#callAll(kind, calls);
    else await this.#transaction(kind, calls, transactionEnd);
    await this.#callAll(kind, afterwards);
  }

  /** Ends the client's connections. */
  close(): void {
    this.#client.destroy();
  }

  async #transaction(kind: string, calls: readonly LoadCall[], end: 'commit' | 'rollback'): Promise<void> {
    const { transactionId } = await this.#client.send(new BeginTransactionCommand(this.#target));
    if (transactionId === undefined) throw new Error(`${kind}: expected a transaction id, got none`);
    await this.#callAll(kind, calls, transactionId);
    const { resourceArn, secretArn } = this.#target;
    const input = { resourceArn, secretArn, transactionId };
    const { transactionStatus } =
      end === 'commit'
        ? await this.#client.send(new CommitTransactionCommand(input))
        : await this.#client.send(new RollbackTransactionCommand(input));
    if (transactionStatus === ENDED[end]) return;
    throw new Error(`${kind}: expected ${ENDED[end]}, got ${transactionStatus ?? 'nothing'}`);
  }

  async #callAll(kind: string, calls: readonly LoadCall[], transactionId?: string): Promise<void> {
    for (const call of calls) {
      const mismatch = answerMismatch(call.expected, await this.#answer(call, transactionId));
      if (mismatch !== undefined) throw new Error(`${kind}: ${mismatch}`);
    }
  }

  async #answer({ sql, parameters, parameterSets }: LoadCall, transactionId?: string): Promise<Answer> {
    const input = { ...this.#target, sql, transactionId };
    try {
      const answer = parameterSets
        ? await this.#client.send(new BatchExecuteStatementCommand({ ...input, parameterSets }))
        : await this.#client.send(new ExecuteStatementCommand({ ...input, parameters }));
      return { answer };
    } catch (error) {
      return { error };
    }
  }
}
