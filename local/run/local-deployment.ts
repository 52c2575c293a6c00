import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import { createBucketDestination } from '../aws/bucket-destination.ts';
import type { Consumer, ConsumerParts, HeardFunction } from './consumer.ts';
import { LocalMapping } from './local-mapping.ts';
import { openLocalStacks, planLocalStacks, type LocalStackPlan } from './local-stacks.ts';
import type { World } from './start-world.ts';
import { WorldMetrics } from './world-metrics.ts';

/** The world of a run, with the functions that it was started for. */
export type HeardWorld = World<HeardFunction>;

/** What a world that is kept running has for the operator commands: a stack for each function, its mapping and metrics. */
export class LocalDeployment implements AsyncDisposable {
  readonly metrics: WorldMetrics;
  readonly #world: HeardWorld;
  readonly #stacks: readonly LocalStackPlan[];
  #announcement: AsyncDisposable | undefined;

  /** Begins to keep metrics; nobody can find the world so far. */
  static async plan(world: HeardWorld): Promise<LocalDeployment> {
    return new LocalDeployment(world, await planLocalStacks(world.functions.map(({ folder }) => folder.name)));
  }

  private constructor(world: HeardWorld, stacks: readonly LocalStackPlan[]) {
    this.#world = world;
    this.#stacks = stacks;
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
    const opened = consumers.flatMap((consumer, index) => {
      const [plan, running] = [this.#stacks[index], functions[index]];
      if (plan === undefined || running === undefined) return [];
      const functionArn = `arn:aws:lambda:us-east-1:000000000000:function:${plan.functionName}:live`;
      const mapping = new LocalMapping(consumer, { functionArn, streamArn }, onFailure);
      return [{ plan, mapping, buildVersion: running.buildVersion }];
    });
    this.#announcement = await openLocalStacks(this.#world, opened);
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
    this.metrics[Symbol.dispose]();
    await this.#announcement?.[Symbol.asyncDispose]();
  }
}
