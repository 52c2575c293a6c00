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

/**
 * Says which functions a deployment takes where.
 *
 * @param folder such as `cdk.out`
 * @param args of the command line: of several stacks, those that are named, or all of them with `--all`
 * @returns a line for each stack; nothing where the CDK has still to be told which
 */
export function describeTargets(folder: string, args: readonly string[]): readonly string[] {
  const stacks = new CloudAssembly(folder).stacksRecursively;
  const isMeant = (name: string): boolean => stacks.length === 1 || args.includes('--all') || args.includes(name);
  return stacks
    .filter(({ stackName }) => isMeant(stackName))
    .map(({ stackName, tags }) => {
      const stage = tags['stage'] ?? '';
      const functionName = stackName.slice(0, stackName.length - stage.length - 1);
      return `${stackName}: deploying the function ${functionName} to the stage ${stage}`;
    });
}
