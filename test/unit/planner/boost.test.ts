import { describe, expect, it } from 'vitest';
import { findBoost, isWorthwhile } from '../../../planner/boost.ts';
import { planInput } from '../../support/plan-input.ts';

/** 3.6 million records in 364 s by one lane of 10,000 a second. */
describe('a boost', () => {
  it('turns as few settings as possible, and as little of them as possible', () => {
    expect(findBoost(planInput(), 400)).toMatchObject({
      settings: { batchSize: 1_000, parallelizationFactor: 1 },
      isInTime: true,
    });
    expect(findBoost(planInput(), 300).settings).toMatchObject({ batchSize: 10_000, parallelizationFactor: 1 });
    expect(findBoost(planInput(), 200).settings).toMatchObject({ batchSize: 1_000, parallelizationFactor: 2 });
    // What a shard gives of 100 bytes is 20,971 a second.
    expect(findBoost(planInput(), 175).settings).toMatchObject({ batchSize: 1_000, parallelizationFactor: 3 });
  });

  it('turns batches where lanes do not help, and both where neither is enough', () => {
    const oneKey = { load: { partitionKeys: 1 }, workload: { callLatencyMs: 200, recordMicroseconds: 40 } };
    expect(findBoost(planInput(oneKey), 520).settings).toMatchObject({ batchSize: 2_000, parallelizationFactor: 1 });
    const slow = { workload: { callLatencyMs: 2_000, recordMicroseconds: 10 } };
    expect(findBoost(planInput(slow), 250).settings.batchSize).toBeGreaterThan(1_000);
    expect(findBoost(planInput(slow), 250).settings.parallelizationFactor).toBeGreaterThan(1);
  });

  it('takes no batches for which the function has too little memory', () => {
    const withMemory = (memoryMb: number) => planInput({ load: { partitionKeys: 1 }, settings: { memoryMb } });
    expect(findBoost(withMemory(191), 60).settings.batchSize).toBe(1_000);
    expect(findBoost(withMemory(192), 60).settings.batchSize).toBe(2_000);
  });

  it('says how far it gets where it is not enough, and what binds then', () => {
    const boost = findBoost(planInput(), 60);
    expect(boost).toMatchObject({ isInTime: false, binding: 'stream', secondsBefore: 3_600_000 / 9_900 });
    expect(boost.settings.parallelizationFactor).toBe(3);
    expect(boost.seconds).toBeCloseTo(3_600_000 / (20_971.52 - 100), 0);
    expect(isWorthwhile(boost)).toBe(true);
  });

  it('is not worthwhile where something else binds already', () => {
    expect(isWorthwhile(findBoost(planInput({ workload: { recordBytes: 1_000 } }), 60))).toBe(false);
    expect(isWorthwhile(findBoost(planInput({ workload: { recordsPerAcuSecond: 100 } }), 60))).toBe(false);
  });

  it('turns capacity and concurrency as far as it may, and only where they bind', () => {
    const bound = { settings: { minAcu: 1, maxAcu: 1 }, workload: { recordsPerAcuSecond: 5_000, acuNow: 1 } };
    const limits = { concurrency: 900, maxAcu: 4 };
    // One ACU writes 5,000 a second, and the lane could do 10,000.
    expect(findBoost(planInput(bound), 500).settings).toMatchObject({ minAcu: 1, maxAcu: 1 });
    expect(findBoost(planInput(bound), 500, limits).settings).toMatchObject({ minAcu: 1, maxAcu: 2 });
    // It takes a minute to grow, which the minimum saves.
    expect(findBoost(planInput(bound), 380, { ...limits, maxAcu: 2 }).settings).toMatchObject({ minAcu: 2, maxAcu: 2 });
    expect(findBoost(planInput(bound), 10, limits).settings.maxAcu).toBeLessThanOrEqual(4);
    expect(findBoost(planInput(), 200, limits).settings).toMatchObject({ minAcu: 8, maxAcu: 8 });

    const one = { settings: { concurrency: 1 } };
    expect(findBoost(planInput(one), 200).settings.concurrency).toBe(1);
    expect(findBoost(planInput(one), 200, limits).settings).toMatchObject({ parallelizationFactor: 2, concurrency: 2 });
    expect(findBoost(planInput(one), 200, { ...limits, concurrency: 1 }).isInTime).toBe(false);
  });

  it('ends what would never end', () => {
    const boost = findBoost(planInput({ load: { arrivalRate: 11_000 } }), 100_000);
    expect(boost).toMatchObject({ secondsBefore: Infinity, isInTime: true });
    expect(isWorthwhile(boost)).toBe(true);
  });
});
