import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedForm } from '../../../planner/closed-form.ts';
import { OUTLOOKS } from '../../../planner/outlook.ts';
import { spreadLoad, type CapacitySettings, type PlanInput, type Workload } from '../../../planner/plan-input.ts';
import { plan } from '../../../planner/plan.ts';
import { DEFAULT_PRICES } from '../../../planner/prices.ts';
import { BINDINGS } from '../../../planner/rates.ts';
import { simulate } from '../../../planner/simulate.ts';

const DAY = 86_400;

const settings: fc.Arbitrary<CapacitySettings> = fc
  .record({
    batchSize: fc.integer({ min: 1, max: 10_000 }),
    parallelizationFactor: fc.integer({ min: 1, max: 10 }),
    maxBatchingWindowSeconds: fc.integer({ min: 0, max: 300 }),
    concurrency: fc.integer({ min: 1, max: 2_000 }),
    acu: fc.tuple(fc.integer({ min: 0, max: 512 }), fc.integer({ min: 1, max: 512 })),
    memoryMb: fc.integer({ min: 128, max: 10_240 }),
    enhancedFanOut: fc.boolean(),
  })
  .map(({ acu: [a, b], ...rest }) => ({ ...rest, minAcu: Math.min(a, b) / 2, maxAcu: Math.max(a, b, 1) / 2 }));

const workload: fc.Arbitrary<Workload> = fc.record({
  recordBytes: fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 10 * 1024 * 1024 })),
  requestBytesPerRecord: fc.integer({ min: 1, max: 100_000 }),
  callLatencyMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
  callsPerBatch: fc.integer({ min: 1, max: 5 }),
  callsPerRecord: fc.constantFrom(0, 0, 0, 1, 3),
  batchOverheadMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
  recordMicroseconds: fc.double({ min: 0, max: 10_000, noNaN: true }),
  p90Ratio: fc.double({ min: 1, max: 5, noNaN: true }),
  recordsPerAcuSecond: fc.double({ min: 1, max: 1e6, noNaN: true }),
  acuNow: fc.constantFrom(0, 0.5, 4),
  acuOfOthers: fc.constantFrom(0, 0, 0.25),
  otherReaders: fc.integer({ min: 0, max: 5 }),
  coldStartMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  retentionSeconds: fc.integer({ min: DAY, max: 365 * DAY }),
  streamMode: fc.constantFrom('provisioned' as const, 'on-demand' as const),
});

const load = fc.record({
  shards: fc.integer({ min: 1, max: 20 }),
  arrivalRate: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 10_000, noNaN: true })),
  backlogAgeSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 * DAY })),
  backlogRecords: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  partitionKeys: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1e9 })),
  shardSkew: fc.double({ min: 1, max: 20, noNaN: true }),
  busiestKeyShare: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
});

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({ load, settings, workload })
  .map((given) => ({ shards: spreadLoad(given.load), settings: given.settings, workload: given.workload }));

/** As a number of seconds, where never is the longest. */
function seconds(input: PlanInput): number {
  return plan(input, DEFAULT_PRICES).timeToCaughtUpSeconds?.high ?? Infinity;
}

/** The longest that one invocation takes: what cannot be told apart when lanes end at different moments. */
function invocationSeconds({ settings, workload }: PlanInput): number {
  const calls = workload.callsPerBatch + 1 + (settings.batchSize * workload.requestBytesPerRecord) / (4 * 1024 * 1024);
  const waits = (calls + workload.callsPerRecord * settings.batchSize) * workload.callLatencyMs;
  const work = (settings.batchSize * workload.recordMicroseconds) / 1000;
  return (workload.p90Ratio * (waits + work + workload.batchOverheadMs) + 2 * workload.coldStartMs) / 1000;
}

/** Whether `after` is not slower than `before`, as far as batches and parts of a run allow to tell. */
function isNoSlower(after: PlanInput, before: PlanInput): boolean {
  const [a, b] = [seconds(after), seconds(before)];
  return a <= 1.1 * b + 3 * Math.max(invocationSeconds(before), invocationSeconds(after)) + 60;
}

describe('a plan', () => {
  it('has a time from low to high, or a reason; what binds; and costs that are numbers', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const {
          timeToCaughtUpSeconds: time,
          reason,
          binding,
          monthlyCostUsd,
          catchUpCostUsd,
          ages,
        } = plan(input, DEFAULT_PRICES);
        expect(BINDINGS).toContain(binding);
        expect(Number.isFinite(monthlyCostUsd) && monthlyCostUsd > 0).toBe(true);
        if (time === null) {
          expect(reason).not.toBe('');
          expect(reason).toBeTypeOf('string');
          expect(catchUpCostUsd).toBeNull();
          return;
        }
        expect(reason).toBeUndefined();
        expect(time.low).toBeGreaterThanOrEqual(0);
        expect(time.low).toBeLessThanOrEqual(time.high);
        expect(Number.isFinite(time.high)).toBe(true);
        expect(catchUpCostUsd).toBeGreaterThanOrEqual(0);
        for (const { ageSeconds } of ages?.high ?? []) expect(ageSeconds).toBeGreaterThanOrEqual(0);
        expect(ages?.high.at(-1)?.ageSeconds).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('is no slower with more lanes, more database, more concurrency or more records in a batch', () => {
    const better: readonly ((input: PlanInput) => Partial<CapacitySettings>)[] = [
      ({ settings: { parallelizationFactor: factor } }) => ({ parallelizationFactor: Math.min(10, factor + 1) }),
      ({ settings: { maxAcu } }) => ({ maxAcu: 2 * maxAcu }),
      ({ settings: { concurrency } }) => ({ concurrency: 2 * concurrency }),
      ({ settings: { batchSize } }) => ({ batchSize: Math.min(10_000, 2 * batchSize) }),
    ];
    fc.assert(
      fc.property(inputs, fc.constantFrom(...better), (input, turn) => {
        const turned = { ...input, settings: { ...input.settings, ...turn(input) } };
        expect(isNoSlower(turned, input)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('is no faster with more that waits, more that arrives, slower calls or larger records', () => {
    const worse: readonly ((input: PlanInput) => PlanInput)[] = [
      (input) => ({
        ...input,
        shards: input.shards.map((one) => ({ ...one, backlogRecords: 2 * (one.backlogRecords ?? 0) })),
      }),
      (input) => ({ ...input, workload: { ...input.workload, callLatencyMs: 2 * input.workload.callLatencyMs } }),
      (input) => ({
        ...input,
        workload: { ...input.workload, recordBytes: Math.min(10 * 1024 * 1024, 2 * input.workload.recordBytes) },
      }),
      (input) => ({ ...input, shards: input.shards.map((one) => ({ ...one, arrivalRate: 1.5 * one.arrivalRate })) }),
    ];
    const known = inputs.filter(({ shards }) => shards.every(({ backlogRecords }) => backlogRecords !== undefined));
    fc.assert(
      fc.property(known, fc.constantFrom(...worse), (input, turn) => {
        expect(isNoSlower(input, turn(input))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the simulation', () => {
  it('comes to what the formula says where lanes do not get into each other’s way', () => {
    // With a few batches a lane, what arrives during the last one makes a difference.
    const alone = fc
      .tuple(inputs, fc.integer({ min: 50, max: 5_000 }))
      .map(([{ shards, settings, workload }, batches]): PlanInput => ({
        shards: shards.map((one) => ({
          ...one,
          backlogRecords: one.backlogAgeSeconds > 0 ? batches * settings.batchSize * settings.parallelizationFactor : 0,
        })),
        settings: { ...settings, minAcu: 8, maxAcu: 8, concurrency: 1_000 },
        workload: { ...workload, recordsPerAcuSecond: 1e12, coldStartMs: 0 },
      }));
    const compared = fc.sample(fc.tuple(alone, fc.constantFrom(...OUTLOOKS)), 300).flatMap(([input, outlook]) => {
      const form = closedForm(outlook, input);
      if (!(form.seconds > 0 && form.seconds < Infinity && form.rate > 1.2 * form.arrivalRate)) return [];
      const simulated = simulate(outlook, input, form.seconds).seconds;
      const slack = 2 * invocationSeconds(input);
      return [simulated < 1.05 * form.seconds + slack && simulated > 0.95 * form.seconds - slack];
    });
    expect(compared.length).toBeGreaterThan(30);
    // One in about a thousand is further off: a few keys and a few batches that end at different moments.
    expect(compared.filter((isClose) => !isClose).length).toBeLessThan(0.05 * compared.length);
  });

  it('never gets more out of the database than it has', () => {
    const bound = inputs.map((input): PlanInput => ({
      shards: input.shards.map((one) => ({ ...one, arrivalRate: 0, backlogRecords: one.backlogRecords ?? 1_000 })),
      settings: { ...input.settings, minAcu: 8, maxAcu: 8 },
      workload: { ...input.workload, recordsPerAcuSecond: 10, acuNow: 8, acuOfOthers: 0 },
    }));
    fc.assert(
      fc.property(bound, (input) => {
        const records = input.shards.reduce((sum, { backlogRecords = 0 }) => sum + backlogRecords, 0);
        const form = closedForm('low', input);
        fc.pre(form.seconds < Infinity && records > 0);
        expect(simulate('low', input, form.seconds).seconds).toBeGreaterThan((0.999 * records) / 80);
      }),
      { numRuns: 100 },
    );
  });
});
