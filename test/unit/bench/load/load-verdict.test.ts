import { describe, expect, it } from 'vitest';
import type { LoadObservation } from '../../../../bench/load/load-verdict.ts';
import { loadProblems } from '../../../../bench/load/load-verdict.ts';

const RIGHT: LoadObservation = {
  rounds: 1,
  wrong: [],
  rows: { expected: 5, got: 5 },
  connections: { before: 0, most: 80, after: 0, bound: 80 },
};

function problemsOf(change: Partial<LoadObservation>): string[] {
  return loadProblems({ ...RIGHT, ...change });
}

describe('loadProblems', () => {
  it('finds nothing in a run that was right, up to the bound of connections', () => {
    expect(loadProblems(RIGHT)).toEqual([]);
  });

  it('finds a single wrong round, and quotes three of many', () => {
    expect(problemsOf({ rounds: 9, wrong: ['a'] })).toEqual(['1 of 9 rounds were wrong: a']);
    expect(problemsOf({ rounds: 9, wrong: ['a', 'b', 'c', 'd'] })).toEqual(['4 of 9 rounds were wrong: a | b | c']);
  });

  it('finds a lost and a doubled row', () => {
    expect(problemsOf({ rows: { expected: 5, got: 4 } })).toEqual(['the table must hold 5 rows, got 4']);
    expect(problemsOf({ rows: { expected: 5, got: 6 } })).toEqual(['the table must hold 5 rows, got 6']);
  });

  it('finds one connection too many, during and after', () => {
    const { connections } = RIGHT;
    expect(problemsOf({ connections: { ...connections, most: 81 } })).toHaveLength(1);
    expect(problemsOf({ connections: { ...connections, after: 1 } })).toHaveLength(1);
  });

  it('finds a run in which nothing was done, and says everything at once', () => {
    const connections = { before: 0, most: 81, after: 1, bound: 80 };
    expect(problemsOf({ rounds: 0, rows: { expected: 0, got: 1 }, connections })).toHaveLength(4);
  });

  it('does not take a count that is not known for a right one', () => {
    expect(problemsOf({ connections: { before: 0, most: NaN, after: NaN, bound: 80 } })).toHaveLength(2);
  });
});
