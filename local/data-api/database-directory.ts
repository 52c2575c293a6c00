import { DatabaseError } from 'pg';
import { DataApiError } from './data-api-error.ts';
import type { CallTarget } from './data-api-request.ts';
import type { DatabaseUser, ResolvedOptions } from './data-api-server-options.ts';
import { SessionPool, type Session } from './session-pool.ts';

/** The cluster and secret this server answers for, and the database it uses when a call names none. */
export interface ClusterIdentity {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** The identity of the local cluster, of the form AWS would give it. */
function identityOf({ databaseUrl, region }: ResolvedOptions): ClusterIdentity {
  const account = '123456789012';
  return {
    resourceArn: `arn:aws:rds:${region}:${account}:cluster:local`,
    secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:local-database-a1B2c3`,
    database: decodeURIComponent(new URL(databaseUrl).pathname.slice(1)) || 'postgres',
  };
}

/** No such database, or no entry to it: nothing worth keeping a pool for. */
const ENTRY_REFUSED = new Set(['3D000', '28000', '28P01']);

/** Leads a call to the database it is meant for: checks its ARNs, and keeps one bounded pool per database and user. */
export class DatabaseDirectory {
  readonly identity: ClusterIdentity;
  readonly #options: ResolvedOptions;
  readonly #pools = new Map<string, SessionPool>();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.identity = identityOf(options);
  }

  /**
   * The pool for a call.
   *
   * @throws DataApiError if the cluster or the secret is not known.
   */
  poolFor({ resourceArn, secretArn, database = this.identity.database }: CallTarget): SessionPool {
    this.assertCluster(resourceArn);
    const user = this.#userOf(secretArn);
    // A password that was rotated is another way in.
    const key = JSON.stringify([user?.username, user?.password, database]);
    const pool = this.#pools.get(key) ?? this.#createPool(database, user);
    this.#pools.set(key, pool);
    return pool;
  }

  /** Runs `work` in a session of its own, outside any transaction of the Data API. */
  async useSession<Result>(target: CallTarget, work: (session: Session) => Promise<Result>): Promise<Result> {
    const pool = this.poolFor(target);
    const session = await this.guard(pool, () => pool.acquire('autocommit'));
    try {
      return await work(session);
    } finally {
      pool.release(session);
    }
  }

  /** Forgets a pool that cannot get into its database, so that names tried in vain leave nothing behind. */
  async guard<Result>(pool: SessionPool, acquire: () => Promise<Result>): Promise<Result> {
    try {
      return await acquire();
    } catch (error) {
      if (error instanceof DatabaseError && ENTRY_REFUSED.has(error.code ?? '')) this.#forget(pool);
      throw error;
    }
  }

  /**
   * Checks the cluster of a call.
   *
   * @throws DataApiError if the ARN is of another region, or is not exactly this cluster's.
   */
  assertCluster(resourceArn: string): void {
    if (this.#options.anyArn || resourceArn === this.identity.resourceArn) return;
    const [, , , region] = resourceArn.split(':');
    if (region !== undefined && region !== this.#options.region) {
      throw new DataApiError('ValidationException', 'Invalid region in ARN');
    }
    const cluster = resourceArn.split(':').at(-1) ?? resourceArn;
    throw new DataApiError('HttpEndpointNotEnabledException', `HttpEndpoint is not enabled for cluster ${cluster}`);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#pools.clear();
  }

  #userOf(secretArn: string): DatabaseUser | undefined {
    const user = this.#options.secrets[secretArn];
    if (user || this.#options.anyArn || secretArn === this.identity.secretArn) return user;
    throw new DataApiError('SecretsErrorException', "Secrets Manager can't find the specified secret.");
  }

  #createPool(database: string, user: DatabaseUser | undefined): SessionPool {
    const url = new URL(this.#options.databaseUrl);
    url.pathname = `/${encodeURIComponent(database)}`;
    if (user) {
      url.username = encodeURIComponent(user.username);
      url.password = encodeURIComponent(user.password);
    }
    return new SessionPool({
      url: url.href,
      maxAutocommit: this.#options.maxAutocommitSessions,
      maxTransactions: this.#options.maxTransactions,
      statementTimeoutMs: this.#options.statementTimeoutMs,
      acquireTimeoutMs: this.#options.statementTimeoutMs,
    });
  }

  #forget(pool: SessionPool): void {
    for (const [key, candidate] of this.#pools) {
      if (candidate !== pool) continue;
      this.#pools.delete(key);
      // Of calls at the same time, only the first to be refused finds the pool here.
      void pool.close();
    }
  }
}
