import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm-spec.ts';
import { periodOf, THREE_OF_FIVE } from './alarm-window.ts';
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
const DATA_API_ERRORS = 5;

/** Lookups in a minute below which a hit ratio says nothing. */
const ENOUGH_LOOKUPS = 100;

/** The alarms that tell why: they notify, and page nobody. */
export function noticeAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    ...functionAlarms(metrics, limits),
    ...streamAlarms(metrics),
    unknownShards(metrics),
    ...databaseAlarms(metrics, limits),
    ...cacheAlarms(metrics, limits),
    ...(limits.mappingEnabled ? [] : [pauseReminder(metrics)]),
  ];
}

/** The alarms about single invocations, which publish once each: the period grows with the longest one. */
function functionAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const period = periodOf(THREE_OF_FIVE, limits);
  return [
    {
      id: 'FunctionErrors',
      says: 'Invocations fail',
      section: 'function-errors',
      metric: metrics.lambda('Errors', { ...sum, period }),
      ...SUSTAINED,
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
      says: 'Invocations take nearly as long as they may',
      section: 'duration',
      metric: metrics.lambda('Duration', { statistic: 'Maximum', period }),
      ...SUSTAINED,
      threshold: (limits.timeout.toMilliseconds() * limits.noticeWhenDurationPercent) / 100,
    },
  ];
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
 * Nothing was found in a shard for a quarter of an hour, and its end neither. It says nothing about a backlog, and the
 * other paths see one, so nobody is woken up for it.
 */
function unknownShards(metrics: EventMetrics): AlarmSpec {
  return {
    id: 'ShardsUnknown',
    says: 'The watchdog finds neither a record nor the end of a shard',
    section: 'shards-unknown',
    metric: metrics.watchdog('ShardsUnknown', { statistic: 'Maximum' }),
    ...SUSTAINED,
    threshold: 0,
    evaluationPeriods: 20,
    datapointsToAlarm: 15,
  };
}

function databaseAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    {
      id: 'DatabaseCapacity',
      says: 'The database is at its maximum capacity',
      section: 'database-capacity',
      metric: metrics.cluster('ACUUtilization', { statistic: 'Average', period: Duration.minutes(1) }),
      ...SUSTAINED,
      evaluationPeriods: 10,
      datapointsToAlarm: 10,
      threshold: limits.noticeWhenCapacityPercent,
    },
    {
      id: 'DataApiErrors',
      says: 'Data API calls fail',
      section: 'data-api-errors',
      metric: metrics.batch('DataApiErrors', { ...sum, period: periodOf(THREE_OF_FIVE, limits) }),
      ...SUSTAINED,
      threshold: DATA_API_ERRORS,
    },
  ];
}

const TWELVE_OF_FIFTEEN = { evaluationPeriods: 15, datapointsToAlarm: 12 } as const;

function cacheAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const limit = limits.noticeWhenCacheHitPercentBelow;
  if (limit === 0) return [];
  const reading = { ...sum, period: periodOf(TWELVE_OF_FIFTEEN, limits) };
  return [
    {
      id: 'CacheHitRatio',
      says: 'The lookup cache misses most of what it is asked for',
      section: 'cache-hit-ratio',
      metric: formula(
        `IF(FILL(keys, 0) > ${ENOUGH_LOOKUPS}, 100 * FILL(hits, 0) / keys, 100)`,
        { keys: metrics.batch('LookupKeys', reading), hits: metrics.batch('CacheHits', reading) },
        { label: 'hits in percent, with enough traffic to say so', period: reading.period },
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
    says: 'The consumer is paused, for as many hours as the reason says, and records pile up',
    section: 'paused',
    metric: metrics.watchdog('PauseReminder', { statistic: 'Maximum' }),
    operator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    // Once is enough; the newest minutes may not be there yet, and an alarm that looks at one minute would never see it.
    evaluationPeriods: 3,
    datapointsToAlarm: 1,
    missingData: TreatMissingData.IGNORE,
    isWork: true,
    repeats: true,
  };
}
