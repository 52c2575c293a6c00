import { randomUUID } from 'node:crypto';
import { announceLocalWorld, findLocalWorlds } from '../../command-line/local-worlds.ts';
import { watchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { LocalWorld } from '../../contract/local-world.ts';
import { DEFAULT_METRICS_NAMESPACE } from '../../contract/metrics.ts';
import { FAILED_BATCHES_OUTPUT, LIVE_ALIAS, type StackOutputName } from '../../contract/stack-outputs.ts';
import type { MappingAnswer, ObjectAnswer } from '../aws/aws-answers.ts';
import type { AwsServices } from '../aws/aws-services.ts';
import type { DataApiServer } from '../data-api/start-data-api-server.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';
import type { LocalStream } from './local-stream.ts';

/** What a function of a world looks like from outside: a stack with everything that commands ask about. */
export interface LocalStackPlan {
  readonly functionName: string;
  /** Unique among the worlds that run. */
  readonly stackName: string;
  readonly mappingId: string;
  /** On-failure objects. */
  readonly failedBatches: Map<string, ObjectAnswer>;
}

/** What stacks stand on. */
export interface LocalStackParts {
  readonly services: AwsServices;
  readonly dataApi: DataApiServer;
  readonly stream: LocalStream;
  /** Confirmed subscriptions to the pages. */
  readonly subscribers: number;
}

/** A stack, and what its outputs say that only its world knows. */
export interface OpenedStack {
  readonly plan: LocalStackPlan;
  readonly buildVersion: string;
  /** Says how the mapping is whenever it is asked. */
  readonly mapping: MappingAnswer;
  /** Invokes the function without waiting for it. */
  readonly invoke: (payload: string) => void;
}

/**
 * Names the stacks of a world. One that is called like a stack of another world that runs gets a number.
 *
 * @param functionNames one stack for each
 */
export async function planLocalStacks(functionNames: readonly string[]): Promise<readonly LocalStackPlan[]> {
  const taken = new Set((await findLocalWorlds()).flatMap(({ stacks }) => stacks.map(({ stackName }) => stackName)));
  return functionNames.map((functionName) => {
    const name = `${functionName}-local`;
    let stackName = name;
    for (let number = 2; taken.has(stackName); number += 1) stackName = `${name}-${number}`;
    taken.add(stackName);
    return { functionName, stackName, mappingId: randomUUID(), failedBatches: new Map() };
  });
}

/**
 * Has the services of a world answer as if its functions were deployed, and tells the commands of this user that it is
 * there.
 *
 * @returns takes the announcement back
 */
export async function openLocalStacks(
  parts: LocalStackParts,
  stacks: readonly OpenedStack[],
): Promise<AsyncDisposable & { readonly world: LocalWorld }> {
  const { services, dataApi, stream } = parts;
  for (const stack of stacks) openLocalStack(parts, stack);
  const world: LocalWorld = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    directory: process.cwd(),
    stacks: stacks.map(({ plan: { stackName, functionName } }) => ({ stackName, functionName })),
    region: dataApi.region,
    credentials: LOCAL_CREDENTIALS,
    endpoints: { kinesis: stream.endpoint, dataApi: dataApi.endpoint, others: services.endpoint },
  };
  services.world = world;
  return Object.assign(await announceLocalWorld(world), { world });
}

/** What the metrics of a function in a local world are under. */
export function deploymentOf(functionName: string): string {
  return `${functionName}-local`;
}

/** Name of the watchdog of a stack. */
export function watchdogNameOf(stackName: string): string {
  return `${stackName}-watchdog`;
}

/** ARN of the topic of a stack's pages. */
export function pageTopicArnOf(stackName: string, region: string): string {
  return `arn:aws:sns:${region}:000000000000:${stackName}-pages`;
}

function openLocalStack(parts: LocalStackParts, { plan, buildVersion, mapping, invoke }: OpenedStack): void {
  const { services, subscribers } = parts;
  const { stackName, mappingId, failedBatches } = plan;
  const outputs = describeOutputs(parts, plan, buildVersion);
  services.stacks.set(stackName, { status: 'CREATE_COMPLETE', outputs });
  services.mappings.set(mappingId, mapping);
  services.buckets.set(outputs[FAILED_BATCHES_OUTPUT], failedBatches);
  services.topics.set(outputs.PageTopicArn, subscribers);
  const aliases = { [LIVE_ALIAS]: outputs.FunctionVersion };
  services.functions.set(outputs.FunctionName, { environment: {}, aliases, invoke });
  services.functions.set(outputs.WatchdogFunctionName, {
    environment: watchdogVariables(outputs, { plan, mapping, signalUrl: `${services.endpoint}/signal` }),
  });
}

type LocalOutputs = Readonly<Record<StackOutputName | typeof FAILED_BATCHES_OUTPUT, string>>;

function describeOutputs(
  { dataApi, stream }: LocalStackParts,
  { stackName, functionName, mappingId }: LocalStackPlan,
  buildVersion: string,
): LocalOutputs {
  return {
    CodeCommit: 'unknown',
    BuildVersion: buildVersion,
    FunctionName: functionName,
    FunctionVersion: '1',
    LogGroupName: 'none: the log goes to the terminal of the world',
    WatchdogFunctionName: watchdogNameOf(stackName),
    MappingId: mappingId,
    StreamArn: stream.source.streamArn,
    ClusterArn: dataApi.resourceArn,
    DatabaseName: dataApi.database,
    MaintenanceSecretArn: dataApi.secretArn,
    DashboardUrl: 'none: a world on this machine has no dashboard',
    PageTopicArn: pageTopicArnOf(stackName, dataApi.region),
    OperatorPolicyArn: `arn:aws:iam::000000000000:policy/${stackName}-operators`,
    BoostRoleArn: `arn:aws:iam::000000000000:role/${stackName}-boost`,
    [FAILED_BATCHES_OUTPUT]: `${stackName}-failed-batches`,
  };
}

/** As the stack would configure the watchdog: commands judge by the same settings. */
function watchdogVariables(
  outputs: LocalOutputs,
  { plan, mapping, signalUrl }: Pick<OpenedStack, 'plan' | 'mapping'> & { readonly signalUrl: string },
): Readonly<Record<string, string>> {
  return watchdogEnvironment.encode({
    clusterArn: outputs.ClusterArn,
    secretArn: outputs.MaintenanceSecretArn,
    database: outputs.DatabaseName,
    functionName: plan.functionName,
    streamArn: outputs.StreamArn,
    deployment: deploymentOf(plan.functionName),
    metricsNamespace: DEFAULT_METRICS_NAMESPACE,
    startingPosition: 'TRIM_HORIZON',
    parallelizationFactor: mapping.settings?.parallelizationFactor ?? 1,
    maxShards: MAX_SHARDS,
    mappingId: plan.mappingId,
    processorArn: mapping.functionArn ?? '',
    failedBatchesBucket: outputs[FAILED_BATCHES_OUTPUT],
    deliveryGapSeconds: DELIVERY_GAP_SECONDS,
    pageWhenBehindSeconds: PAGE_WHEN_BEHIND_SECONDS,
    pausedOnPurpose: 0,
    pageTopicArn: outputs.PageTopicArn,
    runsSignalUrl: signalUrl,
  });
}

/** As the stack sets them by default, for the times that a local world has. */
const MAX_SHARDS = 100;
const DELIVERY_GAP_SECONDS = 180;
const PAGE_WHEN_BEHIND_SECONDS = 300;
