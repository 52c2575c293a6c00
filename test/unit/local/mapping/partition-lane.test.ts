import { describe, expect, it } from 'vitest';
import { laneOf } from '../../../../local/mapping/partition-lane.ts';

describe('lane of a partition key', () => {
  it.each([1, 2, 3, 10])('lies within %i lanes, and every lane gets keys', (lanes) => {
    const used = new Set(Array.from({ length: 1_000 }, (_, index) => laneOf(`key-${index}`, lanes)));
    expect([...used].toSorted((left, right) => left - right)).toEqual(Array.from({ length: lanes }, (_, lane) => lane));
  });

  it('is the same for the same key', () => {
    expect(laneOf('ORD', 7)).toBe(laneOf('ORD', 7));
  });

  it('spreads keys evenly enough: no lane has more than twice its share', () => {
    const counts = new Map<number, number>();
    for (let index = 0; index < 10_000; index += 1) {
      const lane = laneOf(String(index), 10);
      counts.set(lane, (counts.get(lane) ?? 0) + 1);
    }
    expect(Math.max(...counts.values())).toBeLessThan(2_000);
  });
});
