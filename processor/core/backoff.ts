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
