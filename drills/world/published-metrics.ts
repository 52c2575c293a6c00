import { BATCH_METRICS, METRICS_DIMENSION, type BatchMetricName } from '../../contract/metrics.ts';
import type { MetricDatum, MetricIdentity } from '../../local/cloudwatch/metrics/metric.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { Conditions } from './conditions.ts';
import type { ConsumerMinute, Invocation } from './consumer-model.ts';

/** A minute of a deployment, to be counted. */
export interface CountedMinute {
  readonly deployment: Deployment;
  readonly conditions: Conditions;
  readonly consumer: ConsumerMinute;
  /** When it begins, in milliseconds since 1970. */
  readonly startMs: number;
}

/** Values by metric name; none for one that has no datapoint in a minute. */
type Values = Readonly<Record<string, readonly number[]>>;

/**
 * What AWS and the processor publish about a minute: what is there and, as important, what is not. A metric of
 * invocations does not exist in a minute without one; the poller counts zeros while it lives.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}
 * {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}
 */
export function publishedMetrics(minute: CountedMinute): readonly MetricDatum[] {
  const { deployment, startMs } = minute;
  const { processor, stream, mapping } = deployment;
  const ofAws = (service: string, dimensions: MetricIdentity['dimensions'], values: Values): readonly MetricDatum[] =>
    named({ timestampMs: startMs, namespace: `AWS/${service}`, dimensions }, values);
  const lambda = { FunctionName: processor.functionName };
  const live = { ...lambda, Resource: `${processor.functionName}:${processor.alias}` };
  const consumer = { StreamName: stream.name, ConsumerName: stream.consumerName ?? '' };
  return [
    ...ofAws('Lambda', lambda, functionValues(minute)),
    ...ofAws('Lambda', { ...live, ExecutedVersion: processor.version }, versionValues(minute)),
    ...ofAws('Lambda', { EventSourceMappingUUID: mapping.id }, mappingValues(minute)),
    ...ofAws('Kinesis', { StreamName: stream.name }, streamValues(minute)),
    ...ofAws('Kinesis', consumer, consumerValues(minute)),
    ...ofAws('RDS', { DBClusterIdentifier: deployment.clusterId }, clusterValues(minute)),
    ...ofAws('SNS', { TopicName: deployment.pageTopicName ?? '' }, topicValues(minute)),
    ...batchMetrics(minute),
  ];
}

function functionValues({ consumer, conditions }: CountedMinute): Values {
  const { invocations, throttles, deliveryFailures } = consumer;
  const each = (value: (invocation: Invocation) => number): readonly number[] => invocations.map(value);
  return {
    Invocations: each(() => 1),
    Errors: [...each(({ outcome }) => (outcome === 'failed' ? 1 : 0)), ...some(conditions.newVersionErrors)],
    // Counted with every invocation, and by themselves when nothing can be invoked.
    Throttles: [...each(() => 0), ...some(throttles)],
    Duration: each(({ durationMs }) => durationMs),
    IteratorAge: each(({ ageMs }) => ageMs),
    ConcurrentExecutions: invocations.length === 0 ? [] : [invocations.length],
    DestinationDeliveryFailures: some(deliveryFailures),
  };
}

/** Under the alias by version; the version before has metrics of its own, which nothing looks at. */
function versionValues({ consumer, conditions }: CountedMinute): Values {
  const failed = consumer.invocations.filter(({ outcome }) => outcome === 'failed').length;
  const hasRun = consumer.invocations.length > 0 || conditions.newVersionErrors > 0;
  return { Errors: hasRun ? [failed + conditions.newVersionErrors] : [] };
}

function mappingValues({ deployment, consumer }: CountedMinute): Values {
  if (!deployment.mapping.publishesCounts) return {};
  const { invocations, reads, delivered, dropped } = consumer;
  const records = (kept: (invocation: Invocation) => boolean): number =>
    invocations.filter(kept).reduce((sum, invocation) => sum + invocation.records, 0);
  return {
    // A consumer with throughput of its own is not polled.
    PolledEventCount:
      reads && deployment.stream.consumerName === undefined ? [records(({ outcome }) => outcome === 'written')] : [],
    InvokedEventCount: some(records(() => true)),
    FailedInvokeEventCount: some(records(({ outcome }) => outcome !== 'written')),
    OnFailureDestinationDeliveredEventCount: some(delivered),
    DroppedEventCount: some(dropped),
  };
}

function streamValues({ consumer, conditions, startMs }: CountedMinute): Values {
  // Nobody has measured whether there are zeros while nothing is refused: here there are, every other minute.
  const isCounted = (startMs / 60_000) % 2 === 0;
  const refused = (count: number): readonly number[] => (count > 0 || isCounted ? [count] : []);
  return {
    IncomingRecords: some(consumer.incoming),
    IncomingBytes: some(consumer.incoming * 1000),
    ReadProvisionedThroughputExceeded: refused(conditions.readsRefused),
    WriteProvisionedThroughputExceeded: refused(conditions.writesRefused),
  };
}

function consumerValues({ deployment, consumer }: CountedMinute): Values {
  const isSubscribed = deployment.stream.consumerName !== undefined && consumer.reads;
  return { 'SubscribeToShardEvent.MillisBehindLatest': isSubscribed ? [consumer.behindMs] : [] };
}

function clusterValues({ conditions }: CountedMinute): Values {
  return { ACUUtilization: conditions.databaseAnswers ? [conditions.databaseCapacityPercent] : [] };
}

function topicValues({ conditions }: CountedMinute): Values {
  return { NumberOfNotificationsFailed: some(conditions.pagesFailed) };
}

/** What the processor publishes: one value of each metric for an invocation that came to its end. */
function batchMetrics({ deployment, conditions, consumer, startMs }: CountedMinute): readonly MetricDatum[] {
  const documents = consumer.invocations
    .filter(({ outcome }) => outcome !== 'failed')
    .map((invocation, index) =>
      batchDocument(invocation, index === 0 ? conditions : { ...conditions, quarantined: 0, dataApiErrors: 0 }),
    );
  const names = Object.keys(BATCH_METRICS) as BatchMetricName[];
  const values = Object.fromEntries(
    names.map((name) => [name, documents.flatMap(({ [name]: value }) => (value === undefined ? [] : [value]))]),
  );
  const { namespace, deployment: name } = deployment.processor;
  return named({ timestampMs: startMs, namespace, dimensions: { [METRICS_DIMENSION]: name } }, values, BATCH_METRICS);
}

/** Calls that are repeated before a batch is handed back. */
const ERRORS_OF_A_HOLD = 6;

const LOOKUPS_PER_BATCH = 400;

function batchDocument(
  { outcome, records, ageMs, durationMs }: Invocation,
  conditions: Conditions,
): Partial<Record<BatchMetricName, number>> {
  const written = outcome === 'written' ? records : 0;
  const isHeld = outcome !== 'written';
  const errors = conditions.dataApiErrors + (outcome === 'held' ? ERRORS_OF_A_HOLD : 0);
  return {
    RecordsReceived: records,
    EventsReceived: records,
    EventsWritten: Math.max(0, written - conditions.quarantined),
    EventsSuperseded: 0,
    EventsExisting: 0,
    EventsDuplicate: 0,
    EventsQuarantined: Math.min(written, conditions.quarantined),
    RecordsHeld: records - written,
    PositionHeld: Number(isHeld),
    FuseBlown: Number(outcome === 'fuse'),
    CrashesFound: 0,
    ...lookupValues(isHeld ? 0 : LOOKUPS_PER_BATCH, conditions),
    DataApiCalls: 1 + errors,
    DataApiErrors: errors,
    BatchMs: durationMs,
    NewestRecordAgeMs: ageMs,
    OldestRecordAgeMs: ageMs,
  };
}

function lookupValues(lookups: number, { cacheHitPercent }: Conditions): Partial<Record<BatchMetricName, number>> {
  const hits = (lookups * cacheHitPercent) / 100;
  return {
    LookupKeys: lookups,
    CacheHits: hits,
    CacheMisses: lookups - hits,
    CacheEvictions: 0,
    ...(lookups > 0 && { CacheHitRatio: cacheHitPercent }),
  };
}

/** Whose values they are, and when they were published. */
interface Place {
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly namespace: string;
  readonly dimensions: MetricIdentity['dimensions'];
}

/**
 * Data of one moment under one set of dimensions.
 *
 * @param units CloudWatch's unit of each metric, where somebody may read by it
 */
export function named(
  { timestampMs, namespace, dimensions }: Place,
  values: Values,
  units: Readonly<Record<string, string>> = {},
): readonly MetricDatum[] {
  return Object.entries(values).flatMap(([name, list]) => {
    const unit = units[name];
    return list.length === 0
      ? []
      : [{ metric: { namespace, name, dimensions }, timestampMs, values: list, ...(unit !== undefined && { unit }) }];
  });
}

/** A count that is published only when there is something to count. */
function some(count: number): readonly number[] {
  return count === 0 ? [] : [count];
}
