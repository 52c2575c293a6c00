import { setTimeout as sleep } from 'node:timers/promises';
import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import { createBucketDestination } from '../aws/bucket-destination.ts';
import type { Consumer, ConsumerParts, HeardFunction } from './consumer.ts';
import { LocalMapping } from './local-mapping.ts';
import {
  deploymentOf,
  openLocalStacks,
  pageTopicArnOf,
  planLocalStacks,
  watchdogNameOf,
  type LocalStackPlan,
  type OpenedStack,
} from './local-stacks.ts';
import type { World } from './start-world.ts';
import { LocalWatchdogs } from './local-watchdogs.ts';
import { ringingPages, type OpenAlarms, type WorldAlarms } from './world-alarms.ts';
import { WorldMetrics } from './world-metrics.ts';

/** Alarms are looked at this often. */
const LOOK_MS = 5_000;

/** The world of a run, with the functions that it was started for. */
export type HeardWorld = World<HeardFunction>;

/** Who hears what happens in a world that is kept running. */
export interface DeploymentEars {
  /** Takes a line for whoever sits before the world: a page, or what went wrong. */
  readonly say: (line: string) => void;
  /** Takes each line that a watchdog writes. */
  readonly onLog: (line: string) => void;
  /** Makes the alarms of a stack; without it there are none. */
  readonly openAlarms: OpenAlarms | undefined;
}

/**
 * What a world that is kept running has for the operator commands: a stack for each function, with its mapping, its
 * metrics, its watchdog and its alarms.
 */
export class LocalDeployment implements AsyncDisposable {
  readonly metrics: WorldMetrics;
  readonly #world: HeardWorld;
  readonly #stacks: readonly LocalStackPlan[];
  readonly #ears: DeploymentEars;
  readonly #alarms: WorldAlarms[] = [];
  readonly #ending = new AbortController();
  #ringing: ReadonlySet<string> = new Set();
  #announcement: AsyncDisposable | undefined;
  #watchdogs: LocalWatchdogs | undefined;
  #opening: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Begins to keep metrics; nobody can find the world so far. */
  static async plan(world: HeardWorld, ears: DeploymentEars): Promise<LocalDeployment> {
    return new LocalDeployment(world, await planLocalStacks(world.functions.map(({ folder }) => folder.name)), ears);
  }

  private constructor(world: HeardWorld, stacks: readonly LocalStackPlan[], ears: DeploymentEars) {
    this.#world = world;
    this.#stacks = stacks;
    this.#ears = ears;
    this.metrics = new WorldMetrics(world.services.metrics);
  }

  get stackNames(): readonly string[] {
    return this.#stacks.map(({ stackName }) => stackName);
  }

  /** What the consumer of a function is given beside what every consumer has. */
  partsOf(index: number): Pick<ConsumerParts, 'mappingId' | 'onFailure' | 'observe'> {
    const plan = this.#stacks[index];
    if (plan === undefined) return {};
    const { mappingId, failedBatches, functionName } = plan;
    const streamName = this.#world.stream.source.streamArn.split('/').at(-1) ?? '';
    return {
      mappingId,
      onFailure: createBucketDestination(failedBatches),
      observe: this.metrics.count({ streamName, mappingId, functionName }),
    };
  }

  /**
   * Lets the commands of this user find the world.
   *
   * @param consumers one for each function, in the same order
   * @param onFailure hears when a mapping could not be changed
   */
  async announce(consumers: readonly Consumer[], onFailure: (error: unknown) => void): Promise<void> {
    const { functions, stream } = this.#world;
    const { streamArn } = stream.source;
    const opened = consumers.flatMap((consumer, index): readonly OpenedStack[] => {
      const [plan, running] = [this.#stacks[index], functions[index]];
      if (plan === undefined || running === undefined) return [];
      const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${plan.functionName}:live`;
      const mapping = new LocalMapping(consumer, { functionArn, streamArn }, onFailure);
      return [{ plan, mapping, buildVersion: running.buildVersion, invoke: (payload) => void consumer.ask(payload) }];
    });
    // Pages go to the terminal of the world.
    const subscribers = this.#ears.openAlarms === undefined ? 0 : 1;
    this.#announcement = await openLocalStacks({ ...this.#world, subscribers }, opened);
  }

  /** Starts the watchdogs, and makes the alarms, which takes a while: nobody waits for them. The second call does nothing. */
  watch(): void {
    if (this.#watchdogs !== undefined || this.#ending.signal.aborted) return;
    const { services, dataApi, stream } = this.#world;
    const { region } = dataApi;
    const { say, onLog, openAlarms } = this.#ears;
    const stacks = this.#stacks.map(({ stackName }) => {
      const watchdogName = watchdogNameOf(stackName);
      return { watchdogName, environment: services.functions.get(watchdogName)?.environment ?? {} };
    });
    this.#watchdogs = new LocalWatchdogs(stacks, {
      endpoints: { region, dataApi: dataApi.endpoint, kinesis: stream.endpoint, others: services.endpoint },
      onLog: (line) => {
        this.metrics.log(line);
        onLog(line);
      },
      onFailure: say,
    });
    if (openAlarms === undefined) return;
    services.alarms = () => this.#alarms.flatMap((alarms) => alarms.at(Date.now()));
    this.#opening = this.#openAlarms(openAlarms).catch((error: unknown) => {
      if (this.#ending.signal.aborted) return;
      say(`the alarms are not evaluated: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.#timer = setInterval(() => {
      this.#tellPages();
    }, LOOK_MS);
  }

  /**
   * Makes alarms once the watchdog has signalled that it runs, as a deployment does: before that they would take the minutes
   * without metrics for silence. One after the other: each keeps a processor busy for seconds.
   */
  async #openAlarms(openAlarms: OpenAlarms): Promise<void> {
    const { services, stream, dataApi } = this.#world;
    while (services.signals.length === 0) await sleep(LOOK_MS, undefined, { signal: this.#ending.signal });
    for (const { functionName, stackName, mappingId } of this.#stacks) {
      const pageTopicArn = pageTopicArnOf(stackName, dataApi.region);
      const identity = { functionName, stackName, mappingId, pageTopicArn, deployment: deploymentOf(functionName) };
      const stack = { ...identity, streamArn: stream.source.streamArn, store: services.metrics };
      this.#alarms.push(await openAlarms(stack, this.#ending.signal));
    }
  }

  #tellPages(): void {
    const alarms = this.#world.services.alarms();
    const ringing = ringingPages(alarms);
    for (const { name, reason } of alarms) {
      if (ringing.has(name) && !this.#ringing.has(name)) this.#ears.say(`PAGE ${name}: ${reason}`);
      if (!ringing.has(name) && this.#ringing.has(name)) this.#ears.say(`RESOLVED ${name}`);
    }
    this.#ringing = ringing;
  }

  /** Has the stack of a function say that another build runs. */
  deployed(index: number, buildVersion: string): void {
    const { stacks, functions } = this.#world.services;
    const { stackName = '' } = this.#stacks[index] ?? {};
    const stack = stacks.get(stackName);
    if (stack === undefined) return;
    const FunctionVersion = String(Number(stack.outputs['FunctionVersion']) + 1);
    stacks.set(stackName, { ...stack, outputs: { ...stack.outputs, BuildVersion: buildVersion, FunctionVersion } });
    const name = stack.outputs['FunctionName'] ?? '';
    const { environment = {} } = functions.get(name) ?? {};
    functions.set(name, { environment, aliases: { [LIVE_ALIAS]: FunctionVersion } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#timer);
    this.metrics[Symbol.dispose]();
    await Promise.all([this.#opening, this.#watchdogs?.[Symbol.asyncDispose]()]);
    await this.#announcement?.[Symbol.asyncDispose]();
  }
}
