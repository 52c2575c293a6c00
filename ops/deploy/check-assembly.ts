import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { checkDeployment, type NextStack } from './check-deployment.ts';
import type { DeployOptions } from './deploy-options.ts';
import { readDeployedTemplate } from './deployed-template.ts';
import { readAssembly } from './read-assembly.ts';
import { readStreamOrder } from './stream-order.ts';

/**
 * Compares all stacks that a synthesis wrote with those that are deployed.
 *
 * @param folder such as `cdk.out`
 * @throws `UsageError` when a deployment would take data, a position or the order of records away
 */
export async function checkAssembly(
  folder: string,
  options: DeployOptions,
  say: (line: string) => void,
): Promise<void> {
  await checkDeployment(readAssembly(folder), {
    allowed: options.allowed,
    say,
    readDeployed: async (stack) => {
      const client = new CloudFormationClient(configurationOf(options, stack));
      try {
        return await readDeployedTemplate(client, stack.stackName);
      } finally {
        client.destroy();
      }
    },
    readStreamOrder: async (stack, streamArn) => {
      const client = new KinesisClient(configurationOf(options, stack));
      try {
        return await readStreamOrder(client, streamArn);
      } finally {
        client.destroy();
      }
    },
  });
}

/** As the CDK finds them: the region of the stack itself comes first, then the command line, then the environment. */
function configurationOf(
  { profile, region }: DeployOptions,
  stack: NextStack,
): { readonly profile?: string; readonly region?: string } {
  const found = stack.region ?? region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  return { ...(profile !== undefined && { profile }), ...(found !== undefined && { region: found }) };
}
