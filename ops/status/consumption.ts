import { GetMetricDataCommand, type CloudWatchClient, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Target } from '../stack/open-target.ts';

/** What CloudWatch tells of the last minutes; undefined where there is no figure. */
export interface Consumption {
  /** Mean size of the records that arrived. */
  readonly bytesPerRecord: number | undefined;
  /** Reads of the stream that were refused. */
  readonly refusedReads: number | undefined;
  /** Invocations at work at a time, on average. */
  readonly busyLanes: number | undefined;
  /** Share of its greatest capacity that the database uses, in percent. */
  readonly databasePercent: number | undefined;
}

/** What is newer may not be complete; metrics of AWS come a minute or two late. */
const WINDOW_MINUTES = 10;

/** Reads the metrics that tell what a consumer is bound by. */
export async function readConsumption({ client, stack }: Target, nowMs: number): Promise<Consumption> {
  const { StreamArn, ClusterArn, FunctionName } = stack.outputs;
  const stream = { StreamName: StreamArn.split('/').at(-1) ?? '' };
  const cluster = { DBClusterIdentifier: ClusterArn.split(':').at(-1) ?? '' };
  const read = await readMinutes(await client('cloudWatch'), nowMs, {
    records: ['AWS/Kinesis', 'IncomingRecords', 'Sum', stream],
    bytes: ['AWS/Kinesis', 'IncomingBytes', 'Sum', stream],
    refused: ['AWS/Kinesis', 'ReadProvisionedThroughputExceeded', 'Sum', stream],
    duration: ['AWS/Lambda', 'Duration', 'Sum', { FunctionName }],
    database: ['AWS/RDS', 'ACUUtilization', 'Maximum', cluster],
  });
  const { records, bytes, refused, duration, database } = read;
  return {
    bytesPerRecord: records.length === 0 || bytes.length === 0 ? undefined : sum(bytes) / Math.max(1, sum(records)),
    refusedReads: refused.length === 0 ? undefined : sum(refused),
    busyLanes: duration.length === 0 ? undefined : sum(duration) / (duration.length * 60_000),
    databasePercent: database.length === 0 ? undefined : Math.max(...database),
  };
}

type MetricsById<Id extends string> = Readonly<
  Record<Id, readonly [namespace: string, name: string, stat: string, dimensions: Readonly<Record<string, string>>]>
>;

/** One value for each minute that has one. */
async function readMinutes<Id extends string>(
  client: CloudWatchClient,
  nowMs: number,
  metrics: MetricsById<Id>,
): Promise<Readonly<Record<Id, readonly number[]>>> {
  const queries = Object.entries<MetricsById<Id>[Id]>(metrics).map(
    ([Id, [Namespace, MetricName, Stat, dimensions]]): MetricDataQuery => {
      const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat } };
    },
  );
  const endMs = Math.floor(nowMs / 60_000) * 60_000;
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(endMs - WINDOW_MINUTES * 60_000),
      EndTime: new Date(endMs),
    }),
  );
  const values = new Map(results.map(({ Id, Values = [] }) => [Id, Values]));
  return Object.fromEntries(Object.keys(metrics).map((id) => [id, values.get(id) ?? []])) as never;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
