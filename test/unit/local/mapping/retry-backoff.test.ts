import { describe, expect, it } from 'vitest';
import { retryWaitMs } from '../../../../local/mapping/retry-backoff.ts';

const BACKOFF = { firstMs: 200, maxMs: 30_000 };

describe('wait before the next attempt', () => {
  it.each([
    { failures: 1, waitMs: 200 },
    { failures: 2, waitMs: 400 },
    { failures: 8, waitMs: 25_600 },
    { failures: 9, waitMs: 30_000 },
    { failures: 100_000, waitMs: 30_000 },
  ])('is $waitMs ms after $failures failures', ({ failures, waitMs }) => {
    expect(retryWaitMs(failures, BACKOFF, () => 0)).toBe(waitMs);
  });

  it('grows by a tenth at most through jitter', () => {
    expect(retryWaitMs(1, BACKOFF, () => 1)).toBeCloseTo(220);
  });
});
