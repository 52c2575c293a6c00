import { UsageError } from '../../command-line/usage-error.ts';
import { compareTemplates, type ResourceChange, type StackTemplate } from './compare-templates.ts';
import { describeReplacements, findLosses } from './kept-resources.ts';
import { existingStreams, type StreamOrder } from './stream-order.ts';

/** A stack that is about to be deployed. */
export interface NextStack {
  readonly stackName: string;
  /** Undefined when the stack goes to whatever region is configured. */
  readonly region: string | undefined;
  readonly template: StackTemplate;
}

/** What a check of a deployment asks and tells. */
export interface DeploymentCheck {
  /** The template that a stack has now, or undefined when it is not deployed. */
  readonly readDeployed: (stack: NextStack) => Promise<StackTemplate | undefined>;
  /** Whether a stream that is there already keeps records in order. */
  readonly readStreamOrder: (stack: NextStack, streamArn: string) => Promise<StreamOrder>;
  /** Logical ids of what may be replaced or taken away. */
  readonly allowed: ReadonlySet<string>;
  readonly say: (line: string) => void;
}

/**
 * Compares stacks with what is deployed, and tells what a deployment would change.
 *
 * @throws {@link UsageError} when it would take data, a position or the order of records away, with everything that it
 * would
 */
export async function checkDeployment(stacks: readonly NextStack[], check: DeploymentCheck): Promise<void> {
  const problems: string[] = [];
  for (const stack of stacks) problems.push(...(await checkStreams(stack, check)), ...(await checkStack(stack, check)));
  if (problems.length > 0) throw new UsageError(problems);
}

async function checkStreams(stack: NextStack, { readStreamOrder, say }: DeploymentCheck): Promise<string[]> {
  const problems: string[] = [];
  for (const streamArn of existingStreams(stack.template)) {
    const { problem, unknown } = await readStreamOrder(stack, streamArn);
    if (problem !== undefined) problems.push(`${stack.stackName}: ${problem}`);
    if (unknown !== undefined) say(`${stack.stackName}: could not read the stream ${streamArn} (${unknown})`);
  }
  return problems;
}

async function checkStack(stack: NextStack, { readDeployed, allowed, say }: DeploymentCheck): Promise<string[]> {
  const { stackName, template } = stack;
  const deployed = await readDeployed(stack);
  if (deployed === undefined) {
    say(`${stackName}: not deployed yet, everything will be created`);
    return [];
  }
  const changes = compareTemplates(deployed, template);
  const losses = findLosses(changes);
  say(`${stackName}: ${summarize(changes)}`);
  for (const line of describeReplacements(changes, losses)) say(`  ${line}`);
  for (const { logicalId, problem } of losses) if (allowed.has(logicalId)) say(`  allowed: ${problem}`);
  return losses
    .filter(({ logicalId }) => !allowed.has(logicalId))
    .map(({ logicalId, problem }) => `${stackName}: ${problem}, or allow it with \`-c allowReplacement=${logicalId}\``);
}

const COUNTED = [
  [['create'], 'to create'],
  [['update'], 'to update'],
  [['replace', 'may-replace'], 'to replace'],
  [['delete'], 'to delete'],
  [['leave'], 'to leave behind'],
] as const;

function summarize(changes: readonly ResourceChange[]): string {
  const parts = COUNTED.map(([effects, words]) => {
    const count = changes.filter(({ effect }) => effects.some((it) => it === effect)).length;
    return count === 0 ? '' : `${count} ${words}`;
  }).filter((part) => part !== '');
  return parts.length === 0 ? 'nothing changes' : parts.join(', ');
}
