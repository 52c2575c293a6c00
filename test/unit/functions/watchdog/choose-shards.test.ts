import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseShards } from '../../../../functions/watchdog/choose-shards.ts';
import type { ShardPosition } from '../../../../functions/watchdog/shard-state.ts';

function positions(arrivals: readonly (number | undefined)[]): readonly ShardPosition[] {
  return arrivals.map((lastArrivalMs, index) => ({
    shardId: `shard-${String(index).padStart(4, '0')}`,
    lastSequenceNumber: lastArrivalMs === undefined ? undefined : '1',
    lastArrivalMs,
    slowestLaneArrivalMs: undefined,
  }));
}

const ids = (chosen: readonly ShardPosition[]): readonly string[] => chosen.map(({ shardId }) => shardId);

describe('chooseShards', () => {
  test('takes all while they are no more than allowed', () => {
    const all = positions([3, 2, 1]);
    expect(chooseShards(all, 3, 7)).toEqual(all);
  });

  test('gives half of the places to the shards with the oldest commits, those without any first', () => {
    const chosen = ids(chooseShards(positions([50, 10, undefined, 40, 30, 20]), 4, 0));
    expect(chosen.slice(0, 2)).toEqual(['shard-0002', 'shard-0001']);
    expect(chosen).toHaveLength(4);
  });

  test('never takes more than allowed, none twice, and every shard in its turn', () => {
    const arrivals = fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), fc.nat(), (times, maxShards, minute) => {
        const all = positions(times);
        const seen = new Set<string>();
        for (let turn = 0; turn < all.length; turn += 1) {
          const chosen = ids(chooseShards(all, maxShards, minute + turn));
          expect(new Set(chosen).size).toBe(Math.min(all.length, maxShards));
          expect(chosen).toHaveLength(Math.min(all.length, maxShards));
          for (const id of chosen) seen.add(id);
        }
        expect(seen.size).toBe(all.length);
      }),
    );
  });
});
