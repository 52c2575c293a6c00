import type { ResolvedDatabaseOptions } from './database-options.ts';

/** Between what a cluster scales. */
export type CapacityRange = Pick<ResolvedDatabaseOptions, 'databaseMinCapacity' | 'databaseMaxCapacity'>;

/** The most that `noticeWhenCapacityPercent` can be. */
const MAX_NOTICE_PERCENT = 99;

/**
 * The least that a cluster ever uses of its maximum, in percent: its capacity over the maximum is all that its metric
 * says. {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html}
 */
export function leastUtilizationPercent({ databaseMinCapacity, databaseMaxCapacity }: CapacityRange): number {
  return (100 * databaseMinCapacity) / databaseMaxCapacity;
}

/** Whether there is a percentage that the cluster is not above all the time. */
export function canScale(range: CapacityRange): boolean {
  return leastUtilizationPercent(range) <= MAX_NOTICE_PERCENT;
}
