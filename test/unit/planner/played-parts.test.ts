import { describe, expect, it } from 'vitest';
import { Environments } from '../../../planner/environments.ts';
import { EventQueue } from '../../../planner/event-queue.ts';
import { busiestLaneShare, type Outlook } from '../../../planner/outlook.ts';
import { SharedWork } from '../../../planner/shared-work.ts';
import { planInput } from '../../support/plan-input.ts';

describe('the queue of events', () => {
  it('hands them out in the order of their moments', () => {
    const queue = new EventQueue<number>();
    const moments = Array.from({ length: 200 }, (_, index) => (index * 7919) % 211);
    for (const at of moments) queue.push(at, at);
    expect(queue.nextAt).toBe(Math.min(...moments));
    const out = moments.map(() => queue.pop());
    expect(out).toEqual(moments.toSorted((a, b) => a - b));
    expect(queue.pop()).toBeUndefined();
    expect(queue.nextAt).toBe(Infinity);
  });
});

describe('work that is shared', () => {
  it('takes each job its own time while there is room for all', () => {
    const work = new SharedWork<string>(2);
    work.add('long', 3, 0);
    work.add('short', 1, 1);
    expect(work.nextAt()).toBe(2);
    expect(work.take(2)).toBe('short');
    expect(work.nextAt()).toBe(3);
  });

  it('is equally slower for all when there is not, and goes on at full speed once there is again', () => {
    const work = new SharedWork<string>(1);
    work.add('a', 1, 0);
    work.add('b', 2, 0);
    expect(work.nextAt()).toBe(2);
    expect(work.take(2)).toBe('a');
    expect(work.nextAt()).toBe(3);
    work.setRoom(0.5, 2);
    expect(work.nextAt()).toBe(4);
    work.setRoom(0, 3);
    expect(work.nextAt()).toBe(Infinity);
  });
});

describe('execution environments', () => {
  it('are used again when one is free', () => {
    const environments = new Environments(1);
    expect(environments.take(0)).toBe('cold');
    environments.give();
    expect(environments.take(0)).toBe('warm');
  });

  it('are no more than their limit', () => {
    const environments = new Environments(2);
    expect([environments.take(0), environments.take(0), environments.take(0)]).toEqual(['cold', 'cold', Infinity]);
  });

  it('grow by a thousand every ten seconds', () => {
    const environments = new Environments(5_000);
    for (let count = 0; count < 1_000; count += 1) expect(environments.take(0)).toBe('cold');
    expect(environments.take(9.9)).toBe(10);
    expect(environments.take(10)).toBe('cold');
  });
});

describe('the busiest lane of a shard', () => {
  const share = (outlook: Outlook, partitionKeys: number, busiestKeyShare: number): number =>
    Math.max(
      ...planInput({ load: { partitionKeys, busiestKeyShare } }).shards.map((load) =>
        busiestLaneShare(outlook, load, 4),
      ),
    );

  it('has the busiest key and its part of the others, however well they are spread', () => {
    expect(share('low', 1_000, 0.5)).toBeCloseTo(0.618, 3);
    expect(share('high', 1_000, 0.5)).toBeCloseTo(0.632, 3);
  });

  it('has as many equal keys as a hash may give it', () => {
    expect(share('low', 1_000, 0)).toBe(0.25);
    expect(share('high', 1_000, 0)).toBeCloseTo(0.273, 3);
  });

  it('can have the busiest of few keys alone, or all of them', () => {
    expect(share('low', 2, 0.9)).toBe(0.9);
    expect(share('high', 2, 0.9)).toBeCloseTo(0.968, 3);
  });
});
