import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_DIMENSION, type BatchMetricName, type WatchdogMetricName } from '../../contract/metrics.ts';

/** What the metrics of a deployment are found under. */
export interface MetricSources {
  readonly namespace: string;
  /** Value of the one dimension of our own metrics. */
  readonly deployment: string;
  /** Physical name of the processor function. */
  readonly lambdaName: string;
  readonly mappingId: string;
  readonly streamName: string;
  /** Of the consumer with throughput of its own; undefined where the mapping polls. */
  readonly consumerName: string | undefined;
  readonly clusterIdentifier: string;
}

type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount' | 'p50' | 'p99';

/** How a metric is read: one value per period. */
export interface Reading {
  readonly statistic: Statistic;
  /** One minute unless told. */
  readonly period?: Duration;
  readonly label?: string;
}

type LambdaMetricName =
  | 'ConcurrentExecutions'
  | 'DestinationDeliveryFailures'
  | 'Duration'
  | 'Errors'
  | 'Invocations'
  | 'IteratorAge'
  | 'Throttles';

type MappingMetricName =
  | 'DroppedEventCount'
  | 'FailedInvokeEventCount'
  | 'InvokedEventCount'
  | 'OnFailureDestinationDeliveredEventCount'
  | 'PolledEventCount';

type StreamMetricName =
  'IncomingBytes' | 'IncomingRecords' | 'ReadProvisionedThroughputExceeded' | 'WriteProvisionedThroughputExceeded';

type ClusterMetricName = 'ACUUtilization' | 'DatabaseConnections' | 'ServerlessDatabaseCapacity';

/** Every metric that alarms and dashboard read, each with the dimensions it is published under. */
export class EventMetrics {
  private readonly sources: MetricSources;

  constructor(sources: MetricSources) {
    this.sources = sources;
  }

  /** A metric that the processor publishes. */
  batch(metricName: BatchMetricName, reading: Reading): Metric {
    return this.own(metricName, reading);
  }

  /** A metric that the watchdog publishes. */
  watchdog(metricName: WatchdogMetricName, reading: Reading): Metric {
    return this.own(metricName, reading);
  }

  /**
   * A metric of the function as a whole. Under the alias the series would stop if the mapping were ever moved.
   * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}
   */
  lambda(metricName: LambdaMetricName, reading: Reading): Metric {
    return read(
      { namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: this.sources.lambdaName } },
      reading,
    );
  }

  /** A metric of the event source mapping. */
  mapping(metricName: MappingMetricName, reading: Reading): Metric {
    return read(
      { namespace: 'AWS/Lambda', metricName, dimensions: { EventSourceMappingUUID: this.sources.mappingId } },
      reading,
    );
  }

  /**
   * A metric of the stream.
   * {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}
   */
  stream(metricName: StreamMetricName, reading: Reading): Metric {
    return read({ namespace: 'AWS/Kinesis', metricName, dimensions: { StreamName: this.sources.streamName } }, reading);
  }

  /**
   * A count that is there, if only as 0, in every minute in which Lambda reads the stream, and in no other. A consumer
   * with throughput of its own is not polled: there it is the distance that each subscription reports.
   * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}
   * {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}
   */
  reads(): Metric {
    const { streamName, consumerName } = this.sources;
    if (consumerName === undefined) return this.mapping('PolledEventCount', { statistic: 'Sum' });
    return read(
      {
        namespace: 'AWS/Kinesis',
        metricName: 'SubscribeToShardEvent.MillisBehindLatest',
        dimensions: { StreamName: streamName, ConsumerName: consumerName },
      },
      { statistic: 'Maximum' },
    );
  }

  /**
   * A metric of the cluster.
   * {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html}
   */
  cluster(metricName: ClusterMetricName, reading: Reading): Metric {
    return read(
      { namespace: 'AWS/RDS', metricName, dimensions: { DBClusterIdentifier: this.sources.clusterIdentifier } },
      reading,
    );
  }

  private own(metricName: string, reading: Reading): Metric {
    const { namespace, deployment } = this.sources;
    return read({ namespace, metricName, dimensions: { [METRICS_DIMENSION]: deployment } }, reading);
  }
}

/** A formula over metrics, all read over the same period. */
export function formula(
  expression: string,
  usingMetrics: Readonly<Record<string, IMetric>>,
  { label, period = Duration.minutes(1) }: { readonly label: string; readonly period?: Duration },
): MathExpression {
  return new MathExpression({ expression, usingMetrics: { ...usingMetrics }, label, period });
}

interface MetricIdentity {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

function read(identity: MetricIdentity, { statistic, period = Duration.minutes(1), label }: Reading): Metric {
  return new Metric({
    namespace: identity.namespace,
    metricName: identity.metricName,
    dimensionsMap: { ...identity.dimensions },
    statistic: statistic.startsWith('p') ? Stats.percentile(Number(statistic.slice(1))) : statistic,
    period,
    ...(label !== undefined && { label }),
  });
}
