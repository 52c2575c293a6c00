import { describe, expect, it } from 'vitest';
import { hoursToCatchUp, steadyRate } from '../../../bench/scenarios/backlog.ts';

describe('steadyRate', () => {
  it('leaves out the slow beginning and the slow end', () => {
    const progress = [
      { seconds: 10, done: 100 },
      { seconds: 20, done: 200 },
      { seconds: 21, done: 500 },
      { seconds: 22, done: 900 },
      { seconds: 90, done: 1000 },
    ];
    expect(steadyRate({ events: 1000, progress })).toBe(350);
  });

  it('refuses a run with too few batches to have a middle', () => {
    expect(() => steadyRate({ events: 1000, progress: [{ seconds: 1, done: 1000 }] })).toThrow('no steady state');
  });
});

describe('hoursToCatchUp', () => {
  it('reckons with the events that keep arriving', () => {
    expect(hoursToCatchUp(130)).toBe(48);
  });

  it('is never done at the rate at which events arrive, and is just above it', () => {
    expect(hoursToCatchUp(65)).toBe(Infinity);
    expect(hoursToCatchUp(66)).toBe(3120);
  });
});
