import { UsageError } from '../../command-line/usage-error.ts';
import type { Execute } from '../../data-api/execute.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { Clients, type ClientByService, type Service } from './clients.ts';
import { readDeployedStack, type DeployedStack } from './deployed-stack.ts';
import { chooseLocalStack, localConfiguration } from './local-stack.ts';
import type { TargetOptions } from './target-options.ts';

/** What a command works on: a stack in AWS, or one that a world on this machine stands for. */
export interface Target extends Disposable {
  readonly stack: DeployedStack;
  /** True when every client calls this machine, and nothing else. */
  readonly isLocal: boolean;
  /** The client of a service, made when it is first asked for. */
  readonly client: <S extends Service>(service: S) => Promise<ClientByService[S]>;
  /**
   * Runs a statement in the stack's database, with the credentials that operators use: they may read the framework's
   * tables and note what was redriven or allowed. A database that is not ready is waited for, so only statements that
   * may run twice are for it.
   *
   * @throws `DatabaseError` or `GaveUpWaitingError`
   */
  readonly execute: Execute;
}

/** A database that is paused takes half a minute to wake up. */
const PATIENCE = { timeoutMs: 50_000, maxWaitMs: 60_000 } as const;

/**
 * Opens what the options name; it is the one way in which a command reaches a stack.
 *
 * @returns ends its clients when it is disposed of
 * @throws {@link UsageError} when nothing is named, or what is named is not there or not usable yet
 */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { local, region } = options;
  if (local !== undefined) {
    const { world, stackName } = await chooseLocalStack(local);
    return open(new Clients((service) => localConfiguration(world, service)), { stackName, isLocal: true });
  }
  if (options.stack === undefined) {
    throw new UsageError([
      'missing `--stack NAME`: pass it, set STACK_NAME, or use `--local` for a world on this machine',
    ]);
  }
  const configuration = region === undefined ? {} : { region };
  return open(new Clients(() => configuration), { stackName: options.stack, isLocal: false });
}

async function open(
  clients: Clients,
  { stackName, isLocal }: { readonly stackName: string; readonly isLocal: boolean },
): Promise<Target> {
  try {
    const stack = await readDeployedStack(await clients.get('cloudFormation'), stackName);
    return {
      stack,
      isLocal,
      client: (service) => clients.get(service),
      execute: createStackExecute(clients, stack),
      [Symbol.dispose]: () => {
        clients[Symbol.dispose]();
      },
    };
  } catch (error) {
    clients[Symbol.dispose]();
    throw error;
  }
}

function createStackExecute(clients: Clients, { outputs }: DeployedStack): Execute {
  const { ClusterArn: clusterArn, MaintenanceSecretArn: secretArn, DatabaseName: database } = outputs;
  return async (sql, parameters) => {
    const client = await clients.get('rdsData');
    return createPatientExecute({ client, clusterArn, secretArn, database }, PATIENCE)(sql, parameters);
  };
}
