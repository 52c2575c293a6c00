import { DatabaseError } from '../../data-api/classify-error.ts';
import type { DataApiConnection, Execute } from '../../data-api/execute.ts';
import { goesAway, retryTransient, type Patience } from '../../data-api/retry-transient.ts';
import { inTransaction } from '../../data-api/transaction.ts';

/** Which database, and how long to wait for it. */
export interface LockOptions extends DataApiConnection {
  /** How long to wait for a new or resuming cluster or for another run. @defaultValue 240000 ms */
  readonly patience?: Patience;
}

/**
 * Longer than the three minutes after which the Data API ends a transaction that a dead run left open. The migrations
 * may be the first to call a cluster, moments after its creation.
 */
const DEFAULT_PATIENCE = {
  maxWaitMs: 240_000,
  isPassing: (error: DatabaseError) => error.isComingUp || goesAway(error),
};

/** How long a step waits, and for what. */
export function patienceOf({ patience }: LockOptions): Patience & typeof DEFAULT_PATIENCE {
  return { ...DEFAULT_PATIENCE, ...patience };
}

/** Any fixed number will do, as long as every run against a database takes the same. */
const LOCK_KEY = '7162538094411';

/**
 * Runs `work` in a transaction of its own while no other run is in one, and again from its start when something that
 * goes away by itself came between.
 *
 * @param options the database
 * @param work must be safe to repeat as a whole; resolves to whether to commit, and the result
 * @throws `GaveUpWaitingError` when the database or the lock is not to be had within the patience
 */
export function withMigrationLock<T>(
  options: LockOptions,
  work: (execute: Execute) => Promise<{ readonly commit: boolean; readonly result: T }>,
): Promise<T> {
  return retryTransient(patienceOf(options), () =>
    inTransaction(options, async (execute) => {
      await takeLock(execute);
      return work(execute);
    }),
  );
}

/** Not the waiting kind of lock: a wait would end at the 45 seconds of a statement and fail the transaction. */
async function takeLock(execute: Execute): Promise<void> {
  const { rows } = await execute(`SELECT pg_try_advisory_xact_lock(${LOCK_KEY})`);
  if (rows[0]?.[0]?.booleanValue === true) return;
  throw new DatabaseError('another run of the migrations is at work', {
    kind: 'transient',
    code: 'LockNotAvailable',
    sqlState: undefined,
    cause: undefined,
  });
}
