import { Pool, type PoolClient } from 'pg';
import { TypeCatalog } from './type-catalog.ts';

/** A database and the user to enter it as. */
export interface SessionPoolOptions {
  /** Connection URL, database included. */
  readonly url: string;
  /** Most connections for calls outside transactions. */
  readonly maxAutocommit: number;
  /** Most transactions open at the same time. */
  readonly maxTransactions: number;
  /** Limit of a statement, in milliseconds, set in the database session. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a connection, in milliseconds. */
  readonly acquireTimeoutMs: number;
}

/** A database session at the disposal of one caller. */
export interface Session {
  readonly client: PoolClient;
  /** Process id of its backend. */
  readonly processId: number;
  readonly types: TypeCatalog;
  /** The statement timeout that a call with `continueAfterTimeout` has lifted, as `SHOW` prints it. */
  liftedTimeout?: string;
}

/** What a session is taken for; the two do not wait for each other. */
export type SessionPurpose = 'autocommit' | 'transaction';

/** An idle connection costs the database memory; a burst of calls soon opens new ones. */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Connections to one database as one user, bounded. A session is handed out clean: after its use everything the
 * caller left in it is discarded, so that outside a transaction nothing survives a call.
 */
export class SessionPool {
  readonly #types = new TypeCatalog();
  readonly #pools: Readonly<Record<SessionPurpose, Pool>>;
  readonly #inUse = new Set<Session>();

  constructor(options: SessionPoolOptions) {
    this.#pools = {
      autocommit: createPool(options, options.maxAutocommit),
      transaction: createPool(options, options.maxTransactions),
    };
  }

  /** Takes a session; waits for one if all are in use. */
  async acquire(purpose: SessionPurpose): Promise<Session> {
    const client = await this.#pools[purpose].connect();
    const { processID } = client as unknown as { readonly processID: number };
    const session = { client, processId: processID, types: this.#types };
    this.#inUse.add(session);
    return session;
  }

  /**
   * Gives a session back. Resetting it takes a round trip of its own, which nobody waits for: it is available
   * again afterwards.
   */
  release(session: Session): void {
    void resetSession(session.client).then(
      () => {
        // Unless the pool was closed in the meantime, which has ended it.
        if (this.#inUse.delete(session)) session.client.release();
      },
      () => {
        this.discard(session);
      },
    );
  }

  /** Ends a session that must not be used again. */
  discard(session: Session): void {
    if (this.#inUse.delete(session)) session.client.release(true);
  }

  /** Ends every connection, also those in the middle of a statement. */
  async close(): Promise<void> {
    for (const session of this.#inUse) {
      const { connection } = session.client as unknown as { connection: { stream: { destroy(): void } } };
      connection.stream.destroy();
      this.discard(session);
    }
    await Promise.all(Object.values(this.#pools).map((pool) => pool.end()));
  }
}

function createPool(options: SessionPoolOptions, max: number): Pool {
  const pool = new Pool({
    connectionString: options.url,
    max,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    application_name: 'local-data-api',
    // Given at the start of a session, so that discarding its state falls back to these.
    options: `-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c statement_timeout=${options.statementTimeoutMs}`,
  });
  // An idle connection that the database ended; the pool has dropped it already.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    // One that ends in use fails its statement, which is where it is reported.
    client.on('error', () => undefined);
  });
  return pool;
}

async function resetSession(client: PoolClient): Promise<void> {
  if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
  await client.query('DISCARD ALL');
}
