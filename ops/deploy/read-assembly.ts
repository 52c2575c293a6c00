import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import type { NextStack } from './check-deployment.ts';
import type { StackTemplate } from './compare-templates.ts';

/** What the CDK writes where a stack has no region of its own. */
const ANY_REGION = 'unknown-region';

/**
 * Reads the stacks that a synthesis wrote, those of nested stages included.
 *
 * @param folder such as `cdk.out`
 */
export function readAssembly(folder: string): readonly NextStack[] {
  return new CloudAssembly(folder).stacksRecursively.map(({ stackName, environment, template }) => ({
    stackName,
    region: environment.region === ANY_REGION ? undefined : environment.region,
    template: template as StackTemplate,
  }));
}
