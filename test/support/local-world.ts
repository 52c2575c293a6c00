import type { LocalWorld } from '../../contract/local-world.ts';
import type { AwsServices } from '../../local/aws/aws-services.ts';

/** A world of this process that consists of the services alone, as it would announce itself. */
export function localWorld({ endpoint }: Pick<AwsServices, 'endpoint'>, rest: Partial<LocalWorld> = {}): LocalWorld {
  return {
    pid: process.pid,
    startedAt: '2026-11-26T09:12:00.000Z',
    directory: '/projects/flights',
    stacks: [{ stackName: 'flights-local', functionName: 'flights' }],
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoints: { dataApi: endpoint, others: endpoint },
    ...rest,
  };
}
