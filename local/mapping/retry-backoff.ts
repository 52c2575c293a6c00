/** How long failed and throttled attempts wait. AWS documents none of it. */
export interface RetryBackoff {
  /** Wait after the first failed attempt, in milliseconds: recorded as 0.214 to 0.222 s, radkawar/stackd `kinesis_followup.json`. */
  readonly firstMs: number;
  /** Longest wait, in milliseconds: our choice. */
  readonly maxMs: number;
}

/** Growth is our choice: eight attempts in 60 s were once observed, which doubling from 0.2 s gives. */
const GROWTH = 2;

/** Up to a tenth is added at random: our choice, within what was observed. */
const JITTER = 0.1;

/** Beyond this the wait has long reached its maximum, and the power would overflow. */
const MAX_DOUBLINGS = 30;

/**
 * The wait before the next attempt.
 *
 * @param failures failed or throttled attempts in a row, from 1
 * @param backoff first and longest wait
 * @param random a number from 0 to 1
 * @returns milliseconds
 */
export function retryWaitMs(failures: number, backoff: RetryBackoff, random: () => number): number {
  const grown = backoff.firstMs * GROWTH ** Math.min(failures - 1, MAX_DOUBLINGS);
  return Math.min(backoff.maxMs, grown) * (1 + JITTER * random());
}
