import { localWorldsFolder } from '../../command-line/local-worlds.ts';
import { commandOf } from '../../command-line/program-name.ts';
import type { World } from './start-world.ts';

/**
 * What another terminal needs to work with a running world: the operator commands, the servers, and the database.
 *
 * @param stackNames of its functions, as it has announced them
 * @returns lines for a person
 */
export function describeWorld(
  { dataApi, postgres, stream, services }: Pick<World, 'dataApi' | 'postgres' | 'stream' | 'services'>,
  stackNames: readonly string[],
): readonly string[] {
  const [first = ''] = stackNames;
  const local = stackNames.length === 1 ? '--local' : `--local ${first}`;
  const servers = [
    `RDS Data API ${dataApi.endpoint}`,
    ...(stream.endpoint === undefined ? [] : [`Kinesis ${stream.endpoint}`]),
    `other services ${services.endpoint}`,
  ];
  return [
    `Running until Ctrl-C, as ${stackNames.join(', ')}. In another terminal:`,
    ...['status', 'redrive', 'fuse'].map((command) => `  ${commandOf('ops')} ${command} ${local}`),
    `  psql ${postgres.url}`,
    `Servers, for any credentials in ${dataApi.region}: ${servers.join(', ')}.`,
    `The commands find this run through a file in ${localWorldsFolder()}.`,
  ];
}
