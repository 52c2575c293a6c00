import { GetTemplateCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { UsageError } from '../../command-line/usage-error.ts';
import { describeStack } from '../stack/deployed-stack.ts';
import type { StackTemplate } from './compare-templates.ts';

/** A stack that is only announced, or whose creation was rolled back: the next deployment creates it anew. */
const NEVER_DEPLOYED: ReadonlySet<string> = new Set(['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED']);

/**
 * Reads the template that a stack has.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html}
 *
 * @returns undefined when the stack was never deployed
 * @throws {@link UsageError} when the template is not JSON, which is all that the CDK writes
 */
export async function readDeployedTemplate(
  client: CloudFormationClient,
  stackName: string,
): Promise<StackTemplate | undefined> {
  const stack = await describeStack(client, stackName);
  if (stack === undefined || NEVER_DEPLOYED.has(stack.StackStatus ?? '')) return undefined;
  const { TemplateBody: body = '' } = await client.send(
    new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
  );
  try {
    return JSON.parse(body) as StackTemplate;
  } catch {
    throw new UsageError([`the template of the deployed stack ${stackName} must be JSON, as the CDK writes it`]);
  }
}
