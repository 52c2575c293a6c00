import { DATA_API_STATEMENT_TIMEOUT_MS } from '../contract/limits.ts';
import type { CallOptions } from '../data-api/classify-error.ts';
import type { Clock } from './ports.ts';
import { DatabaseError } from '../data-api/classify-error.ts';

/** Why a batch ends before its last record. */
export type HoldReason = 'transient' | 'configuration' | 'deadline' | 'fuse';

/** Ends the batch: what is committed stays, the rest is handed back to the mapping. */
export class HoldError extends Error {
  override readonly name = 'HoldError';
  readonly reason: HoldReason;

  /**
   * Says why the position is held.
   *
   * @param reason the kind of hold, for the metric
   * @param message what happened and what to do, for the log
   */
  constructor(reason: HoldReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What calls of one invocation share. */
export interface Calls {
  readonly clock: Clock;
  /** Milliseconds that calls and waits may still take: the time left less the reserve for answering. */
  readonly budgetMs: () => number;
  /** Calls made and calls failed so far; counted here, because every call passes here. */
  readonly tally: { calls: number; errors: number };
}

/** The calls of two stretches of work together. */
export function addTallies(one: Calls['tally'], other: Calls['tally']): Calls['tally'] {
  return { calls: one.calls + other.calls, errors: one.errors + other.errors };
}

/** A call with less time than this would only time out. */
const MIN_CALL_MS = 200;
/** A statement may use all the time the service gives it; the answer needs a little more. */
const MAX_CALL_MS = DATA_API_STATEMENT_TIMEOUT_MS + 2_000;

/**
 * Makes a database call, and makes it again while the failure is one that passes and the budget lasts. Safe for
 * writes, because the compiled write is idempotent.
 *
 * @throws {@link DatabaseError} of kind `rejection`, `refused`, `too-large` or `timeout`: the caller can do something
 *   about those, mostly by asking for less at a time
 * @throws {@link HoldError} when waiting longer is for the mapping to do
 */
export async function callWithRetry<T>(
  call: (options: CallOptions) => Promise<T>,
  { clock, budgetMs, tally }: Calls,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const timeoutMs = Math.min(budgetMs(), MAX_CALL_MS);
    if (timeoutMs < MIN_CALL_MS)
      throw new HoldError(
        'deadline',
        'this invocation is out of time; committed records stay committed, the rest is delivered again',
      );
    tally.calls += 1;
    try {
      return await call({ timeoutMs });
    } catch (error) {
      tally.errors += 1;
      const failure = retryable(error);
      const waitMs = backoffMs(attempt, clock.random());
      if (waitMs + MIN_CALL_MS > budgetMs()) {
        throw transientHold(failure);
      }
      await clock.sleep(waitMs);
    }
  }
}

function retryable(error: unknown): DatabaseError {
  if (!(error instanceof DatabaseError)) throw error;
  switch (error.kind) {
    case 'transient':
    case 'unknown':
      return error;
    case 'configuration':
      throw new HoldError('configuration', fixable(error), { cause: error });
    case 'rejection':
    case 'refused':
    case 'timeout':
    case 'too-large':
      throw error;
  }
}

/** A hold that ends by itself: the mapping delivers the records again until the database takes them. */
export function transientHold(failure: DatabaseError): HoldError {
  const message = `the database did not recover in time: ${failure.headline}; the records are delivered again; act only if this persists`;
  return new HoldError('transient', message, { cause: failure });
}

/**
 * The hold that a failure comes to where nobody can ask the database for less.
 *
 * @throws what is neither a hold nor a failure of the database: a bug
 */
export function asHold(error: unknown): HoldError {
  if (error instanceof HoldError) return error;
  if (!(error instanceof DatabaseError)) throw error;
  if (error.kind === 'timeout') return transientHold(error);
  return new HoldError('configuration', fixable(error), { cause: error });
}

/** What happened and what to do about it, in words that quote no row. */
export function fixable(failure: DatabaseError): string {
  return failure.fix === undefined ? failure.headline : `${failure.headline}; ${failure.fix}`;
}

/** First wait at most, before the jitter. */
const BASE_MS = 100;
/** Longest wait, before the jitter: a resuming database takes 10 to 30 s, so asking every few seconds is enough. */
const CAP_MS = 5_000;

/**
 * How long to wait before the next attempt: exponential with full jitter, so that environments that failed together do
 * not come back together. {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/}
 *
 * @param attempt the attempt that failed, from 1
 * @param random a number from 0 up to 1
 * @returns milliseconds
 */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1)) * random);
}
