import { describe, expect, it } from 'vitest';
import { plan, type Plan } from '../../../planner/plan.ts';
import { DEFAULT_PRICES } from '../../../planner/prices.ts';
import { planInput, type PlanOverrides } from '../../support/plan-input.ts';

function planOf(overrides?: PlanOverrides): Plan {
  return plan(planInput(overrides), DEFAULT_PRICES);
}

/** 3.6 million records at 10,000 a second, of which 100 arrive. */
const SECONDS = 3_600_000 / 9_900;

describe('the time to caught up', () => {
  it('is the backlog over what the rate leaves when arrivals are done', () => {
    const { timeToCaughtUpSeconds, closedFormSeconds } = planOf();
    expect(closedFormSeconds?.low).toBeCloseTo(SECONDS);
    expect(timeToCaughtUpSeconds?.low).toBeGreaterThan(0.99 * SECONDS);
    expect(timeToCaughtUpSeconds?.high).toBeLessThan(1.01 * SECONDS);
  });

  it('answers the question of the incident: two days for one record after the other, minutes for batches', () => {
    const load = { arrivalRate: 65, backlogAgeSeconds: 2 * 86_400 };
    const oneByOne = { callsPerRecord: 2, callLatencyMs: 1000 / 130 / 2, recordMicroseconds: 0 };
    const days = (planOf({ load, workload: oneByOne }).timeToCaughtUpSeconds?.low ?? 0) / 86_400;
    expect(days).toBeCloseTo(2, 1);
    const inBatches = planOf({ load, workload: { callLatencyMs: 17, callsPerBatch: 2 } }).timeToCaughtUpSeconds;
    const withCache = planOf({ load, workload: { callLatencyMs: 17 } }).timeToCaughtUpSeconds;
    const withLanes = planOf({ load, workload: { callLatencyMs: 17 }, settings: { parallelizationFactor: 2 } });
    expect(inBatches?.low).toBeLessThan(1_500);
    expect(withCache?.low).toBeLessThan(0.9 * (inBatches?.low ?? 0));
    expect(withLanes.timeToCaughtUpSeconds?.low).toBeLessThan(0.6 * (withCache?.low ?? 0));
  });

  it('is a range: from the median of batches to the slowest tenth', () => {
    const { timeToCaughtUpSeconds } = planOf({ workload: { p90Ratio: 2 } });
    expect(timeToCaughtUpSeconds?.low).toBeCloseTo(SECONDS, -1);
    expect(timeToCaughtUpSeconds?.high).toBeCloseTo(3_600_000 / 4_900, -1);
  });

  it('takes lanes that share a database as out of step: one works while the other waits', () => {
    // 20 ms of waiting and 20 ms of work a batch, where two can work at 0.6 of the speed each.
    const lanes = planOf({
      load: { arrivalRate: 0, backlogRecords: 500_000 },
      settings: { parallelizationFactor: 2, enhancedFanOut: true },
      workload: { recordBytes: 1, recordMicroseconds: 20, recordsPerAcuSecond: 7_500 },
    });
    // In step it would be 13.3 s, and 10 s if they never met; by queueing theory it is 11.7 s.
    expect(lanes.timeToCaughtUpSeconds?.low).toBeGreaterThan(11);
    expect(lanes.timeToCaughtUpSeconds?.low).toBeLessThan(12.6);
  });

  it('is that of the shard that is last, not of all records together', () => {
    const { shards, timeToCaughtUpSeconds } = planOf({ load: { shards: 4, shardSkew: 3 } });
    expect(timeToCaughtUpSeconds?.low).toBeCloseTo((0.75 * 3_600_000) / 9_925, -1);
    expect(shards[0]?.backlogRecords).toBeCloseTo(0.75 * 3_600_000);
    expect(shards[3]?.timeToCaughtUpSeconds.high).toBeLessThan(0.15 * (timeToCaughtUpSeconds?.low ?? 0));
  });

  it('is longer while the database grows from what it has now', () => {
    const growing = { settings: { minAcu: 0.5, maxAcu: 8 }, workload: { acuNow: 0.5, recordsPerAcuSecond: 1_250 } };
    const { timeToCaughtUpSeconds, binding } = planOf(growing);
    expect(timeToCaughtUpSeconds?.high).toBeGreaterThan((timeToCaughtUpSeconds?.low ?? 0) + 60);
    expect(binding).not.toBe('stream');
  });

  it('is zero when nothing waits', () => {
    expect(planOf({ load: { backlogAgeSeconds: 0 } }).timeToCaughtUpSeconds).toEqual({ low: 0, high: 0 });
    expect(planOf({ load: { arrivalRate: 0, backlogAgeSeconds: 0 } })).toMatchObject({
      timeToCaughtUpSeconds: { low: 0, high: 0 },
      catchUpCostUsd: 0,
    });
  });

  it('takes a number of records for what it is where nothing arrives any more', () => {
    const { timeToCaughtUpSeconds } = planOf({ load: { arrivalRate: 0, backlogRecords: 1_000_000 } });
    expect(timeToCaughtUpSeconds?.low).toBeCloseTo(100, 0);
  });
});

describe('what binds', () => {
  it.each<readonly [Plan['binding'], PlanOverrides]>([
    ['function', {}],
    ['stream', { workload: { recordBytes: 1_000 } }],
    ['database', { workload: { recordsPerAcuSecond: 1_000 } }],
    ['keys', { settings: { parallelizationFactor: 10 }, load: { partitionKeys: 1 } }],
    ['keys', { settings: { parallelizationFactor: 10 }, load: { busiestKeyShare: 0.9 } }],
    ['concurrency', { settings: { concurrency: 2 }, load: { shards: 4, partitionKeys: 4_000_000 } }],
  ])('is the %s in case %#', (binding, overrides) => {
    expect(planOf(overrides).binding).toBe(binding);
  });

  it('is not turned by what does not bind: a faster function does not read a shard faster', () => {
    const bound = planOf({ workload: { recordBytes: 1_000 } });
    const turned = planOf({ workload: { recordBytes: 1_000 }, settings: { parallelizationFactor: 10 } });
    const [low, turnedLow] = [bound.timeToCaughtUpSeconds?.low ?? 0, turned.timeToCaughtUpSeconds?.low ?? 0];
    expect(turnedLow / low).toBeCloseTo(1, 2);
    expect(bound.changes).toEqual([]);
  });
});

describe('a plan without a time', () => {
  it('says why when as much arrives as can be done, and just not when a little less does', () => {
    const never = planOf({ load: { arrivalRate: 10_000 } });
    expect(never).toMatchObject({ timeToCaughtUpSeconds: null, catchUpCostUsd: null, binding: 'function' });
    expect(never.reason).toBe(
      'never at this rate: at most 10,000 records/s are possible (limited by function), and 10,000 arrive',
    );
    expect(planOf({ load: { arrivalRate: 9_000 } }).timeToCaughtUpSeconds).not.toBeNull();
  });

  it('says from when on records are lost: what is next in line gets older by what is not done', () => {
    // Ten hours of a week behind, and one of two records is done.
    const { notes } = planOf({ load: { arrivalRate: 20_000 } });
    expect(notes).toContain(
      'as it is, records are lost from about 13 days on: they leave the stream before they are read',
    );
    expect(planOf().notes.join()).not.toContain('records are lost');
  });

  it('names the best that can be hoped for when only the slower end never gets there', () => {
    const { timeToCaughtUpSeconds, reason } = planOf({ load: { arrivalRate: 6_000 }, workload: { p90Ratio: 2 } });
    expect(timeToCaughtUpSeconds).toBeNull();
    expect(reason).toMatch(
      /^54,000 s if all goes well; .* never at this rate: at most 5,000 records\/s .* 6,000 arrive$/,
    );
  });

  it('says so when no number of records can be taken from an age', () => {
    const { timeToCaughtUpSeconds, reason, backlogRecords } = planOf({ load: { arrivalRate: 0 } });
    expect(timeToCaughtUpSeconds).toBeNull();
    expect(backlogRecords).toBeNull();
    expect(reason).toContain('the number of waiting records is unknown');
  });

  it('gives the obstacle it was told of, whatever the figures say', () => {
    const obstacle = 'not at this rate: a position is held since 09:12';
    expect(planOf({ obstacle })).toMatchObject({ timeToCaughtUpSeconds: null, reason: obstacle, changes: [] });
  });

  it('says of a record whose rows are larger than a request that its event is quarantined', () => {
    const large = (requestBytesPerRecord: number) =>
      planOf({ workload: { recordBytes: 4_300_000, requestBytesPerRecord }, load: { arrivalRate: 0.001 } });
    expect(large(4 * 1024 * 1024).timeToCaughtUpSeconds).not.toBeNull();
    expect(large(4 * 1024 * 1024 + 1)).toMatchObject({
      timeToCaughtUpSeconds: null,
      reason: 'a record of 4,300,000 bytes does not fit into the 4 MiB of a Data API request: its event is quarantined',
      changes: [],
    });
  });

  it('says of a record beyond 6 MB of event that it cannot be delivered', () => {
    const { reason } = planOf({ workload: { recordBytes: 5 * 1024 * 1024 }, load: { arrivalRate: 0.001 } });
    expect(reason).toContain('does not fit into the 6 MB of an invocation');
    const { timeToCaughtUpSeconds } = planOf({
      workload: { recordBytes: 4 * 1024 * 1024 },
      load: { arrivalRate: 0.001 },
    });
    expect(timeToCaughtUpSeconds).not.toBeNull();
  });
});

describe('a backlog older than the stream keeps records', () => {
  it('has only what is still there, and says what is lost', () => {
    const { backlogRecords, notes, latestStartSeconds } = planOf({ load: { backlogAgeSeconds: 10 * 86_400 } });
    expect(backlogRecords).toBeCloseTo(7 * 86_400 * 100);
    expect(notes.join()).toContain('about 25,920,000 records have expired');
    expect(latestStartSeconds).toBe(0);
  });

  it('leaves until retention less age less the catch-up to start it', () => {
    const { latestStartSeconds, timeToCaughtUpSeconds } = planOf();
    expect(latestStartSeconds).toBeCloseTo(7 * 86_400 - 36_000 - (timeToCaughtUpSeconds?.high ?? 0));
  });
});

describe('what costs', () => {
  it('goes by bytes: a request of 4 MB counts as 128', () => {
    const small = planOf({ workload: { requestBytesPerRecord: 32, recordBytes: 1 } }).catchUpCostUsd ?? 0;
    const large = planOf({ workload: { requestBytesPerRecord: 3_200, recordBytes: 1 } }).catchUpCostUsd ?? 0;
    // 3,600 batches of 1.2 and of 97.8 units, rounded up, at 0.35 USD a million.
    expect(large - small).toBeCloseTo((3_600 * (98 - 2) * 0.35) / 1e6, 3);
  });

  it('hardly depends on the speed of the catch-up', () => {
    const slow = planOf().catchUpCostUsd ?? 0;
    const fast = planOf({ settings: { parallelizationFactor: 10 } }).catchUpCostUsd ?? 0;
    expect(fast / slow).toBeCloseTo(1, 1);
  });

  it('takes other prices where they are given', () => {
    const free = Object.fromEntries(
      Object.entries(DEFAULT_PRICES).map(([name, price]) => [name, typeof price === 'number' ? 0 : price]),
    ) as typeof DEFAULT_PRICES;
    expect(plan(planInput(), free)).toMatchObject({ monthlyCostUsd: 0, catchUpCostUsd: 0 });
    const twice = plan(planInput(), { ...DEFAULT_PRICES, shardHourUsd: 2 * DEFAULT_PRICES.shardHourUsd });
    expect(twice.monthlyCost.stream - planOf().monthlyCost.stream).toBeCloseTo(730 * 0.015);
  });

  it('adds up the parts of a month', () => {
    const { monthlyCost, monthlyCostUsd } = planOf();
    expect(Object.values({ ...monthlyCost }).reduce<number>((sum, part) => sum + part, 0)).toBeCloseTo(monthlyCostUsd);
    // A shard for 730 hours, kept for seven days, and 262.8 million records of 25 KB at most.
    expect(monthlyCost.stream).toBeCloseTo(730 * 0.035 + 262.8 * 0.014);
    // 8 ACU, which is the least here.
    expect(monthlyCost.database).toBeCloseTo(8 * 730 * 0.12);
  });
});

describe('what helps', () => {
  it('turns the smallest amount that gives about all there is, and then what binds next', () => {
    const { changes } = planOf({ workload: { recordBytes: 60, recordsPerAcuSecond: 3_000 } });
    const [first, second] = changes;
    expect(first).toMatchObject({ setting: 'parallelizationFactor', from: 1, to: 3, binding: 'database' });
    expect(second).toMatchObject({ setting: 'maxAcu', binding: 'function' });
    expect(first?.gainSeconds).toBeGreaterThan(0);
    expect(first?.seconds).toBeGreaterThan(second?.seconds ?? Infinity);
  });

  it('has no gain where there was no end before', () => {
    const [first] = planOf({ load: { arrivalRate: 15_000 } }).changes;
    expect(first).toMatchObject({ setting: 'parallelizationFactor', gainSeconds: null });
    expect(first?.seconds).not.toBeNull();
  });

  it('never offers shards for a backlog, and says why', () => {
    const { changes, notes } = planOf();
    expect(changes.map(({ setting }) => setting)).not.toContain('shards');
    expect(notes).toContainEqual(expect.stringContaining('more shards do not help with an existing backlog'));
  });
});

describe('the size of a plan', () => {
  it('says of puts that are throttled that more shards help with those', () => {
    expect(planOf({ load: { arrivalRate: 1_000 } }).notes).toHaveLength(1);
    expect(planOf({ load: { arrivalRate: 1_100 } }).notes).toContainEqual(
      expect.stringContaining('puts are throttled'),
    );
  });

  it('has an end for a thousand shards with ten lanes each', () => {
    const { shards, timeToCaughtUpSeconds } = planOf({
      load: { shards: 1_000, arrivalRate: 1_000_000, partitionKeys: 1e9 },
      settings: { parallelizationFactor: 10, concurrency: 10_000 },
    });
    expect(shards).toHaveLength(1_000);
    expect(timeToCaughtUpSeconds?.high).toBeLessThan(Infinity);
  });
});
