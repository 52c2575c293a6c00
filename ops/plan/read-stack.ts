import { DescribeStreamSummaryCommand, type DescribeStreamSummaryOutput } from '@aws-sdk/client-kinesis';
import {
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import { METRICS_DIMENSION } from '../../contract/metrics.ts';
import { readTurnable, type PartSettings, type TurnableSettings } from '../boost/boost-parts.ts';
import type { Target } from '../stack/open-target.ts';
import { batchFigures, BATCHES_UNKNOWN } from './batch-figures.ts';
import type { KnownFacts, PlanFigures } from './plan-figures.ts';
import { FIGURES } from './plan-figures.ts';
import { readMetrics, type AskedMetric, type MetricPoint } from './read-metrics.ts';

/** What a stack says about itself that a plan can be made from. */
export interface StackFacts extends KnownFacts {
  readonly figures: PlanFigures;
  readonly onDemand: boolean;
  /** What a boost could turn; nothing where no stack was asked. */
  readonly turnable: TurnableSettings;
  /** What was not found out, a sentence each. */
  readonly unknown: readonly string[];
}

const MINUTE = 60;
const HOUR = 3_600;
const FIVE_MINUTES = 300;

/**
 * Reads from a stack how it is configured, how much comes in and waits, and how long its batches take.
 *
 * @param nowMs milliseconds since 1970
 */
export async function readStackFacts(target: Target, nowMs: number): Promise<StackFacts> {
  const [lambda, kinesis, cloudWatch] = [
    await target.client('lambda'),
    await target.client('kinesis'),
    await target.client('cloudWatch'),
  ];
  const { outputs } = target.stack;
  const [turnable, mapping, watchdog, stream] = await Promise.all([
    readTurnable(target),
    lambda.send(new GetEventSourceMappingCommand({ UUID: outputs.MappingId })),
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName: outputs.WatchdogFunctionName })),
    kinesis.send(new DescribeStreamSummaryCommand({ StreamARN: outputs.StreamArn })),
  ]);
  const { DEPLOYMENT: deployment = '', METRICS_NAMESPACE: namespace = '' } = watchdog.Environment?.Variables ?? {};
  const asked = askedMetrics(outputs, { deployment, namespace });
  const seen = await readMetrics(cloudWatch, asked, nowMs);
  const age = backlogAge(seen);
  const arrivals = await arrivalsSince(cloudWatch, asked.incomingRecords, { nowMs, seconds: age.seconds ?? 0 });
  return {
    figures: {
      ...streamFigures(stream),
      ...mappingFigures(mapping),
      ...loadFigures(seen),
      ...batchFiguresOf(seen),
      ...databaseFigures(seen, turnable.settings),
      ...concurrencyFigures(turnable),
      ...defined({ backlogAge: age.seconds, backlogRecords: age.seconds === undefined ? undefined : arrivals }),
    },
    turnable,
    onDemand: stream.StreamDescriptionSummary?.StreamModeDetails?.StreamMode === 'ON_DEMAND',
    obstacle: obstacleOf(mapping, seen) ?? age.obstacle,
    unknown: unknownFacts(seen, turnable.settings),
  };
}

function streamFigures({ StreamDescriptionSummary: stream }: DescribeStreamSummaryOutput): PlanFigures {
  const hours = stream?.RetentionPeriodHours;
  return defined({ shards: stream?.OpenShardCount, retention: hours === undefined ? undefined : hours * HOUR });
}

type SeenMetrics = Readonly<Record<keyof ReturnType<typeof askedMetrics>, readonly MetricPoint[]>>;

function askedMetrics(
  outputs: Target['stack']['outputs'],
  { deployment, namespace }: { readonly deployment: string; readonly namespace: string },
) {
  const own = (name: string, statistic: string, windowSeconds: number = HOUR): AskedMetric => ({
    namespace,
    name,
    statistic,
    windowSeconds,
    dimensions: { [METRICS_DIMENSION]: deployment },
    periodSeconds: MINUTE,
  });
  const stream = (name: string): AskedMetric => ({
    ...own(name, 'Sum'),
    namespace: 'AWS/Kinesis',
    dimensions: { StreamName: lastPart(outputs.StreamArn, '/') },
  });
  const cluster = (name: string): AskedMetric => ({
    ...own(name, 'Maximum', FIVE_MINUTES),
    namespace: 'AWS/RDS',
    dimensions: { DBClusterIdentifier: lastPart(outputs.ClusterArn, ':') },
  });
  return {
    incomingRecords: stream('IncomingRecords'),
    incomingBytes: stream('IncomingBytes'),
    batches: own('BatchMs', 'SampleCount'),
    batchMs: own('BatchMs', 'Sum'),
    batchRecords: own('RecordsReceived', 'Sum'),
    calls: own('DataApiCalls', 'Sum'),
    backlogAge: own('BacklogAge', 'Maximum', FIVE_MINUTES),
    positionsHeld: own('PositionsHeld', 'Maximum', FIVE_MINUTES),
    iteratorAge: {
      ...own('IteratorAge', 'Maximum', FIVE_MINUTES),
      namespace: 'AWS/Lambda',
      dimensions: { FunctionName: outputs.FunctionName },
    },
    capacity: cluster('ServerlessDatabaseCapacity'),
    utilization: cluster('ACUUtilization'),
  };
}

function lastPart(arn: string, separator: string): string {
  return arn.split(separator).at(-1) ?? '';
}

function defined(figures: Readonly<Record<string, number | undefined>>): PlanFigures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}

function mappingFigures(mapping: EventSourceMappingConfiguration): PlanFigures {
  return defined({
    batchSize: mapping.BatchSize,
    parallelizationFactor: mapping.ParallelizationFactor,
    maxBatchingWindow: mapping.MaximumBatchingWindowInSeconds,
  });
}

/** What the newest watchdog run says; a consumer that is level has records that are on their way. */
function backlogAge(seen: SeenMetrics): {
  readonly seconds: number | undefined;
  readonly obstacle: string | undefined;
} {
  const told = seen.backlogAge.at(-1)?.value;
  if (told !== undefined) return { seconds: Math.round(told), obstacle: undefined };
  const delivered = seen.iteratorAge.at(-1)?.value;
  if (delivered !== undefined) return { seconds: Math.round(delivered / 1000), obstacle: undefined };
  return {
    seconds: undefined,
    obstacle: 'the backlog is unknown: the watchdog has been silent for five minutes, and nothing was delivered',
  };
}

/** Why no time can be told, whatever the figures would give. */
function obstacleOf(mapping: EventSourceMappingConfiguration, seen: SeenMetrics): string | undefined {
  const state = mapping.State ?? 'unknown';
  if (state !== 'Enabled' && state !== 'Updating' && state !== 'Enabling') {
    return `not at this rate: the mapping is ${state.toLowerCase()}`;
  }
  const held = seen.positionsHeld.at(-1)?.value ?? 0;
  return held > 0 ? `not at this rate: ${held} positions are held; \`ops fuse\` and the log say why` : undefined;
}

function loadFigures({ incomingRecords, incomingBytes }: SeenMetrics): PlanFigures {
  const [records, bytes] = [sumOf(incomingRecords), sumOf(incomingBytes)];
  return {
    arrivalRate: records / HOUR,
    ...(records > 0 && bytes > 0 && { recordBytes: Math.max(1, Math.round(bytes / records)) }),
  };
}

/** Time of a batch by its records, from minutes in which batches were of different sizes. */
function batchFiguresOf({ batches, batchMs, batchRecords, calls }: SeenMetrics): PlanFigures {
  const minutes = batches.flatMap(({ atMs, value }) => {
    const [ms, records] = [at(batchMs, atMs), at(batchRecords, atMs)];
    return ms === undefined || records === undefined ? [] : [{ records: records / value, ms: ms / value }];
  });
  if (minutes.length === 0) return {};
  return batchFigures({
    batches: minutes,
    callsPerBatch: sumOf(calls) / sumOf(batches),
    callLatencyMs: FIGURES.dataApiLatencyMs.fallback ?? 0,
  });
}

function at(points: readonly MetricPoint[], atMs: number): number | undefined {
  return points.find((point) => point.atMs === atMs)?.value;
}

/** What the cluster is set to; where it is not the stack's own, capacity over its share of the greatest is the greatest. */
function databaseFigures({ capacity, utilization }: SeenMetrics, { minAcu, maxAcu }: PartSettings): PlanFigures {
  const [acuNow, percent] = [capacity.at(-1)?.value, utilization.at(-1)?.value];
  if (maxAcu !== undefined) {
    return defined({ minAcu, maxAcu, acuNow: acuNow && Math.min(acuNow, maxAcu) });
  }
  if (acuNow === undefined) return {};
  const isUsed = percent !== undefined && percent > 0;
  const greatest = isUsed ? Math.round((200 * acuNow) / percent) / 2 : (FIGURES.maxAcu.fallback ?? acuNow);
  return { acuNow, minAcu: Math.min(acuNow, FIGURES.minAcu.fallback ?? acuNow), maxAcu: Math.max(acuNow, greatest) };
}

/** What is reserved for the function, or else what the account has left for all that have no reservation. */
function concurrencyFigures({ settings, unreserved }: TurnableSettings): PlanFigures {
  return defined({ concurrency: settings.concurrency ?? unreserved });
}

function unknownFacts(seen: SeenMetrics, { maxAcu }: PartSettings): readonly string[] {
  return [
    ...(seen.incomingRecords.length === 0 ? ['nothing came in during the last hour'] : []),
    ...(seen.batches.length === 0 ? [BATCHES_UNKNOWN] : []),
    ...(seen.capacity.length === 0 && maxAcu === undefined
      ? ['the capacity of the database is unknown; assuming 0.5 to 8 ACU']
      : []),
  ];
}

/** A call gives at most 100,800 values, and minutes are kept for 15 days. */
const MOST_POINTS = 1_400;

/** Records that came in since a backlog began: what waits, whatever the rate was meanwhile. */
async function arrivalsSince(
  client: Parameters<typeof readMetrics>[0],
  metric: AskedMetric,
  { nowMs, seconds }: { readonly nowMs: number; readonly seconds: number },
): Promise<number | undefined> {
  if (seconds === 0) return 0;
  const periodSeconds = MINUTE * Math.max(1, Math.ceil(seconds / MINUTE / MOST_POINTS));
  const { arrivals } = await readMetrics(
    client,
    { arrivals: { ...metric, periodSeconds, windowSeconds: seconds } },
    nowMs,
  );
  return arrivals.length === 0 ? undefined : Math.round(sumOf(arrivals));
}

function sumOf(points: readonly MetricPoint[]): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}
