import { laneRate } from './batch-time.ts';
import { batchFactor, busiestLaneShare, databaseSteps, lanesOf, type Outlook } from './outlook.ts';
import type { PlanInput, ShardLoad, Workload } from './plan-input.ts';

/** What can keep a catch-up from being faster. */
export const BINDINGS = ['stream', 'function', 'database', 'keys', 'concurrency'] as const;

/**
 * One of {@link BINDINGS}: reading the shard, the lanes that are set, the database, lanes without keys to fill them, or lanes that may not run.
 */
export type Binding = (typeof BINDINGS)[number];

/** {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html} */
const SHARD = { readBytesPerSecond: 2 * 1024 * 1024, readsPerSecond: 5, recordsPerRead: 10_000 } as const;

/** Below this share of the lanes that are set, it is the keys that bind. */
const LANES_WITH_KEYS = 0.75;

/** Records per second that one shard could do, by what limits it. */
export interface ShardRates {
  /** What a shard gives to this consumer. */
  readonly stream: number;
  /** What its lanes can do. */
  readonly lanes: number;
  /** What limits the lanes. */
  readonly lanesBoundBy: 'function' | 'keys' | 'concurrency';
}

/** Records per second that a shard gives to one of its consumers. */
export function streamRate(workload: Workload, enhancedFanOut: boolean): number {
  const bytesRate = SHARD.readBytesPerSecond / workload.recordBytes;
  if (enhancedFanOut) return bytesRate;
  return Math.min(bytesRate, SHARD.readsPerSecond * SHARD.recordsPerRead) / (1 + workload.otherReaders);
}

/** Lanes over all shards that can have records. */
export function totalLanes({ shards, settings }: PlanInput): number {
  return shards.reduce((sum, load) => sum + (isIdle(load) ? 0 : lanesOf(load, settings)), 0);
}

/** Nothing waits and nothing comes. */
export function isIdle({ arrivalRate, backlogRecords }: ShardLoad): boolean {
  return arrivalRate === 0 && backlogRecords === 0;
}

/** Says of each shard what limits it, the database aside. */
export function createShardRates(outlook: Outlook, input: PlanInput): (load: ShardLoad) => ShardRates {
  const { settings, workload } = input;
  const stream = streamRate(workload, settings.enhancedFanOut);
  const oneLane = laneRate(settings, workload) / batchFactor(outlook, workload);
  const allowed = Math.min(1, settings.concurrency / Math.max(1, totalLanes(input)));
  return (load) => {
    const useful = 1 / busiestLaneShare(outlook, load, lanesOf(load, settings));
    const hasKeys = useful >= LANES_WITH_KEYS * settings.parallelizationFactor;
    const lanesBoundBy = allowed < 1 ? 'concurrency' : hasKeys ? 'function' : 'keys';
    return { stream, lanes: oneLane * useful * allowed, lanesBoundBy };
  };
}

/** Records per second that the database can write for this consumer when it has all of its capacity. */
export function databaseRate(outlook: Outlook, { settings, workload }: PlanInput): number {
  return databaseSteps(outlook, settings, workload).at(-1)?.recordsPerSecond ?? 0;
}
