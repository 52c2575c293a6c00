import { fitBatchTime, type FittedBatchTime } from '../../planner/batch-time.ts';
import { plan } from '../../planner/plan.ts';
import { spreadLoad, type PlanInput, type Workload } from '../../planner/plan-input.ts';
import { DEFAULT_PRICES } from '../../planner/prices.ts';
import type { Arena } from '../arena.ts';
import type { DrainSettings, FunctionRun } from '../drain.ts';
import { openFunctionContender, type FunctionContender } from '../function-contender.ts';
import type { Figure, Finding, RatioResult, SingleScenario } from '../scenario.ts';
import { IN_REGION_LATENCY_MS } from '../scenario.ts';
import { summarize } from '../statistics.ts';

/** What is planned and then done. */
export interface PlannedSetting extends Omit<DrainSettings, 'events' | 'partitionKeyOf'> {
  readonly keys: number;
  /** Share of the records that have one key, beside the others. */
  readonly busiestKeyShare: number;
}

const FEW_KEYS = { keys: 1, busiestKeyShare: 0 };
const MANY_KEYS = { keys: 1_000, busiestKeyShare: 0 };

/** Batches, lanes, calls and keys, each turned against the calibration. */
export const SETTINGS: readonly PlannedSetting[] = [
  { batchSize: 500, lanes: 1, latencyMs: 17, ...MANY_KEYS },
  { batchSize: 2_000, lanes: 1, latencyMs: 17, ...MANY_KEYS },
  { batchSize: 5_000, lanes: 1, latencyMs: 17, ...MANY_KEYS },
  { batchSize: 1_000, lanes: 1, latencyMs: 50, ...MANY_KEYS },
  { batchSize: 1_000, lanes: 2, latencyMs: 17, ...MANY_KEYS },
  { batchSize: 500, lanes: 4, latencyMs: 50, ...MANY_KEYS },
  { batchSize: 500, lanes: 4, latencyMs: 17, ...FEW_KEYS },
  { batchSize: 500, lanes: 4, latencyMs: 50, keys: 1_000, busiestKeyShare: 0.5 },
];

/** What the plans are made from: two sizes of batches for the line, and more lanes than the machine can serve. */
const CALIBRATION = {
  small: { batchSize: 200, lanes: 1, latencyMs: IN_REGION_LATENCY_MS, batches: 30 },
  large: { batchSize: 2_000, lanes: 1, latencyMs: IN_REGION_LATENCY_MS, batches: 15 },
  most: { batchSize: 1_000, lanes: 4, latencyMs: IN_REGION_LATENCY_MS, batches: 60 },
} as const;

const WARM_UP = { events: 40_000, batchSize: 500, lanes: 4, latencyMs: 0 };
const EVENTS = { quick: 30_000, full: 60_000 };
const ROUNDS = { quick: 1, full: 7 };

/** A setting in one round. */
export interface PlannedRun {
  readonly setting: PlannedSetting;
  readonly plannedSeconds: number;
  readonly seconds: number;
  /** By what share the machine did something else before than after. */
  readonly unsteadiness: number;
}

/** How long a catch-up takes by the planner, against how long it took. */
export const planned: SingleScenario = {
  kind: 'single',
  name: 'plan',
  says: 'the time that the planner predicts for a drain from three short ones, compared with the measured time',
  run: async (arena, { isQuick }, onStep): Promise<Finding> => {
    const scale = isQuick ? 'quick' : 'full';
    const events = EVENTS[scale];
    const runs: PlannedRun[] = [];
    const contender = await openFunctionContender(arena, 'functions/flights/handler.ts');
    try {
      onStep('warming up');
      await drainOnce(arena, contender, WARM_UP);
      for (let round = 0; round < ROUNDS[scale]; round += 1) {
        let before = await calibrate(arena, contender);
        for (const [index, setting] of SETTINGS.entries()) {
          onStep(`round ${round + 1} of ${ROUNDS[scale]}: setting ${index + 1} of ${SETTINGS.length}`);
          const { seconds } = await drainOnce(arena, contender, {
            ...setting,
            events,
            partitionKeyOf: keysOf(setting),
          });
          const after = await calibrate(arena, contender);
          const plannedSeconds = planSeconds(setting, workloadOf([before, after]), events);
          runs.push({ setting, seconds, plannedSeconds, unsteadiness: difference(before, after) });
          before = after;
        }
      }
    } finally {
      await contender.close();
    }
    return {
      figures: SETTINGS.flatMap((setting) => figuresOf(setting, runs)),
      ratios: { planError: greatestError(runs) },
    };
  },
};

async function drainOnce(arena: Arena, contender: FunctionContender, settings: DrainSettings): Promise<FunctionRun> {
  await arena.reset();
  const run = await contender.run(settings);
  // Keys of their own may bring departures of an airport at the same time out of order, so their table is not compared.
  await arena.verify(settings.events, ['flights', 'airport_days']);
  return run;
}

/** What plans are made from. */
interface Calibration {
  readonly batches: FunctionRun['batches'];
  /** What they took from the first to the last, with what lies between them. */
  readonly seconds: number;
  /** With more lanes than the machine can serve. */
  readonly recordsPerSecond: number;
}

async function calibrate(arena: Arena, contender: FunctionContender): Promise<Calibration> {
  const measure = ({ batches, ...settings }: (typeof CALIBRATION)[keyof typeof CALIBRATION]) =>
    drainOnce(arena, contender, {
      ...settings,
      events: batches * settings.batchSize,
      partitionKeyOf: keysOf(MANY_KEYS),
    });
  const small = await measure(CALIBRATION.small);
  const large = await measure(CALIBRATION.large);
  const most = await measure(CALIBRATION.most);
  return {
    batches: [...small.batches, ...large.batches],
    seconds: small.seconds + large.seconds,
    recordsPerSecond: steadyRate(most),
  };
}

/** At first not all lanes have a batch, and in the end some have none left: neither says what the machine can do. */
const STEADY = { from: 0.1, to: 0.8 } as const;

/** Records per second while all lanes are busy. */
export function steadyRate({ progress, events }: Pick<FunctionRun, 'progress' | 'events'>): number {
  const steady = progress.filter(({ done }) => done >= STEADY.from * events && done <= STEADY.to * events);
  const [first, last] = [steady[0], steady.at(-1)];
  if (first === undefined || last === undefined || last.seconds <= first.seconds) {
    throw new Error('a drain must have several batches between its first tenth and its last fifth');
  }
  return (last.done - first.done) / (last.seconds - first.seconds);
}

/** By what share two calibrations differ, which a machine with nothing else to do makes small. */
function difference(before: Calibration, after: Calibration): number {
  const batchMs = ({ batches }: Calibration): number => summarize(batches.map(({ ms }) => ms)).median;
  const apart = (a: number, b: number): number => Math.max(a, b) / Math.min(a, b) - 1;
  return Math.max(apart(batchMs(before), batchMs(after)), apart(before.recordsPerSecond, after.recordsPerSecond));
}

/** From what was measured before and after, so that a machine that gets slower meanwhile does not count as a mistake. */
function workloadOf(calibrations: readonly Calibration[]): Workload {
  const batches = calibrations.flatMap((one) => one.batches);
  const fitted = fitBatchTime(batches);
  if (fitted === undefined) throw new Error('the batches that were measured are all of one size');
  const recordsPerSecond = calibrations.reduce((sum, one) => sum + one.recordsPerSecond, 0) / calibrations.length;
  return {
    recordBytes: 1,
    requestBytesPerRecord: 1,
    callLatencyMs: IN_REGION_LATENCY_MS,
    callsPerBatch: 1,
    callsPerRecord: 0,
    batchOverheadMs: Math.max(0, fitted.fixedMs - IN_REGION_LATENCY_MS),
    recordMicroseconds: fitted.recordMicroseconds + besideMicroseconds(fitted, { batches, calibrations }),
    // The time that is compared is the usual one.
    p90Ratio: 1,
    // This machine in the place of a database of one ACU.
    recordsPerAcuSecond: recordsPerSecond,
    acuNow: 1,
    acuOfOthers: 0,
    otherReaders: 0,
    coldStartMs: 0,
    retentionSeconds: 86_400,
    streamMode: 'provisioned',
  };
}

/**
 * What a record takes beside its part of a batch at the median: reading it from the stream, and its part of batches that took longer. A backlog waits
 * for the slow batches too.
 */
function besideMicroseconds(
  { fixedMs, recordMicroseconds }: FittedBatchTime,
  {
    batches,
    calibrations,
  }: { readonly batches: FunctionRun['batches']; readonly calibrations: readonly Calibration[] },
): number {
  const records = batches.reduce((sum, batch) => sum + batch.records, 0);
  const atMedianMs = batches.length * fixedMs + (records * recordMicroseconds) / 1000;
  const tookMs = 1000 * calibrations.reduce((sum, { seconds }) => sum + seconds, 0);
  return Math.max(0, (1000 * (tookMs - atMedianMs)) / records);
}

function keysOf({
  keys,
  busiestKeyShare,
}: Pick<PlannedSetting, 'keys' | 'busiestKeyShare'>): (place: number) => string {
  const every = busiestKeyShare > 0 ? Math.round(1 / busiestKeyShare) : Infinity;
  return (place) => (place % every === 0 && every < Infinity ? 'busiest' : `key-${(place * 7) % keys}`);
}

/** The middle of the range, which has its width from how a hash may fill the lanes. */
function planSeconds(setting: PlannedSetting, workload: Workload, events: number): number {
  const load = { arrivalRate: 0, backlogAgeSeconds: 1, backlogRecords: events, shards: 1, shardSkew: 1 };
  const input: PlanInput = {
    shards: spreadLoad({ ...load, partitionKeys: setting.keys, busiestKeyShare: setting.busiestKeyShare }),
    settings: {
      batchSize: setting.batchSize,
      parallelizationFactor: setting.lanes,
      maxBatchingWindowSeconds: 0,
      concurrency: setting.lanes,
      minAcu: 1,
      maxAcu: 1,
      memoryMb: 1_024,
      // A stream in memory is read without the limits of a shard.
      enhancedFanOut: true,
    },
    workload: { ...workload, callLatencyMs: setting.latencyMs },
  };
  const { timeToCaughtUpSeconds: time, reason } = plan(input, DEFAULT_PRICES);
  if (time === null) throw new Error(`a drain without arrivals has a time: ${reason ?? ''}`);
  return (time.low + time.high) / 2;
}

/** Plans count that were made and tried while the machine did the same. */
const STEADY_WITHIN = 0.1;

function steadyRuns(setting: PlannedSetting, runs: readonly PlannedRun[]): readonly PlannedRun[] {
  return runs.filter((run) => run.setting === setting && run.unsteadiness <= STEADY_WITHIN);
}

/** Median over the rounds of how far off the plan was, as a share of the truth; positive for a plan that takes too long. */
function errorOf(runs: readonly PlannedRun[]): number {
  return summarize(runs.map(({ plannedSeconds, seconds }) => plannedSeconds / seconds - 1)).median;
}

/** Of the settings that were tried while the machine was steady; all of them must have been. */
export function greatestError(runs: readonly PlannedRun[]): RatioResult {
  const unsteady = SETTINGS.filter((setting) => steadyRuns(setting, runs).length === 0).length;
  if (unsteady > 0) {
    return {
      refused: `the machine was too busy: it did not do the same before and after ${unsteady} of ${SETTINGS.length} settings`,
    };
  }
  return Math.max(...SETTINGS.map((setting) => Math.abs(errorOf(steadyRuns(setting, runs)))));
}

function figuresOf(setting: PlannedSetting, runs: readonly PlannedRun[]): readonly Figure[] {
  const { batchSize, lanes, latencyMs, keys, busiestKeyShare } = setting;
  const busiest = busiestKeyShare > 0 ? `, one of them ${100 * busiestKeyShare} %` : '';
  const says = `batch ${batchSize} factor ${lanes} at ${latencyMs} ms, ${keys === 1 ? '1 key' : `${keys} keys`}${busiest}`;
  const own = steadyRuns(setting, runs);
  if (own.length === 0) return [{ says, value: 0, unit: 'steady runs' }];
  return [
    { says, value: summarize(own.map(({ seconds }) => seconds)).median, unit: 's measured' },
    { says, value: summarize(own.map(({ plannedSeconds }) => plannedSeconds)).median, unit: 's planned' },
    { says, value: 100 * errorOf(own), unit: '% off' },
  ];
}
