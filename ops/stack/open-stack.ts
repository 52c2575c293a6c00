import type { DeployedStack } from './deployed-stack.ts';
import type { StackOptions } from './stack-options.ts';
import { clientConfiguration } from './stack-options.ts';

/**
 * Reads the stack that a command names; the client is loaded only then.
 *
 * @param clients ends the client with the command
 * @returns undefined when no stack is named
 * @throws {@link UsageError} when there is no such stack
 */
export async function openStack(
  options: StackOptions,
  clients: AsyncDisposableStack,
): Promise<DeployedStack | undefined> {
  if (options.stack === undefined) return undefined;
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const { readDeployedStack } = await import('./deployed-stack.ts');
  const client = new CloudFormationClient(clientConfiguration(options));
  clients.defer(() => {
    client.destroy();
  });
  return readDeployedStack(client, options.stack);
}
