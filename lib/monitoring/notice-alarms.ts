import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DEFAULT_ENVIRONMENT } from '../../contract/environment.ts';
import { verdictNumber } from '../../progress/verdict.ts';
import { canScale } from '../props/least-utilization.ts';
import type { AlarmSpec } from './alarm-spec.ts';
import { ONE_OF_THREE, periodOf, THREE_OF_FIVE, THREE_OF_SEVEN } from './alarm-window.ts';
import { formula, type EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

const sum = { statistic: 'Sum' } as const;

const SUSTAINED = {
  operator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  ...THREE_OF_FIVE,
  // These are published only while there is something to count: no data is no trouble.
  missingData: TreatMissingData.NOT_BREACHING,
} as const;

/** Failed calls in a minute that retries take care of. */
const DATA_API_ERRORS_PER_MINUTE = 5;

/** Lookups in a minute below which a hit ratio says nothing. */
const ENOUGH_LOOKUPS_PER_MINUTE = 100;

/** The alarms that tell why: they notify, and page nobody. */
export function noticeAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    ...functionAlarms(metrics, limits),
    ...streamAlarms(metrics),
    slow(metrics),
    unknownShards(metrics),
    ...databaseAlarms(metrics, limits),
    ...cacheAlarms(metrics, limits),
    ...(limits.mappingEnabled ? [] : [pauseReminder(metrics)]),
  ];
}

/** The alarms about single invocations, which publish once each: the period grows with the longest one. */
function functionAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const period = periodOf(THREE_OF_SEVEN, limits);
  return [
    {
      id: 'FunctionErrors',
      says: 'Invocations fail',
      section: 'function-errors',
      metric: metrics.lambda('Errors', { ...sum, period }),
      ...SUSTAINED,
      ...THREE_OF_SEVEN,
      threshold: 0,
    },
    {
      id: 'Throttles',
      says: 'Invocations are throttled',
      section: 'throttles',
      metric: metrics.lambda('Throttles', sum),
      ...SUSTAINED,
      threshold: 0,
    },
    {
      id: 'Duration',
      says: 'Invocations run close to their timeout',
      section: 'duration',
      metric: metrics.lambda('Duration', { statistic: 'Maximum', period }),
      ...SUSTAINED,
      ...THREE_OF_SEVEN,
      threshold: (longestWorkMs(limits) * limits.noticeWhenDurationPercent) / 100,
    },
  ];
}

/** The processor gives up waiting for a slow database before Lambda would end it. */
function longestWorkMs({ timeout }: MonitoredLimits): number {
  return timeout.toMilliseconds() - DEFAULT_ENVIRONMENT.timeReserveMs;
}

function streamAlarms(metrics: EventMetrics): readonly AlarmSpec[] {
  const throughput = { ...SUSTAINED, section: 'stream-throughput', threshold: 0 } as const;
  return [
    {
      id: 'ReadThroughput',
      says: 'Reads of the stream are refused: too many readers, or too few shards',
      metric: metrics.stream('ReadProvisionedThroughputExceeded', sum),
      ...throughput,
    },
    {
      id: 'WriteThroughput',
      says: 'Writes to the stream are refused: producers lose data unless they retry',
      metric: metrics.stream('WriteProvisionedThroughputExceeded', sum),
      ...throughput,
    },
  ];
}

/**
 * Behind, everything moves, and the backlog does not shrink: nothing is broken, and it will not end by itself. That the
 * consumer is behind pages already; this says why.
 */
function slow(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'Slow',
    says: 'Records arrive faster than the consumer processes them',
    section: 'slow',
    metric: formula(
      `verdict == ${verdictNumber('SLOW')}`,
      { verdict: metrics.watchdog('Verdict', { statistic: 'Maximum' }) },
      { label: 'behind, and not catching up' },
    ),
    ...SUSTAINED,
    threshold: 0,
    evaluationPeriods: 15,
    datapointsToAlarm: 10,
    missingData: TreatMissingData.IGNORE,
  };
}

/**
 * Nothing was found in a shard for a quarter of an hour, and its end neither. It says nothing about a backlog, and the
 * other paths see one, so nobody is woken up for it.
 */
function unknownShards(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'ShardsUnknown',
    says: 'The watchdog reaches neither a record nor the tip of a shard',
    section: 'shards-unknown',
    metric: metrics.watchdog('ShardsUnknown', { statistic: 'Maximum' }),
    ...SUSTAINED,
    threshold: 0,
    evaluationPeriods: 20,
    datapointsToAlarm: 15,
  };
}

function databaseAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const period = periodOf(THREE_OF_SEVEN, limits);
  const errors: AlarmSpec = {
    id: 'DataApiErrors',
    says: 'Data API calls fail',
    section: 'data-api-errors',
    metric: metrics.batch('DataApiErrors', { ...sum, period }),
    ...SUSTAINED,
    ...THREE_OF_SEVEN,
    threshold: DATA_API_ERRORS_PER_MINUTE * period.toMinutes(),
  };
  // The capacity of a cluster that cannot scale says nothing about what is used of it.
  if (!canScale(limits)) return [errors];
  const capacity: AlarmSpec = {
    id: 'DatabaseCapacity',
    says: 'The database is close to its maximum capacity',
    section: 'database-capacity',
    metric: metrics.cluster('ACUUtilization', { statistic: 'Average', period: Duration.minutes(1) }),
    ...SUSTAINED,
    evaluationPeriods: 10,
    datapointsToAlarm: 10,
    threshold: limits.noticeWhenCapacityPercent,
  };
  return [capacity, errors];
}

const TWELVE_OF_FIFTEEN = { evaluationPeriods: 15, datapointsToAlarm: 12 } as const;

function cacheAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const limit = limits.noticeWhenCacheHitPercentBelow;
  if (limit === 0) return [];
  const period = periodOf(TWELVE_OF_FIFTEEN, limits);
  const reading = { ...sum, period };
  const enough = ENOUGH_LOOKUPS_PER_MINUTE * period.toMinutes();
  return [
    {
      id: 'CacheHitRatio',
      says: 'The lookup cache misses most of what it is asked for',
      section: 'cache-hit-ratio',
      metric: formula(
        `IF(FILL(keys, 0) > ${enough}, 100 * FILL(hits, 0) / keys, 100)`,
        { keys: metrics.batch('LookupKeys', reading), hits: metrics.batch('CacheHits', reading) },
        { label: 'hits in percent, with enough traffic to say so', period },
      ),
      ...SUSTAINED,
      operator: ComparisonOperator.LESS_THAN_THRESHOLD,
      ...TWELVE_OF_FIFTEEN,
      threshold: limit,
    },
  ];
}

/** Where the stack disables the mapping: a pause that somebody forgot comes to mind every day. */
function pauseReminder(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'Paused',
    says: 'The consumer is paused and records pile up; the reason gives the hours',
    section: 'paused',
    metric: metrics.watchdog('PauseReminder', { statistic: 'Maximum' }),
    operator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    ...ONE_OF_THREE,
    missingData: TreatMissingData.IGNORE,
    isWork: true,
    repeats: true,
  };
}
