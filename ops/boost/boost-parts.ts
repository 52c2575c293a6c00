import {
  GetAccountSettingsCommand,
  GetEventSourceMappingCommand,
  GetFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { DescribeDBClustersCommand, ModifyDBClusterCommand } from '@aws-sdk/client-rds';
import type { BoostPartName } from '../../contract/stack-outputs.ts';
import type { BoostedSettings, BoostLimits } from '../../planner/boost.ts';
import type { Target } from '../stack/open-target.ts';

/** Values of some settings that a boost turns. */
export type PartSettings = Partial<BoostedSettings>;

/** Something of a stack that a boost turns with one call, and the scheduler sets back with the same call. */
export interface BoostPart {
  readonly name: BoostPartName;
  readonly settings: readonly (keyof BoostedSettings)[];
  /**
   * How EventBridge Scheduler names the call.
   * {@link https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html}
   */
  readonly call: string;
  /** What the scheduler sends: parameters are named as it names them, which is not quite as the API does. */
  readonly inputOf: (settings: PartSettings) => object;
  /** What is set at present; undefined where the stack has nothing of the kind. */
  readonly read: () => Promise<PartSettings | undefined>;
  readonly turn: (settings: PartSettings) => Promise<void>;
}

/** The parts of a stack, in the order in which they are turned: capacity first, then what uses it. */
export function boostPartsOf(target: Target): readonly BoostPart[] {
  return [clusterPart(target), concurrencyPart(target), mappingPart(target)].filter((part) => part !== undefined);
}

function mappingPart(target: Target): BoostPart {
  const { MappingId: mappingId } = target.stack.outputs;
  return {
    name: 'mapping',
    settings: ['batchSize', 'parallelizationFactor'],
    call: 'lambda:updateEventSourceMapping',
    inputOf: ({ batchSize, parallelizationFactor }) => ({
      Uuid: mappingId,
      BatchSize: batchSize,
      ParallelizationFactor: parallelizationFactor,
    }),
    read: async () => {
      const lambda = await target.client('lambda');
      const { BatchSize, ParallelizationFactor } = await lambda.send(
        new GetEventSourceMappingCommand({ UUID: mappingId }),
      );
      return known({ batchSize: BatchSize, parallelizationFactor: ParallelizationFactor });
    },
    turn: async ({ batchSize, parallelizationFactor }) => {
      const lambda = await target.client('lambda');
      await lambda.send(
        new UpdateEventSourceMappingCommand({
          UUID: mappingId,
          BatchSize: batchSize,
          ParallelizationFactor: parallelizationFactor,
        }),
      );
    },
  };
}

/** What is reserved for the function, which is its limit too. */
function concurrencyPart(target: Target): BoostPart {
  const { FunctionName } = target.stack.outputs;
  return {
    name: 'concurrency',
    settings: ['concurrency'],
    call: 'lambda:putFunctionConcurrency',
    inputOf: ({ concurrency }) => ({ FunctionName, ReservedConcurrentExecutions: concurrency }),
    read: async () => {
      const lambda = await target.client('lambda');
      const { ReservedConcurrentExecutions } = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
      return known({ concurrency: ReservedConcurrentExecutions });
    },
    turn: async ({ concurrency }) => {
      const lambda = await target.client('lambda');
      await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: concurrency }));
    },
  };
}

/** A cluster that is not the stack's own may have other users, who are not asked. */
function clusterPart(target: Target): BoostPart | undefined {
  const { ownCluster } = target.stack;
  if (ownCluster === undefined) return undefined;
  return {
    name: 'cluster',
    settings: ['minAcu', 'maxAcu'],
    call: 'rds:modifyDBCluster',
    inputOf: ({ minAcu, maxAcu }) => ({
      DbClusterIdentifier: ownCluster,
      ServerlessV2ScalingConfiguration: { MinCapacity: minAcu, MaxCapacity: maxAcu },
      ApplyImmediately: true,
    }),
    read: async () => {
      const rds = await target.client('rds');
      const { DBClusters: [cluster] = [] } = await rds.send(
        new DescribeDBClustersCommand({ DBClusterIdentifier: ownCluster }),
      );
      const { MinCapacity, MaxCapacity } = cluster?.ServerlessV2ScalingConfiguration ?? {};
      return known({ minAcu: MinCapacity, maxAcu: MaxCapacity });
    },
    turn: async ({ minAcu, maxAcu }) => {
      const rds = await target.client('rds');
      await rds.send(
        new ModifyDBClusterCommand({
          DBClusterIdentifier: ownCluster,
          ServerlessV2ScalingConfiguration: { MinCapacity: minAcu, MaxCapacity: maxAcu },
          ApplyImmediately: true,
        }),
      );
    },
  };
}

function known(settings: Readonly<Record<string, number | undefined>>): PartSettings | undefined {
  const values = Object.values(settings);
  return values.includes(undefined) ? undefined : settings;
}

/** {@link https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html} */
const MOST_ACU = 256;

/** Lambda keeps so many for functions without a reservation. {@link https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html} */
const LEAST_UNRESERVED = 100;

/** What is set at present, part by part, and how far it may be turned. */
export interface TurnableSettings {
  /** Only what the stack has. */
  readonly settings: PartSettings;
  /** Invocations that other functions have not reserved; undefined when the account does not say. */
  readonly unreserved: number | undefined;
}

/** Asks a stack for everything that a boost could turn. */
export async function readTurnable(target: Target): Promise<TurnableSettings> {
  const lambda = await target.client('lambda');
  const [{ AccountLimit }, ...read] = await Promise.all([
    lambda.send(new GetAccountSettingsCommand({})),
    ...boostPartsOf(target).map((part) => part.read()),
  ]);
  return {
    settings: Object.assign({}, ...read) as PartSettings,
    unreserved: AccountLimit?.UnreservedConcurrentExecutions,
  };
}

/** How far a stack may be turned; its present settings where it may not. */
export function limitsOf(present: BoostLimits, { settings, unreserved = 0 }: TurnableSettings): BoostLimits {
  const { concurrency, maxAcu } = settings;
  const most = (concurrency ?? 0) + Math.max(0, unreserved - LEAST_UNRESERVED);
  return {
    concurrency: concurrency === undefined ? present.concurrency : Math.max(present.concurrency, most),
    maxAcu: maxAcu === undefined ? present.maxAcu : MOST_ACU,
  };
}
