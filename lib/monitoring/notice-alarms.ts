import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmSpec } from './alarm-spec.ts';
import { formula, type EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

const sum = { statistic: 'Sum' } as const;

const SUSTAINED = {
  operator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  evaluationPeriods: 5,
  datapointsToAlarm: 3,
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
    ...databaseAlarms(metrics, limits),
    ...cacheAlarms(metrics, limits),
  ];
}

function functionAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  return [
    {
      id: 'FunctionErrors',
      says: 'Invocations fail',
      section: 'function-errors',
      metric: metrics.lambda('Errors', sum),
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
      metric: metrics.lambda('Duration', { statistic: 'Maximum' }),
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
      metric: metrics.batch('DataApiErrors', sum),
      ...SUSTAINED,
      threshold: DATA_API_ERRORS,
    },
  ];
}

function cacheAlarms(metrics: EventMetrics, limits: MonitoredLimits): readonly AlarmSpec[] {
  const limit = limits.noticeWhenCacheHitPercentBelow;
  if (limit === 0) return [];
  return [
    {
      id: 'CacheHitRatio',
      says: 'The lookup cache misses most of what it is asked for',
      section: 'cache-hit-ratio',
      metric: formula(
        `IF(FILL(keys, 0) > ${ENOUGH_LOOKUPS}, 100 * FILL(hits, 0) / keys, 100)`,
        { keys: metrics.batch('LookupKeys', sum), hits: metrics.batch('CacheHits', sum) },
        { label: 'hits in percent, with enough traffic to say so' },
      ),
      ...SUSTAINED,
      operator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 15,
      datapointsToAlarm: 12,
      threshold: limit,
    },
  ];
}
