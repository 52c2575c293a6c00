import { describe, expect, it } from 'vitest';
import type { LoadRound } from '../../../../bench/load/load-round.ts';
import { createLoadRound, IDS_PER_ROUND, LOAD_KINDS } from '../../../../bench/load/load-round.ts';
import { createSeededRandom } from '../../../../local/chaos/seeded-random.ts';

function rounds(seed: number, count: number): LoadRound[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (_, index) => createLoadRound(random, index * IDS_PER_ROUND));
}

const MANY = rounds(1, 500);

function ofKind(kind: string): LoadRound[] {
  return MANY.filter((round) => round.kind === kind);
}

describe('createLoadRound', () => {
  it('makes the same rounds for the same seed and others for another', () => {
    expect(rounds(7, 20)).toEqual(rounds(7, 20));
    expect(rounds(7, 20)).not.toEqual(rounds(8, 20));
  });

  it('makes rounds of every kind', () => {
    expect(new Set(MANY.map(({ kind }) => kind))).toEqual(new Set(LOAD_KINDS));
  });

  it('fails with each of its SQLSTATEs, alone and in a transaction, which then refuses the next statement', () => {
    const states = (kind: string) =>
      new Set(
        ofKind(kind).flatMap(({ calls }) => calls.map(({ expected }) => 'sqlState' in expected && expected.sqlState)),
      );
    const failures = ['22012', '22P02', '23502', '23505', '23514', '42601', '42703', '42P01'];
    expect(states('failure')).toEqual(new Set(failures));
    expect(states('abort')).toEqual(new Set([false, '25P02', ...failures]));
  });

  it('leaves as many rows as are counted last, and none after a rollback', () => {
    for (const { calls, afterwards = [], rowsAdded, kind } of MANY) {
      if (kind === 'select' || kind === 'failure') expect(rowsAdded).toBe(0);
      else expect([...calls, ...afterwards].at(-1)?.expected).toEqual({ records: [[{ longValue: rowsAdded }]] });
      if (kind === 'rollback' || kind === 'abort') expect(rowsAdded).toBe(0);
    }
  });

  it('takes from one up to all ids of a round for a bulk insert, never those of the next', () => {
    const rows = ofKind('bulk').map(({ rowsAdded }) => rowsAdded);
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...rows)).toBeLessThanOrEqual(IDS_PER_ROUND);
    expect(Math.max(...rows)).toBeGreaterThan(IDS_PER_ROUND / 2);
  });
});
