import { GetMetricDataCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';

/** A metric and what is asked of it. */
export interface AskedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Such as `Sum` or `Maximum`. */
  readonly statistic: string;
  /** Length of one value in seconds, a multiple of 60. */
  readonly periodSeconds: number;
  /** How far to look back, in seconds. */
  readonly windowSeconds: number;
}

/** One value and when it was. */
export interface MetricPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: number;
}

/**
 * Reads metrics, those of one window in one call.
 *
 * @param asked by any name
 * @returns the values of each, the oldest first; none for a metric that nobody published
 */
export async function readMetrics<Name extends string>(
  client: CloudWatchClient,
  asked: Readonly<Record<Name, AskedMetric>>,
  nowMs: number,
): Promise<Readonly<Record<Name, readonly MetricPoint[]>>> {
  const names = Object.keys(asked) as Name[];
  const found: Partial<Record<Name, readonly MetricPoint[]>> = {};
  for (const group of Map.groupBy(names, (name) => asked[name].windowSeconds).values()) {
    const windowSeconds = Math.max(...group.map((name) => asked[name].windowSeconds));
    const { MetricDataResults: results = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(nowMs - 1000 * windowSeconds),
        EndTime: new Date(nowMs),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: group.map((name, index) => ({ Id: `m${index}`, MetricStat: metricStat(asked[name]) })),
      }),
    );
    for (const [index, name] of group.entries()) {
      const result = results.find(({ Id }) => Id === `m${index}`);
      found[name] = (result?.Timestamps ?? [])
        .map((at, place) => ({ atMs: at.getTime(), value: result?.Values?.[place] ?? 0 }))
        .sort((a, b) => a.atMs - b.atMs);
    }
  }
  return found as Record<Name, readonly MetricPoint[]>;
}

function metricStat({ namespace, name, dimensions, statistic, periodSeconds }: AskedMetric) {
  return {
    Metric: {
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: periodSeconds,
    Stat: statistic,
  };
}
