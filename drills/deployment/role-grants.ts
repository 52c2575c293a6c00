import type { CloudFormationTemplate } from '../../local/cloudwatch/template/cloudformation-template.ts';
import { matches } from '../../local/cloudwatch/topics/policy.ts';

type Json = Readonly<Record<string, unknown>>;

/** A call, and what it is made on. */
export interface NeededCall {
  /** Such as `kinesis:GetRecords`. */
  readonly action: string;
  readonly resource: string;
}

/**
 * Which calls a role may not make, by its own policies and those that are attached to it in the template. Conditions and
 * the policies of resources are not looked at: what they deny is not found here.
 *
 * @param roleArn of a role of the template
 * @param calls what is needed
 * @returns the actions that are not allowed
 */
export function deniedCalls(
  template: CloudFormationTemplate,
  roleArn: unknown,
  calls: readonly NeededCall[],
): ReadonlySet<string> {
  const statements = statementsOf(template, roleArn);
  // A role of somebody else: nothing is known of it.
  if (statements === undefined) return new Set();
  const allows = (call: NeededCall): boolean =>
    statements.some((statement) => covers(statement, 'Allow', call)) &&
    !statements.some((statement) => covers(statement, 'Deny', call));
  return new Set(calls.filter((call) => !allows(call)).map(({ action }) => action));
}

function statementsOf(template: CloudFormationTemplate, roleArn: unknown): readonly Json[] | undefined {
  const found = template.ofType('AWS::IAM::Role').find(([id]) => template.arnOf(id) === roleArn);
  if (found === undefined) return undefined;
  const [roleId, { Policies: own }] = found;
  const name = template.physicalName(roleId);
  const attached = template
    .ofType('AWS::IAM::Policy')
    .filter(([, { Roles: roles }]) => listOf(roles).includes(name))
    .map(([, properties]) => properties);
  return [...(listOf(own) as readonly Json[]), ...attached].flatMap(({ PolicyDocument: document }) =>
    listOf((document as Json | undefined)?.['Statement']),
  ) as readonly Json[];
}

function covers(statement: Json, effect: string, { action, resource }: NeededCall): boolean {
  if (statement['Effect'] !== effect) return false;
  return (
    listOf(statement['Action']).some((pattern) => matches(String(pattern).toLowerCase(), action.toLowerCase())) &&
    listOf(statement['Resource']).some((pattern) => matches(String(pattern), resource))
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}
