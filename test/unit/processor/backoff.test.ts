import { expect, it } from 'vitest';
import { backoffMs } from '../../../processor/call-with-retry.ts';

it('doubles with every attempt up to its cap', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoffMs(attempt, 1));
  expect(longest).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  expect(backoffMs(5000, 1)).toBe(5000);
});

it('spreads evenly from nothing to the longest wait', () => {
  expect([0, 0.25, 0.999].map((random) => backoffMs(3, random))).toEqual([0, 100, 400]);
});
