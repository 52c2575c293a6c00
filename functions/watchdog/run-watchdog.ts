import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { WatchdogMetricName } from '../../contract/metrics.ts';
import { adviceForCheck, adviceForShard } from './advice.ts';
import { publishedVerdict, type PublishedVerdict } from './judge-consumer.ts';
import { countPageSubscribers } from './page-subscribers.ts';
import { pauseReminder, readMapping, type MappingState } from './read-mapping.ts';
import { askToTryEntries, countUnreadFailures, readOpenQuarantine } from './waiting-work.ts';
import {
  createWatchdogExecute,
  createWatchMemory,
  watchStream,
  type WatchOptions,
  type WatchReport,
} from './watch-stream.ts';

/** What a run asks, and with what. */
export interface WatchdogOptions extends WatchOptions {
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly sns: SNSClient;
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
  /** What is left out on purpose, and why. */
  readonly remarks: readonly string[];
  /** Undefined when the stream did not answer. */
  readonly report: WatchReport | undefined;
  readonly verdict: PublishedVerdict['line'];
}

interface CheckResult {
  readonly metrics: WatchdogMetrics;
  readonly failures: readonly WatchdogFailure[];
  readonly remarks?: readonly string[];
  readonly report?: WatchReport;
  readonly mapping?: MappingState;
  readonly isOverdue?: boolean;
}

const UNCOUNTED =
  'cannot count the subscribers of the page topic: its policy does not allow ' +
  'sns:GetTopicAttributes to the role of the watchdog; allow it there';

/** Asks stream, database, bucket, mapping and topic, side by side: whoever does not answer keeps no other from being heard. */
export async function runWatchdog(options: WatchdogOptions): Promise<WatchdogFindings> {
  const { memory = createWatchMemory() } = options;
  const results = await runChecks({ ...options, memory });
  const failures = results.flatMap((result) => result.failures);
  const report = results.find((result) => result.report !== undefined)?.report;
  const verdict = publishedVerdict({
    nowMs: options.now(),
    environment: options.environment,
    samples: memory.samples,
    held: memory.held,
    mapping: results.find((result) => result.mapping !== undefined)?.mapping,
    failures: failures.map(({ what, todo }) => `cannot see ${what}; ${todo}`),
    timeToDataLossSeconds: report?.timeToDataLossSeconds,
  });
  const metrics = Object.assign({}, ...results.map((result) => result.metrics)) as WatchdogMetrics;
  return {
    metrics: { WatchdogRuns: 1, ChecksFailed: failures.length, ...metrics, ...verdict.metrics },
    failures: [...failures, ...(report?.unreadable ?? []).map(describeUnreadable)],
    remarks: [...results.flatMap(({ remarks = [] }) => remarks), ...(await tryEntries(results, options))],
    report,
    verdict: verdict.line,
  };
}

/**
 * Where no record comes, nothing but the watchdog has entries tried that wait. While the mapping is disabled nobody wants
 * anything to be written.
 *
 * @returns what a person may want to know: that it does not work is no blindness, and the entries page in the end
 */
async function tryEntries(
  results: readonly CheckResult[],
  { lambda, environment: { processorArn } }: WatchdogOptions,
): Promise<readonly string[]> {
  const isOverdue = results.some((result) => result.isOverdue);
  const isEnabled = results.some(({ mapping }) => mapping?.isEnabled);
  if (!isOverdue || !isEnabled || processorArn === '') return [];
  try {
    await askToTryEntries(lambda, processorArn);
    return [];
  } catch (error) {
    return [
      `cannot ask the processor to retry waiting entries: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}

function runChecks(options: WatchdogOptions): Promise<readonly CheckResult[]> {
  const { environment, dataApi, s3, lambda, sns, now } = options;
  const { failedBatchesBucket: bucket, mappingId, functionName, pageTopicArn } = environment;
  return Promise.all([
    check('the stream', async () => describeStream(await watchStream(options))),
    check('the quarantine', async () => {
      const { entries, oldestAgeSeconds, waiting, isOverdue } = await readOpenQuarantine(
        createWatchdogExecute(dataApi, environment),
        functionName,
      );
      return {
        metrics: { QuarantineOpen: entries, QuarantineOpenAge: oldestAgeSeconds, QuarantineWaiting: waiting },
        failures: [],
        isOverdue,
      };
    }),
    check('the on-failure bucket', async () => {
      const metrics = bucket === '' ? {} : { FailedBatchesUnread: await countUnreadFailures(s3, bucket) };
      return { metrics, failures: [] };
    }),
    check('the event source mapping', async () => {
      const mapping = await readMapping(lambda, mappingId);
      const metrics = { MappingEnabled: mapping.isEnabled ? 1 : 0, PauseReminder: pauseReminder(mapping, now()) };
      return { metrics, failures: [], mapping };
    }),
    check('the subscriptions to the page topic', async () => {
      if (pageTopicArn === '') return { metrics: {}, failures: [] };
      const count = await countPageSubscribers(sns, pageTopicArn);
      return count === undefined
        ? { metrics: {}, failures: [], remarks: [UNCOUNTED] }
        : { metrics: { PageSubscribers: count }, failures: [] };
    }),
  ]);
}

async function check(what: string, ask: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await ask();
  } catch (error) {
    return { metrics: {}, failures: [{ what, error, todo: adviceForCheck(error) }] };
  }
}

function describeStream(report: WatchReport): CheckResult {
  const { positionsError, held, shards, shardsJudged, shardsUnknown, shardsUnreadable } = report;
  const { backlogAgeSeconds, timeToDataLossSeconds } = report;
  // An age that is taken of no shard would read as caught up.
  const isKnown = shardsJudged > 0 || shards === 0 || held.length > 0;
  return {
    metrics: {
      ShardsUnknown: shardsUnknown,
      ShardsUnreadable: shardsUnreadable,
      ...(positionsError === undefined && { PositionsHeld: held.length }),
      ...(isKnown && { BacklogAge: backlogAgeSeconds, TimeToDataLoss: timeToDataLossSeconds }),
    },
    failures: positionsError === undefined ? [] : [describePositionsFailure(positionsError, isKnown)],
    report,
  };
}

function describePositionsFailure(error: unknown, isKnown: boolean): WatchdogFailure {
  const what = isKnown
    ? 'the committed positions; those of an earlier run are used, so the backlog may be smaller than reported'
    : 'the committed positions; no earlier run read them either, so the backlog is unknown';
  return { what, error, todo: adviceForCheck(error) };
}

function describeUnreadable({ shardId, error }: WatchReport['unreadable'][number]): WatchdogFailure {
  return { what: `shard ${shardId}`, error, todo: adviceForShard(error) };
}
