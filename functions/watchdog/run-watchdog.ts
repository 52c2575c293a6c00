import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { WatchdogEnvironment } from '../../contract/environment.ts';
import type { WatchdogMetricName } from '../../contract/metrics.ts';
import { adviceForCheck, adviceForShard } from './advice.ts';
import { countUnreadFailures, readMappingEnabled, readOpenQuarantine } from './waiting-work.ts';
import { createWatchdogExecute, watchStream, type WatchOptions, type WatchReport } from './watch-stream.ts';

/** What a run asks, and with what. */
export interface WatchdogOptions extends WatchOptions {
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly environment: WatchdogEnvironment;
}

/** Values to publish; what a run could not find out is left out. */
export type WatchdogMetrics = Readonly<Partial<Record<WatchdogMetricName, number>>>;

/** Something that a run could not find out. */
export interface WatchdogFailure {
  readonly what: string;
  readonly error: unknown;
  /** What a person has to do. */
  readonly todo: string;
}

/** What one run found. */
export interface WatchdogFindings {
  readonly metrics: WatchdogMetrics;
  readonly failures: readonly WatchdogFailure[];
  /** Undefined when the stream did not answer. */
  readonly report: WatchReport | undefined;
}

interface CheckResult {
  readonly metrics: WatchdogMetrics;
  readonly failures: readonly WatchdogFailure[];
  readonly report?: WatchReport;
}

/** Asks stream, database, bucket and mapping, side by side: whoever does not answer keeps no other from being heard. */
export async function runWatchdog(options: WatchdogOptions): Promise<WatchdogFindings> {
  const { environment, dataApi, s3, lambda } = options;
  const { failedBatchesBucket: bucket, mappingId, functionName } = environment;
  const results = await Promise.all([
    check('the stream', async () => describeStream(await watchStream(options))),
    check('the quarantine', async () => {
      const { entries, oldestAgeSeconds } = await readOpenQuarantine(
        createWatchdogExecute(dataApi, environment),
        functionName,
      );
      return { metrics: { QuarantineOpen: entries, QuarantineOpenAge: oldestAgeSeconds }, failures: [] };
    }),
    check('the on-failure bucket', async () => {
      const metrics = bucket === '' ? {} : { FailedBatchesUnread: await countUnreadFailures(s3, bucket) };
      return { metrics, failures: [] };
    }),
    check('the event source mapping', async () => {
      const enabled = await readMappingEnabled(lambda, mappingId);
      return { metrics: { MappingEnabled: enabled ? 1 : 0 }, failures: [] };
    }),
  ]);
  const failures = results.flatMap((result) => result.failures);
  const unreadable = results[0].report?.unreadable ?? [];
  const metrics = Object.assign({}, ...results.map((result) => result.metrics)) as WatchdogMetrics;
  return {
    metrics: { WatchdogRuns: 1, ChecksFailed: failures.length, ...metrics },
    failures: [...failures, ...unreadable.map(describeUnreadable)],
    report: results[0].report,
  };
}

async function check(what: string, ask: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await ask();
  } catch (error) {
    return { metrics: {}, failures: [{ what, error, todo: adviceForCheck(error) }] };
  }
}

function describeStream(report: WatchReport): CheckResult {
  const { positionsError, shards, shardsJudged, shardsUnknown, shardsUnreadable } = report;
  const { backlogAgeSeconds, timeToDataLossSeconds } = report;
  // An age that is taken of no shard would read as caught up.
  const isKnown = shardsJudged > 0 || shards === 0;
  return {
    metrics: {
      ShardsUnknown: shardsUnknown,
      ShardsUnreadable: shardsUnreadable,
      ...(isKnown && { BacklogAge: backlogAgeSeconds, TimeToDataLoss: timeToDataLossSeconds }),
    },
    failures: positionsError === undefined ? [] : [describePositionsFailure(positionsError, isKnown)],
    report,
  };
}

function describePositionsFailure(error: unknown, isKnown: boolean): WatchdogFailure {
  const what = isKnown
    ? 'the committed positions; those of an earlier run are used, so the backlog may be smaller than told'
    : 'the committed positions; none are known of an earlier run, so the backlog is unknown';
  return { what, error, todo: adviceForCheck(error) };
}

function describeUnreadable({ shardId, error }: WatchReport['unreadable'][number]): WatchdogFailure {
  return { what: `shard ${shardId}`, error, todo: adviceForShard(error) };
}
