import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetTemplateCommand } from '@aws-sdk/client-cloudformation';

/** One resource as a stack's template declares it. */
export interface TemplateResource {
  readonly logicalId: string;
  /** Such as `AWS::Lambda::EventSourceMapping`. */
  readonly type: string;
  /** As in the template: what refers to other resources is an object such as `{"Ref": "..."}`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * Reads the resources that the template of a deployed stack declares: the settings that a deployment gave, whatever
 * was changed by hand since.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html}
 *
 * @throws SyntaxError when the template is no JSON, which the CDK always writes
 */
export async function readStackTemplate(
  client: CloudFormationClient,
  stackName: string,
): Promise<readonly TemplateResource[]> {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName: stackName }));
  const { Resources = {} } = JSON.parse(TemplateBody) as Template;
  return Object.entries(Resources).map(([logicalId, { Type, Properties = {} }]) => ({
    logicalId,
    type: Type,
    properties: Properties,
  }));
}

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}
