import type { CloudFormationTemplate } from '../../local/cloudwatch/template/cloudformation-template.ts';

type Json = Readonly<Record<string, unknown>>;

/** How often a function is started, or why it never is. */
export interface Schedule {
  /** Minutes between two runs. */
  readonly everyMinutes: number;
  readonly neverRuns: string | undefined;
}

/** Finds the rule that starts a function, and whether it may. */
export function readSchedule(template: CloudFormationTemplate, functionId: string): Schedule {
  const functionArn = template.arnOf(functionId);
  const rules = template
    .ofType('AWS::Events::Rule')
    .filter(([, { Targets: targets }]) => targetsOf(targets).includes(functionArn));
  const never = (neverRuns: string): Schedule => ({ everyMinutes: 1, neverRuns });
  const [found] = rules;
  if (found === undefined) return never('no rule of the template starts it');
  const [ruleId, rule] = found;
  if (rule['State'] !== undefined && rule['State'] !== 'ENABLED') return never(`the rule ${ruleId} is disabled`);
  const everyMinutes = minutesOf(rule['ScheduleExpression']);
  if (everyMinutes === undefined)
    return never(
      `the rule ${ruleId} has no schedule of the form rate(1 minute), got ${JSON.stringify(rule['ScheduleExpression'])}`,
    );
  if (!mayInvoke(template, functionId, template.arnOf(ruleId)))
    return never(`no permission lets the rule ${ruleId} invoke it`);
  return { everyMinutes, neverRuns: undefined };
}

function targetsOf(targets: unknown): readonly unknown[] {
  return Array.isArray(targets) ? targets.map((target) => (target as Json)['Arn']) : [];
}

/** Minutes between two runs, by a rate in minutes, hours or days. */
function minutesOf(schedule: unknown): number | undefined {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(schedule)) ?? [];
  const minutes: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };
  return count === undefined ? undefined : Number(count) * (minutes[unit] ?? 1);
}

function mayInvoke(template: CloudFormationTemplate, functionId: string, ruleArn: string): boolean {
  const names: readonly unknown[] = [template.arnOf(functionId), template.physicalName(functionId)];
  return template
    .ofType('AWS::Lambda::Permission')
    .some(
      ([, { Action: action, FunctionName: name, Principal: principal, SourceArn: source }]) =>
        ['lambda:InvokeFunction', 'lambda:*'].includes(String(action)) &&
        names.includes(name) &&
        principal === 'events.amazonaws.com' &&
        (source === undefined || source === ruleArn),
    );
}
