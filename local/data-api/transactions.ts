import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DataApiError } from './data-api-error.ts';
import type { Session, SessionPool } from './session-pool.ts';

/** How long a transaction lives, in milliseconds. */
export interface TransactionLimits {
  /** Without a call; then it is rolled back. */
  readonly idleMs: number;
  /** At all; then it is rolled back. */
  readonly maxMs: number;
}

/** What a transaction belongs to: a call must name the same. */
export interface TransactionScope {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

interface Transaction {
  readonly id: string;
  readonly scope: TransactionScope;
  readonly session: Session;
  readonly pool: SessionPool;
  readonly expiry: NodeJS.Timeout;
  readonly onSessionEnd: () => void;
  idle: NodeJS.Timeout;
  busy: boolean;
  overdue: boolean;
}

/**
 * Why an id is not found, as the service words it.
 * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.troubleshooting.html}
 */
const CAUSE = {
  expired: 'Transaction may be expired.',
  ended: 'One previous call resulted in a termination of your transaction.',
  aborted: 'Transaction has been aborted due to an error from a previous call.',
} as const;

/** Ids are base64 of this many bytes, 184 characters. */
const ID_BYTES = 138;

/** Ended ids whose cause is remembered. */
const MAX_REMEMBERED = 10_000;

/** The open transactions, each with a database session of its own, one call at a time. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #ended = new LRUCache<string, keyof typeof CAUSE>({ max: MAX_REMEMBERED });
  readonly #limits: TransactionLimits;

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  /** Transactions open now. */
  get size(): number {
    return this.#open.size;
  }

  /** Opens a transaction in a session of its own and returns its id. */
  async begin(scope: TransactionScope, pool: SessionPool): Promise<string> {
    const session = await pool.acquire('transaction');
    try {
      await session.client.query('BEGIN');
    } catch (error) {
      pool.discard(session);
      throw error;
    }
    const id = randomBytes(ID_BYTES).toString('base64');
    const expire = (): void => {
      this.#expire(id);
    };
    const expiry = setTimeout(expire, this.#limits.maxMs).unref();
    const idle = setTimeout(expire, this.#limits.idleMs).unref();
    const onSessionEnd = (): void => {
      this.#drop(id, 'aborted');
    };
    // A session that breaks takes its transaction with it.
    session.client.once('end', onSessionEnd);
    this.#open.set(id, { id, scope, session, pool, expiry, onSessionEnd, idle, busy: false, overdue: false });
    return id;
  }

  /**
   * Runs `work` in the session of a transaction.
   *
   * @throws DataApiError if there is no such transaction, it is another database's, or it is busy.
   */
  async use<Result>(
    id: string,
    scope: Partial<TransactionScope>,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const transaction = this.#find(id, scope);
    if (transaction.busy) {
      throw new DataApiError('DatabaseErrorException', 'Transaction is still running a query');
    }
    transaction.busy = true;
    clearTimeout(transaction.idle);
    try {
      return await work(transaction.session);
    } finally {
      this.#settle(transaction);
    }
  }

  /** Commits or rolls back; the transaction is gone afterwards, whatever comes of it. */
  async end(id: string, scope: Partial<TransactionScope>, verb: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    try {
      // PostgreSQL answers the COMMIT of a failed transaction with a rollback and calls it success; so does the service.
      await this.use(id, scope, (session) => session.client.query(verb));
      this.#drop(id, 'ended');
    } catch (error) {
      if (!(error instanceof DataApiError)) this.#drop(id, 'aborted');
      throw error;
    }
  }

  /** Forgets all transactions; the sessions belong to the pools, which end them. */
  close(): void {
    for (const { expiry, idle, session, onSessionEnd } of this.#open.values()) {
      session.client.off('end', onSessionEnd);
      clearTimeout(expiry);
      clearTimeout(idle);
    }
    this.#open.clear();
  }

  #find(id: string, scope: Partial<TransactionScope>): Transaction {
    const transaction = this.#open.get(id);
    if (!transaction) throw this.#notFound(id);
    const { resourceArn, secretArn, database } = transaction.scope;
    if (scope.database !== undefined && scope.database !== database) {
      throw new DataApiError(
        'BadRequestException',
        `Database name is not the same as transaction database name: ${database}`,
      );
    }
    if (scope.resourceArn !== resourceArn || scope.secretArn !== secretArn) throw this.#notFound(id);
    return transaction;
  }

  #notFound(id: string): DataApiError {
    const cause = CAUSE[this.#ended.get(id) ?? 'expired'];
    return new DataApiError('TransactionNotFoundException', `Transaction ${id} is not found. ${cause}`);
  }

  #settle(transaction: Transaction): void {
    transaction.busy = false;
    if (!this.#open.has(transaction.id)) return;
    if (transaction.overdue) this.#drop(transaction.id, 'expired');
    else {
      transaction.idle = setTimeout(() => {
        this.#expire(transaction.id);
      }, this.#limits.idleMs).unref();
    }
  }

  /** The end of its life waits for a statement that runs. */
  #expire(id: string): void {
    const transaction = this.#open.get(id);
    if (transaction?.busy === true) transaction.overdue = true;
    else this.#drop(id, 'expired');
  }

  #drop(id: string, cause: keyof typeof CAUSE): void {
    const transaction = this.#open.get(id);
    if (!transaction) return;
    clearTimeout(transaction.expiry);
    clearTimeout(transaction.idle);
    this.#open.delete(id);
    this.#ended.set(id, cause);
    transaction.session.client.off('end', transaction.onSessionEnd);
    // Rolls back what is open, then discards the rest.
    transaction.pool.release(transaction.session);
  }
}
