import {
  paginateDescribeAlarms,
  type CloudWatchClient,
  type CompositeAlarm,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';

/** Name of a metric alarm behind that of its stack, as CloudFormation makes it of the logical id. */
const METRIC_ALARM = /^\w*?(?:MonitoringAlarms|Rollout)(\w+)[0-9A-F]{8}(?:-\w+)?$/;

/** Name of an incident behind that of its deployment. */
const INCIDENT = /^([A-Za-z]+)$/;

/** An alarm of a stack, under the name that the runbook has for it. */
export type StackAlarm = FoundAlarm & { readonly name: string };

type FoundAlarm =
  | { readonly kind: 'metric'; readonly alarm: MetricAlarm }
  | { readonly kind: 'incident'; readonly alarm: CompositeAlarm };

/**
 * Lists the alarms of one stack. CloudWatch can only be asked for a prefix, which the alarms of a stack with a longer name
 * have as well (`flights-dev` and `flights-dev-eu`); those are left out.
 *
 * @param deployment what the names of its incidents begin with; those of its other alarms begin with the stack's name
 */
export async function listStackAlarms(
  client: CloudWatchClient,
  stackName: string,
  deployment: string = stackName,
): Promise<readonly StackAlarm[]> {
  const found = new Map<string, StackAlarm>();
  for (const AlarmNamePrefix of new Set([`${stackName}-`, `${deployment}-`])) {
    const pages = paginateDescribeAlarms(
      { client },
      { AlarmNamePrefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      for (const alarm of MetricAlarms) take(found, { alarm, kind: 'metric' }, [`${stackName}-`, METRIC_ALARM]);
      for (const alarm of CompositeAlarms) take(found, { alarm, kind: 'incident' }, [`${deployment}-`, INCIDENT]);
    }
  }
  return [...found.values()];
}

function take(found: Map<string, StackAlarm>, one: FoundAlarm, [prefix, pattern]: readonly [string, RegExp]): void {
  const { AlarmName = '' } = one.alarm;
  const [, name] = AlarmName.startsWith(prefix) ? (pattern.exec(AlarmName.slice(prefix.length)) ?? []) : [];
  if (name !== undefined) found.set(AlarmName, { ...one, name });
}
