import type { CapacitySettings, ShardLoad, Workload } from './plan-input.ts';

/**
 * The two ends of a range. `low` takes every unknown for the better: batches take the median, the database has all of its capacity at
 * once, keys spread evenly over lanes. `high` takes batches as the slowest tenth of them, a database that grows step by step, and lanes as a hash
 * fills them.
 */
export const OUTLOOKS = ['low', 'high'] as const;

/** One of {@link OUTLOOKS}. */
export type Outlook = (typeof OUTLOOKS)[number];

/** How many times the median a batch takes. */
export function batchFactor(outlook: Outlook, { p90Ratio }: Workload): number {
  return outlook === 'low' ? 1 : p90Ratio;
}

/** A database grows the faster the larger it is; nothing more is published. This is how long it takes to double here. */
const DOUBLING_SECONDS = 60;

/** Capacity of the database from some moment on. */
export interface CapacityStep {
  readonly fromSeconds: number;
  /** What is there for this consumer. */
  readonly recordsPerSecond: number;
}

/** How the database grows, until it has all that it may have. */
export function databaseSteps(
  outlook: Outlook,
  { minAcu, maxAcu }: CapacitySettings,
  { acuNow, acuOfOthers, recordsPerAcuSecond }: Workload,
): readonly CapacityStep[] {
  const stepOf = (fromSeconds: number, acu: number): CapacityStep => ({
    fromSeconds,
    recordsPerSecond: Math.max(0, acu - acuOfOthers) * recordsPerAcuSecond,
  });
  if (outlook === 'low') return [stepOf(0, maxAcu)];
  const steps: CapacityStep[] = [];
  // A paused database wakes up at its smallest size.
  for (let acu = Math.max(SMALLEST_ACU, minAcu, acuNow); ; acu *= 2) {
    steps.push(stepOf(steps.length * DOUBLING_SECONDS, Math.min(acu, maxAcu)));
    if (acu >= maxAcu) return steps;
  }
}

const SMALLEST_ACU = 0.5;

/** Lanes of a shard that can have records: as many as are set, and as there are keys. */
export function lanesOf({ partitionKeys }: ShardLoad, { parallelizationFactor }: CapacitySettings): number {
  return Math.min(parallelizationFactor, partitionKeys);
}

/**
 * Share of a shard's records that its busiest lane gets: a key is in one lane only. It decides how fast the shard is, since the others
 * wait for it in the end.
 */
export function busiestLaneShare(outlook: Outlook, load: ShardLoad, lanes: number): number {
  const { partitionKeys, busiestKeyShare } = load;
  if (lanes === 1) return 1;
  const even = 1 / lanes;
  // A hash puts each key into one of the lanes: mean and spread of a binomial distribution, as shares of the keys.
  const spread = (keys: number): number => Math.sqrt((even * (1 - even)) / keys);
  if (busiestKeyShare <= 1 / partitionKeys) {
    const fullest = even + spread(partitionKeys) * Math.sqrt(2 * Math.log(lanes));
    return outlook === 'low' ? even : Math.min(1, fullest);
  }
  // The lane of the busiest key has its part of the other keys as well.
  const others = even + (outlook === 'low' ? -1 : 1) * spread(partitionKeys - 1);
  return Math.max(even, busiestKeyShare + (1 - busiestKeyShare) * Math.min(1, Math.max(0, others)));
}
