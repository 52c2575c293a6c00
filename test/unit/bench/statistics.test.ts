import { describe, expect, it } from 'vitest';
import { compare, MAX_SPREAD, MIN_PAIRS, summarize } from '../../../bench/statistics.ts';

describe('summarize', () => {
  it('gives the middle of an odd number of values, whatever their order', () => {
    expect(summarize([9, 1, 5])).toMatchObject({ median: 5, quartiles: [3, 7], spread: 0.8, runs: 3 });
  });

  it('gives the mean of the two middle values of an even number', () => {
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('gives equal values no spread, even when they are zero', () => {
    expect(summarize([0, 0])).toMatchObject({ median: 0, spread: 0 });
  });

  it('refuses to summarize nothing', () => {
    expect(() => summarize([])).toThrow('`values` must hold at least one value');
  });
});

describe('compare', () => {
  it('divides round by round, so that a round in which all was slow changes nothing', () => {
    const comparison = compare([100, 10, 50], [10, 1, 5]);
    expect(comparison).toMatchObject({ kind: 'ratio', value: 10 });
  });

  it('quotes a ratio whose quartiles are as far apart as is allowed', () => {
    const comparison = compare([1 - MAX_SPREAD, 1, 1 + MAX_SPREAD], [1, 1, 1]);
    expect(comparison).toMatchObject({ kind: 'ratio', value: 1 });
  });

  it('refuses a ratio whose quartiles are further apart, and says how far', () => {
    const comparison = compare([0.4, 1, 1.6], [1, 1, 1]);
    expect(comparison).toEqual({
      kind: 'refused',
      reason: expect.stringContaining('half of the 3 rounds gave 0.700 to 1.30, apart by 60 %') as string,
    });
  });

  it('refuses fewer pairs of runs than show a spread', () => {
    const few = Array.from({ length: MIN_PAIRS - 1 }, () => 1);
    expect(compare(few, few)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('2 pairs') as string });
    expect(compare([...few, 1], [...few, 1])).toMatchObject({ kind: 'ratio' });
  });
});
