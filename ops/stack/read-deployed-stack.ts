import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { UsageError } from '../../command-line/usage-error.ts';
import { FAILED_BATCHES_OUTPUT } from '../../contract/stack-outputs.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { requireOutputs } from './deployed-stack.ts';

/**
 * Reads a stack's outputs.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html}
 *
 * @throws {@link UsageError} when there is no such stack, or when it is not one of this project
 */
export async function readDeployedStack(client: CloudFormationClient, stackName: string): Promise<DeployedStack> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName })).catch(
    // CloudFormation tells a missing stack by this error and a text only.
    (error: unknown) => {
      if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
        return { Stacks: [] };
      }
      throw error;
    },
  );
  if (stack === undefined) {
    throw new UsageError([`\`--stack\` must name a deployed stack of this account and region, got ${stackName}`]);
  }
  const outputs = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
  return {
    stackName: stack.StackName ?? stackName,
    stackStatus: stack.StackStatus ?? '',
    outputs: requireOutputs(stackName, outputs),
    failedBatchesBucket: outputs[FAILED_BATCHES_OUTPUT],
  };
}
