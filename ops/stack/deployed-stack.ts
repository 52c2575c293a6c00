import { DescribeStacksCommand, type CloudFormationClient, type Stack } from '@aws-sdk/client-cloudformation';
import { UsageError } from '../../command-line/usage-error.ts';
import {
  FAILED_BATCHES_OUTPUT,
  OWN_CLUSTER_OUTPUT,
  STACK_OUTPUTS,
  type StackOutputName,
} from '../../contract/stack-outputs.ts';

/** A stack as it is deployed: its outputs, and what they are about. */
export interface DeployedStack {
  readonly stackName: string;
  /** CloudFormation's status, such as `UPDATE_COMPLETE`. */
  readonly stackStatus: string;
  readonly outputs: Readonly<Record<StackOutputName, string>>;
  /** Bucket of the batches that Lambda gave up; undefined for a stack without on-failure destination. */
  readonly failedBatchesBucket: string | undefined;
  /** Identifier of the cluster; undefined for a stack that writes to one that is not its own. */
  readonly ownCluster: string | undefined;
}

/**
 * Reads a stack's outputs.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html}
 *
 * @throws {@link UsageError} when there is no such stack, when it is not one of this project, or not deployed so far
 */
export async function readDeployedStack(client: CloudFormationClient, stackName: string): Promise<DeployedStack> {
  const stack = await describeStack(client, stackName);
  if (stack === undefined) {
    throw new UsageError([`\`--stack\` must name a deployed stack of this account and region, got ${stackName}`]);
  }
  const outputs = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
  return {
    stackName: stack.StackName ?? stackName,
    stackStatus: stack.StackStatus ?? '',
    outputs: requireOutputs({ stackName, stackStatus: stack.StackStatus ?? '' }, outputs),
    failedBatchesBucket: outputs[FAILED_BATCHES_OUTPUT],
    ownCluster: outputs[OWN_CLUSTER_OUTPUT],
  };
}

/**
 * Asks CloudFormation for a stack.
 *
 * @returns undefined when there is none of that name
 */
export async function describeStack(client: CloudFormationClient, stackName: string): Promise<Stack | undefined> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName })).catch(
    // CloudFormation tells a missing stack by this error and a text only.
    (error: unknown) => {
      if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
        return { Stacks: [] };
      }
      throw error;
    },
  );
  return stack;
}

/** Why a stack without outputs has none, by the status that CloudFormation gives it, and what to do. */
const WITHOUT_OUTPUTS: Readonly<Record<string, string>> = {
  REVIEW_IN_PROGRESS: 'is only a change set that was never executed; deploy it',
  CREATE_IN_PROGRESS: 'is being deployed for the first time; wait until that is done',
  CREATE_FAILED: 'failed its first deployment; delete it and deploy again',
  ROLLBACK_IN_PROGRESS: 'is rolling its first deployment back; wait, delete it and deploy again',
  ROLLBACK_FAILED: 'could not roll its first deployment back; delete it and deploy again',
  ROLLBACK_COMPLETE: 'has rolled its first deployment back; delete it and deploy again',
  DELETE_IN_PROGRESS: 'is being deleted',
  DELETE_FAILED: 'is partly deleted; delete the rest',
};

/**
 * Takes the outputs of a stack for those of this project.
 *
 * @param outputs by name, as CloudFormation has them
 * @returns all of {@link STACK_OUTPUTS}
 * @throws {@link UsageError} when some are missing: then it is not deployed, another stack, or one of an older version
 */
function requireOutputs(
  { stackName, stackStatus }: Pick<DeployedStack, 'stackName' | 'stackStatus'>,
  outputs: Readonly<Record<string, string>>,
): Readonly<Record<StackOutputName, string>> {
  const missing = STACK_OUTPUTS.filter((name) => outputs[name] === undefined);
  if (missing.length > 0) {
    const reason = WITHOUT_OUTPUTS[stackStatus];
    throw new UsageError([
      reason === undefined
        ? `\`--stack\` must name a stack of this project, got ${stackName}, which has no output ${missing.join(', ')}; ` +
          'if an older version deployed it, deploy it again'
        : `\`--stack\` must name a deployed stack, and ${stackName} ${reason} (${stackStatus})`,
    ]);
  }
  return Object.fromEntries(STACK_OUTPUTS.map((name) => [name, outputs[name]])) as Record<StackOutputName, string>;
}
