import { LOCAL_CREDENTIALS } from '../local-credentials.ts';
import { commandOf } from '../../command-line/program-name.ts';
import type { World } from './start-world.ts';

/**
 * What another terminal needs to work with a running world: the variables that AWS's clients and the operator commands
 * read, and the database.
 *
 * @returns lines for a shell
 */
export function describeWorld({ dataApi, postgres, stream }: Pick<World, 'dataApi' | 'postgres' | 'stream'>): string[] {
  const variables = {
    AWS_REGION: dataApi.region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_RDS_DATA: dataApi.endpoint,
    ...(stream.endpoint !== undefined && { AWS_ENDPOINT_URL_KINESIS: stream.endpoint }),
    CLUSTER_ARN: dataApi.resourceArn,
    SECRET_ARN: dataApi.secretArn,
    DATABASE: dataApi.database,
    STREAM_ARN: stream.source.streamArn,
  };
  return [
    'Running until Ctrl-C. In another terminal:',
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
    `  ${commandOf('ops')} redrive`,
    `  ${commandOf('ops')} fuse`,
    `  psql ${postgres.url}`,
  ];
}
