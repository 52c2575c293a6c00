import { describe, expect, it } from 'vitest';
import { shownError, unsteadiness } from '../../../bench/scenarios/remaining-time.ts';

/** A drain of 100 batches of ten events, each of which takes so many seconds. */
function drainOf(batchSeconds: (batch: number) => number): Parameters<typeof shownError>[0] {
  let seconds = 0;
  const progress = Array.from({ length: 100 }, (_, batch) => {
    seconds += batchSeconds(batch);
    return { seconds, done: 10 * (batch + 1) };
  });
  return { events: 1_000, seconds, progress };
}

describe('the unsteadiness of a drain', () => {
  it('is 0 when every fifth takes as long', () => {
    expect(unsteadiness(drainOf(() => 0.3))).toBeCloseTo(0);
  });

  it('is what the slowest fifth takes more than the fastest, wherever it is', () => {
    expect(unsteadiness(drainOf((batch) => (batch < 20 ? 0.3 : 0.2)))).toBeCloseTo(0.5);
    expect(unsteadiness(drainOf((batch) => (batch >= 80 ? 0.3 : 0.2)))).toBeCloseTo(0.5);
  });
});

describe('the error of the time shown', () => {
  it('is next to nothing where batches take the same time', () => {
    const { greatest, atTheEndSeconds } = shownError(drainOf(() => 0.3));
    // One look of a tenth of a second, with three seconds left.
    expect(greatest).toBeLessThan(0.05);
    expect(atTheEndSeconds).toBeLessThan(0.2);
  });

  it('is what the second half of a drain is slower than the first', () => {
    // At a fifth, 36 s are left, of which 0.2 s for each of 80 batches are foreseen: 16 s.
    const { greatest } = shownError(drainOf((batch) => (batch < 50 ? 0.2 : 0.6)));
    expect(greatest).toBeGreaterThan(0.5);
    expect(greatest).toBeLessThan(0.7);
  });

  it('is all of it where no time is shown', () => {
    // Nothing is done for longer than an invocation may take: then there is no time.
    const { greatest } = shownError(drainOf((batch) => (batch === 50 ? 300 : 0.3)));
    expect(greatest).toBe(1);
  });
});
