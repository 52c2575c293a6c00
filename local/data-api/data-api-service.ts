import { bindParameters } from './bind-parameters.ts';
import { DataApiError } from './data-api-error.ts';
import type { CallTarget, ExecuteStatementRequest, Operation } from './data-api-request.ts';
import type { ResolvedOptions } from './data-api-server-options.ts';
import type { DatabaseDirectory } from './database-directory.ts';
import { mapDatabaseError } from './map-database-error.ts';
import type { JsonObject } from './parse-request-body.ts';
import { applyStatementTimeout, runBatch, runStatement, type StatementCall } from './run-statement.ts';
import { scanPlaceholders } from './scan-placeholders.ts';
import type { Session } from './session-pool.ts';
import type { Transactions } from './transactions.ts';
import {
  validateBatchExecuteStatement,
  validateBeginTransaction,
  validateEndTransaction,
  validateExecuteStatement,
} from './validate-request.ts';

/** The operations of the Data API: a request body in, the text of the answer out. */
export class DataApiService {
  readonly #options: ResolvedOptions;
  readonly #directory: DatabaseDirectory;
  readonly #transactions: Transactions;

  constructor(options: ResolvedOptions, directory: DatabaseDirectory, transactions: Transactions) {
    this.#options = options;
    this.#directory = directory;
    this.#transactions = transactions;
  }

  /**
   * Performs one call.
   *
   * @throws DataApiError for every answer other than success; anything else is a fault of this server.
   */
  async perform(operation: Operation, input: JsonObject): Promise<string> {
    try {
      return await this.#dispatch(operation, input);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  #dispatch(operation: Operation, input: JsonObject): Promise<string> {
    switch (operation) {
      case 'ExecuteStatement':
        return this.#execute(input);
      case 'BatchExecuteStatement':
        return this.#batch(input);
      case 'BeginTransaction':
        return this.#begin(input);
      case 'CommitTransaction':
        return this.#end(input, 'COMMIT');
      case 'RollbackTransaction':
        return this.#end(input, 'ROLLBACK');
      case 'ExecuteSql':
        throw new DataApiError('BadRequestException', "The ExecuteSql operation isn't supported");
    }
  }

  #execute(input: JsonObject): Promise<string> {
    const request = validateExecuteStatement(input);
    const call: StatementCall = {
      statement: bindParameters(scanPlaceholders(request.sql, this.#options), request.parameters),
      request,
      options: this.#options,
    };
    if (request.continueAfterTimeout) return this.#executeOn(request, call);
    return this.#inSession(request, (session) => runStatement(session, call));
  }

  #batch(input: JsonObject): Promise<string> {
    const request = validateBatchExecuteStatement(input);
    const scanned = scanPlaceholders(request.sql, this.#options);
    // All are bound before any runs, so that a malformed value leaves no batch half done.
    const statements = request.parameterSets.map((set) => bindParameters(scanned, set));
    return this.#inSession(request, (session) => runBatch(session, statements));
  }

  async #begin(input: JsonObject): Promise<string> {
    const target = validateBeginTransaction(input);
    const pool = this.#directory.poolFor(target);
    const scope = { ...target, database: target.database ?? this.#directory.identity.database };
    const transactionId = await this.#directory.guard(pool, () => this.#transactions.begin(scope, pool));
    return JSON.stringify({ transactionId });
  }

  async #end(input: JsonObject, verb: 'COMMIT' | 'ROLLBACK'): Promise<string> {
    const { transactionId, ...target } = validateEndTransaction(input);
    this.#directory.poolFor(target);
    await this.#transactions.end(transactionId, target, verb);
    return JSON.stringify({
      transactionStatus: verb === 'COMMIT' ? 'Transaction Committed' : 'Rollback Complete',
    });
  }

  /** Runs `work` in the transaction of the call, or in a session that nothing of it survives in. */
  #inSession(
    target: CallTarget & { readonly continueAfterTimeout?: boolean },
    work: (session: Session) => Promise<string>,
  ): Promise<string> {
    const mapped = async (session: Session): Promise<string> => {
      try {
        await applyStatementTimeout(session, target.continueAfterTimeout === true);
        return await work(session);
      } catch (error) {
        throw mapDatabaseError(error, session.processId);
      }
    };
    if (target.transactionId === undefined) return this.#directory.useSession(target, mapped);
    this.#directory.poolFor(target);
    return this.#transactions.use(target.transactionId, target, mapped);
  }

  /**
   * `continueAfterTimeout`: the caller is told that time is up, the statement goes on. A transaction is busy until
   * the statement has ended, and counts what it did.
   */
  async #executeOn(request: ExecuteStatementRequest, call: StatementCall): Promise<string> {
    const timeout = Promise.withResolvers<string>();
    let timer: NodeJS.Timeout | undefined;
    const finished = this.#inSession(request, (session) => {
      timer = setTimeout(() => {
        const details = { dbConnectionId: session.processId };
        timeout.reject(new DataApiError('StatementTimeoutException', 'Request timed out', details));
      }, this.#options.statementTimeoutMs);
      return runStatement(session, call);
    }).finally(() => {
      clearTimeout(timer);
    });
    // What becomes of it after the timeout is nobody's news.
    finished.catch(() => undefined);
    return Promise.race([finished, timeout.promise]);
  }
}
