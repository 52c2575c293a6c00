import type { StackOutputName } from '../../contract/stack-outputs.ts';
import { STACK_OUTPUTS } from '../../contract/stack-outputs.ts';
import { UsageError } from '../../command-line/usage-error.ts';

/** A stack as it is deployed: its outputs, and what they are about. */
export interface DeployedStack {
  readonly stackName: string;
  /** CloudFormation's status, such as `UPDATE_COMPLETE`. */
  readonly stackStatus: string;
  readonly outputs: Readonly<Record<StackOutputName, string>>;
  /** Bucket of the batches that Lambda gave up; undefined for a stack without on-failure destination. */
  readonly failedBatchesBucket: string | undefined;
}

/**
 * Takes the outputs of a stack for those of this project.
 *
 * @param outputs by name, as CloudFormation has them
 * @returns all of {@link STACK_OUTPUTS}
 * @throws {@link UsageError} when some are missing: then it is another stack, or one of an older version
 */
export function requireOutputs(
  stackName: string,
  outputs: Readonly<Record<string, string>>,
): Readonly<Record<StackOutputName, string>> {
  const missing = STACK_OUTPUTS.filter((name) => outputs[name] === undefined);
  if (missing.length > 0) {
    throw new UsageError([
      `\`--stack\` must name a stack of this project, got ${stackName}, which has no output ${missing.join(', ')}; ` +
        'if it is an older one, deploy it once',
    ]);
  }
  return Object.fromEntries(STACK_OUTPUTS.map((name) => [name, outputs[name]])) as Record<StackOutputName, string>;
}
