import { Color, GraphWidget, type HorizontalAnnotation, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { VERDICTS, verdictNumber } from '../../progress/verdict.ts';
import { formula, type EventMetrics } from './event-metrics.ts';
import type { MonitoredLimits } from './monitored-limits.ts';

const sum = { statistic: 'Sum' } as const;
const max = { statistic: 'Maximum' } as const;

/** The graphs of the dashboard, row by row: how far behind, how fast, and why. */
export function graphRows(metrics: EventMetrics, limits: MonitoredLimits): readonly (readonly GraphWidget[])[] {
  return [
    [verdictGraph(metrics)],
    [backlogGraph(metrics, limits), timeToCaughtUpGraph(metrics), dataLossGraph(metrics, limits)],
    [rateGraph(metrics), catchUpGraph(metrics), setAsideGraph(metrics)],
    [batchFillGraph(metrics, limits), durationGraph(metrics, limits), concurrencyGraph(metrics, limits)],
    [dataApiGraph(metrics), cacheGraph(metrics, limits), capacityGraph(metrics, limits)],
  ];
}

/** One number a minute; the lines say what each means, the log query beside the others in which words. */
function verdictGraph(metrics: EventMetrics): GraphWidget {
  return graph('Verdict', {
    unit: 'verdict',
    left: [metrics.watchdog('Verdict', { ...max, label: 'state of the consumer' })],
    limits: VERDICTS.map((verdict) => ({ value: verdictNumber(verdict), label: verdict, color: Color.GREY })),
    width: 24,
  });
}

function backlogGraph(metrics: EventMetrics, limits: MonitoredLimits): GraphWidget {
  return graph('How far behind', {
    unit: 'seconds',
    left: [
      metrics.watchdog('BacklogAge', { ...max, label: 'oldest uncommitted record (watchdog)' }),
      formula('age / 1000', { age: metrics.lambda('IteratorAge', max) }, { label: 'iterator age (Lambda)' }),
    ],
    limits: [limit(limits.pageWhenBehind.toSeconds(), 'pages')],
  });
}

/**
 * What the watchdog reckons. While there is no such time, because the consumer is held, stopped or does not catch up, the
 * graph has no point: the verdict says why.
 */
function timeToCaughtUpGraph(metrics: EventMetrics): GraphWidget {
  return graph('Time to caught up', {
    unit: 'hours',
    left: [
      formula(
        'left / 3600',
        { left: metrics.watchdog('TimeToCaughtUp', max) },
        { label: 'hours left; no line: see the verdict' },
      ),
    ],
  });
}

function dataLossGraph(metrics: EventMetrics, limits: MonitoredLimits): GraphWidget {
  const retentionHours = limits.streamRetention.toSeconds() / 3600;
  return graph('Hours until data loss', {
    unit: 'hours',
    left: [
      formula(
        'left / 3600',
        { left: metrics.watchdog('TimeToDataLoss', { statistic: 'Minimum' }) },
        { label: 'until the oldest uncommitted record leaves the stream' },
      ),
    ],
    limits: [limit((retentionHours * (100 - limits.pageWhenRetentionUsedPercent)) / 100, 'pages')],
  });
}

function rateGraph(metrics: EventMetrics): GraphWidget {
  return graph('Records in and out, per minute', {
    unit: 'records',
    left: [metrics.stream('IncomingRecords', { ...sum, label: 'in' }), committed(metrics)],
  });
}

function catchUpGraph(metrics: EventMetrics): GraphWidget {
  return graph('Catch-up rate', {
    unit: 'records/s',
    left: [
      formula(
        '(FILL(received, 0) - FILL(held, 0) - FILL(incoming, 0)) / PERIOD(incoming)',
        {
          incoming: metrics.stream('IncomingRecords', sum),
          received: metrics.batch('RecordsReceived', sum),
          held: metrics.batch('RecordsHeld', sum),
        },
        { label: 'committed minus incoming; below 0 the backlog grows' },
      ),
    ],
    limits: [limit(0, 'standing still')],
  });
}

function setAsideGraph(metrics: EventMetrics): GraphWidget {
  return graph('Set aside or held', {
    unit: 'count',
    left: [
      metrics.batch('EventsQuarantined', { ...sum, label: 'events quarantined' }),
      metrics.batch('RecordsHeld', { ...sum, label: 'records held' }),
      metrics.mapping('OnFailureDestinationDeliveredEventCount', { ...sum, label: 'to the on-failure bucket' }),
      metrics.mapping('DroppedEventCount', { ...sum, label: 'dropped' }),
    ],
    right: [
      metrics.watchdog('QuarantineOpen', { ...max, label: 'quarantined, waiting' }),
      metrics.watchdog('FailedBatchesUnread', { ...max, label: 'given-up batches, waiting' }),
    ],
  });
}

function batchFillGraph(metrics: EventMetrics, { batchSize }: MonitoredLimits): GraphWidget {
  return graph('Records per batch', {
    unit: 'records',
    left: [
      metrics.batch('RecordsReceived', { statistic: 'Average', label: 'average' }),
      metrics.batch('RecordsReceived', { ...max, label: 'most' }),
    ],
    limits: [limit(batchSize, 'batchSize')],
  });
}

function durationGraph(metrics: EventMetrics, { timeout }: MonitoredLimits): GraphWidget {
  return graph('Time of an invocation', {
    unit: 'ms',
    left: [
      metrics.lambda('Duration', { statistic: 'p50', label: 'median' }),
      metrics.lambda('Duration', { statistic: 'p99', label: 'p99' }),
      metrics.batch('LookupMs', { statistic: 'Average', label: 'lookups (part of it)' }),
      metrics.batch('WriteMs', { statistic: 'Average', label: 'writes (part of it)' }),
    ],
    limits: [limit(timeout.toMilliseconds(), 'timeout')],
  });
}

function concurrencyGraph(metrics: EventMetrics, limits: MonitoredLimits): GraphWidget {
  return graph('Concurrency, errors and throttles', {
    unit: 'count',
    left: [
      metrics.lambda('ConcurrentExecutions', { ...max, label: 'concurrent' }),
      metrics.lambda('Errors', { ...sum, label: 'errors' }),
      metrics.lambda('Throttles', { ...sum, label: 'throttles' }),
    ],
    limits: [limit(limits.shardCount * limits.parallelizationFactor, 'shards × parallelizationFactor')],
  });
}

function dataApiGraph(metrics: EventMetrics): GraphWidget {
  return graph('Data API', {
    unit: 'ms',
    left: [
      metrics.batch('WriteMs', { statistic: 'p50', label: 'writes of a batch, median' }),
      metrics.batch('WriteMs', { statistic: 'p99', label: 'writes of a batch, p99' }),
    ],
    right: [
      metrics.batch('DataApiCalls', { ...sum, label: 'calls' }),
      metrics.batch('DataApiErrors', { ...sum, label: 'failed calls' }),
    ],
  });
}

function cacheGraph(metrics: EventMetrics, limits: MonitoredLimits): GraphWidget {
  const threshold = limits.noticeWhenCacheHitPercentBelow;
  return graph('Lookup cache', {
    unit: 'percent',
    left: [
      formula(
        '100 * hits / keys',
        { hits: metrics.batch('CacheHits', sum), keys: metrics.batch('LookupKeys', sum) },
        { label: 'hits' },
      ),
    ],
    right: [metrics.batch('CacheEvictions', { ...sum, label: 'evictions' })],
    ...(threshold > 0 && { limits: [limit(threshold, 'notifies')] }),
  });
}

function capacityGraph(metrics: EventMetrics, limits: MonitoredLimits): GraphWidget {
  return graph('Database', {
    unit: 'ACU',
    left: [metrics.cluster('ServerlessDatabaseCapacity', { ...max, label: 'capacity' })],
    right: [metrics.cluster('DatabaseConnections', { ...max, label: 'connections' })],
    limits: [limit(limits.databaseMaxCapacity, 'databaseMaxCapacity')],
  });
}

function committed(metrics: EventMetrics): IMetric {
  return formula(
    'FILL(received, 0) - FILL(held, 0)',
    { received: metrics.batch('RecordsReceived', sum), held: metrics.batch('RecordsHeld', sum) },
    { label: 'committed' },
  );
}

interface Graph {
  readonly unit: string;
  readonly left: readonly IMetric[];
  readonly right?: readonly IMetric[];
  readonly limits?: readonly HorizontalAnnotation[];
  /** Of 24 columns. @defaultValue 8 */
  readonly width?: number;
}

function graph(title: string, { unit, left, right = [], limits = [], width = 8 }: Graph): GraphWidget {
  return new GraphWidget({
    title,
    width,
    height: 6,
    left: [...left],
    right: [...right],
    leftYAxis: { label: unit, showUnits: false },
    leftAnnotations: [...limits],
  });
}

function limit(value: number, label: string): HorizontalAnnotation {
  return { value, label, color: Color.RED };
}
