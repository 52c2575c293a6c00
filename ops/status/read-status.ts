import { GetAliasCommand, GetEventSourceMappingCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { watchdogEnvironment, type WatchdogEnvironment } from '../../contract/maintenance-environment.ts';
import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import { adviceForCheck, adviceForShard } from '../../functions/watchdog/advice.ts';
import { judgeConsumer } from '../../functions/watchdog/judge-consumer.ts';
import { countPageSubscribers } from '../../functions/watchdog/page-subscribers.ts';
import { countUnreadFailures, readOpenQuarantine } from '../../functions/watchdog/waiting-work.ts';
import {
  createWatchdogExecute,
  watchStream,
  type WatchMemory,
  type WatchReport,
} from '../../functions/watchdog/watch-stream.ts';
import type { Judgement, StackSample } from '../../progress/verdict.ts';
import { describeFailedCall } from '../failed-call.ts';
import type { Target } from '../stack/open-target.ts';
import { readCommitHistory, samplesOf, type CommitHistory } from './commit-history.ts';
import { readConsumption } from './consumption.ts';
import { readRingingAlarms } from './ringing-alarms.ts';
import { lastMomentOf, shardStatuses } from './shard-statuses.ts';
import type { MappingStatus, Status } from './status.ts';
import { readWatchdogRun } from './watchdog-run.ts';

/** What a status is read with. */
export interface StatusParts {
  readonly target: Target;
  /** How the watchdog is configured: a status judges by the same settings. */
  readonly environment: WatchdogEnvironment;
  /** What earlier looks saw; kept up to date. */
  readonly memory: WatchMemory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Reads how the watchdog of a stack is configured.
 *
 * @throws whatever Lambda answers
 */
export async function readWatchdogSettings({ client, stack }: Target): Promise<WatchdogEnvironment> {
  const lambda = await client('lambda');
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: stack.outputs.WatchdogFunctionName }),
  );
  return watchdogEnvironment.parse(Environment?.Variables ?? {});
}

/** Reads how a stack is. What does not answer keeps nothing else from being told. */
export async function readStatus(parts: StatusParts): Promise<Status> {
  const { target, environment, memory, now } = parts;
  const { stackName, stackStatus, outputs } = target.stack;
  const checks = new Checks();
  const mapping = await checks.run('the event source mapping', () => readMapping(target, environment.mappingId));
  const parallelizationFactor = mapping?.parallelizationFactor ?? environment.parallelizationFactor;
  const { report, history, consumption, ...around } = await askAll(parts, parallelizationFactor, checks);
  checks.failures.push(...blindSpots(report));
  const nowMs = now();
  const failures = [...new Set(checks.failures)];
  const judgement = judge(parts, { nowMs, report, history, mapping, failures });
  const facts = { history, positions: memory.positions, consumption, parallelizationFactor };
  return {
    ...{ stackName, stackStatus, nowMs, judgement, mapping, failures },
    isPausedOnPurpose: environment.pausedOnPurpose === 1,
    shards: shardStatuses(judgement.shards, facts),
    held: report?.held ?? [],
    lastMoment: lastMomentOf(judgement.shards, { history, report, nowMs }),
    ...around,
    buildVersion: history?.buildVersion,
    deployedBuild: outputs.BuildVersion,
  };
}

/** Questions that fail one by one. */
class Checks {
  /** What could not be seen, and what to do. */
  readonly failures: string[] = [];

  async run<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      this.failures.push(`cannot see ${what}: ${describeFailedCall(error) ?? String(error)}`);
      return undefined;
    }
  }
}

async function askAll(parts: StatusParts, parallelizationFactor: number, checks: Checks) {
  const { target, environment, now } = parts;
  const { functionName, deployment, failedBatchesBucket: bucket, pageTopicArn } = environment;
  const watched = { ...environment, parallelizationFactor };
  const execute = createWatchdogExecute(await target.client('rdsData'), environment);
  const [report, history, quarantine, failedBatches, pageSubscribers, watchdog, alarms, functionVersion, consumption] =
    await Promise.all([
      checks.run('the stream', () => watch(parts, watched)),
      checks.run('the batch log', () => readCommitHistory(execute, functionName)),
      checks.run('the quarantine', async () => {
        const { entries, oldestAgeSeconds, waiting } = await readOpenQuarantine(execute, functionName);
        return { open: entries, openAgeSeconds: oldestAgeSeconds, waiting };
      }),
      checks.run('the on-failure bucket', async () =>
        bucket === '' ? ('none' as const) : countUnreadFailures(await target.client('s3'), bucket),
      ),
      checks.run('the subscriptions to the page topic', async () =>
        pageTopicArn === '' ? ('unwatched' as const) : countPageSubscribers(await target.client('sns'), pageTopicArn),
      ),
      checks.run('the last run of the watchdog', () => readWatchdogRun(target, environment, now())),
      checks.run('the alarms', () => readRingingAlarms(target, deployment)),
      checks.run('the version in use', () => readFunctionVersion(target)),
      checks.run('the metrics', () => readConsumption(target, now())),
    ]);
  return {
    report,
    history,
    quarantine,
    failedBatches,
    pageSubscribers,
    watchdog,
    alarms,
    functionVersion,
    consumption,
  };
}

async function watch({ target, memory, now }: StatusParts, environment: WatchdogEnvironment): Promise<WatchReport> {
  const [kinesis, dataApi] = await Promise.all([target.client('kinesis'), target.client('rdsData')]);
  return watchStream({ kinesis, dataApi, environment, now, memory });
}

/** What a look at the stream could not see, as the watchdog tells it. */
function blindSpots(report: WatchReport | undefined): readonly string[] {
  if (report === undefined) return [];
  const { positionsError: error, unreadable } = report;
  return [
    ...(error === undefined ? [] : [`cannot see the committed positions; ${adviceForCheck(error)}`]),
    ...unreadable.map((shard) => `cannot see shard ${shard.shardId}; ${adviceForShard(shard.error)}`),
  ];
}

interface Seen {
  readonly nowMs: number;
  readonly report: WatchReport | undefined;
  readonly history: CommitHistory | undefined;
  readonly mapping: MappingStatus | undefined;
  readonly failures: readonly string[];
}

function judge({ environment, memory }: StatusParts, seen: Seen): Judgement {
  const { nowMs, report, mapping, failures } = seen;
  return judgeConsumer({
    nowMs,
    environment,
    samples: report === undefined ? memory.samples : samplesOfHistory(report, seen),
    held: report?.held ?? [],
    mapping: mapping && { isEnabled: ENABLED.includes(mapping.state), changedAtMs: mapping.changedAtMs },
    failures,
    timeToDataLossSeconds: report?.timeToDataLossSeconds,
  });
}

/** Without the database an age is the most that it can be, which says nothing about how the consumer is. */
function samplesOfHistory({ ages, positionsError }: WatchReport, { history, nowMs }: Seen): readonly StackSample[] {
  const isKnown = positionsError === undefined && history !== undefined;
  const present = isKnown ? ages : ages.map(({ shardId }) => ({ shardId, ageSeconds: undefined }));
  return samplesOf(history ?? { shards: [] }, present, nowMs);
}

/** States in which a mapping reads, or will in a moment. */
const ENABLED: readonly string[] = ['Enabled', 'Enabling', 'Updating', 'Creating'];

async function readMapping({ client }: Target, uuid: string): Promise<MappingStatus> {
  try {
    const lambda = await client('lambda');
    const found = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    return {
      state: found.State ?? 'unknown',
      parallelizationFactor: found.ParallelizationFactor,
      batchSize: found.BatchSize,
      changedAtMs: found.LastModified?.getTime(),
    };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    return { state: 'Deleted', parallelizationFactor: undefined, batchSize: undefined, changedAtMs: undefined };
  }
}

async function readFunctionVersion({ client, stack }: Target): Promise<string> {
  const lambda = await client('lambda');
  const alias = await lambda.send(new GetAliasCommand({ FunctionName: stack.outputs.FunctionName, Name: LIVE_ALIAS }));
  const [next] = Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  return `${alias.FunctionVersion ?? 'unknown'}${next === undefined ? '' : `, ${next} is taking over`}`;
}
