import { findLocalWorlds } from '../../command-line/local-worlds.ts';
import { commandOf } from '../../command-line/program-name.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import type { LocalWorld } from '../../contract/local-world.ts';
import type { ClientConfiguration, Service } from './clients.ts';

/** A stack on this machine, and the world that stands for it. */
export interface ChosenStack {
  readonly world: LocalWorld;
  readonly stackName: string;
}

/**
 * Chooses among the worlds that run on this machine.
 *
 * @param name of the stack; `true` for the only one
 * @throws {@link UsageError} when there is none of that name, or more than one to choose from
 */
export async function chooseLocalStack(name: string | true): Promise<ChosenStack> {
  const worlds = await findLocalWorlds();
  const stacks = worlds.flatMap((world) => world.stacks.map(({ stackName }) => ({ world, stackName })));
  const meant = name === true ? stacks : stacks.filter(({ stackName }) => stackName === name);
  const [chosen, ...others] = meant;
  if (chosen !== undefined && others.length === 0) return chosen;
  throw new UsageError([describeProblem(name, stacks)]);
}

function describeProblem(name: string | true, stacks: readonly ChosenStack[]): string {
  if (stacks.length === 0) {
    return `\`--local\` found no running local world; start one with \`${commandOf('start')} --keep-running\``;
  }
  const list = stacks.map(
    ({ stackName, world }) =>
      `${stackName} (process ${world.pid} in ${world.directory}, since ${world.startedAt.slice(0, 16)}Z)`,
  );
  const got = name === true ? 'no name, but several are running' : JSON.stringify(name);
  return `\`--local\` must name one of ${list.join(', ')}; got ${got}`;
}

/**
 * Where a client finds a service in a world: never anywhere but on this machine, whatever the environment says.
 *
 * @throws {@link UsageError} for the stream of a world that keeps it in memory
 */
export function localConfiguration(
  { endpoints, region, credentials }: LocalWorld,
  service: Service,
): Required<ClientConfiguration> {
  switch (service) {
    case 'rdsData':
      return { region, credentials, endpoint: endpoints.dataApi };
    case 'kinesis': {
      const { kinesis: endpoint } = endpoints;
      if (endpoint !== undefined) return { region, credentials, endpoint };
      throw new UsageError([
        'this command needs a stream, and the local world keeps its own in memory; start it without `--source memory`',
      ]);
    }
    default:
      return { region, credentials, endpoint: endpoints.others };
  }
}
