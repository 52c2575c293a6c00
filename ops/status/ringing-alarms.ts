import { paginateDescribeAlarms, type CompositeAlarm, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Target } from '../stack/open-target.ts';
import type { RingingAlarm } from './status.ts';

/** Name of a metric alarm behind that of its stack, as CloudFormation makes it of the logical id. */
const METRIC_ALARM = /^\w*?(?:MonitoringAlarms|Rollout)(\w+)[0-9A-F]{8}(?:-\w+)?$/;

/** Name of an incident behind that of its deployment. */
const INCIDENT = /^([A-Za-z]+)$/;

/**
 * Lists the alarms of a deployment that are on, the longest first.
 *
 * @param deployment what the names of its incidents begin with; those of its other alarms begin with the stack's name
 * @returns `none` where there is no alarm at all, as in a stack whose watchdog has not run so far
 */
export async function readRingingAlarms(target: Target, deployment: string): Promise<readonly RingingAlarm[] | 'none'> {
  const found = [...(await listAlarms(target, deployment)).values()];
  if (found.length === 0) return 'none';
  return found
    .filter(({ state }) => state === 'ALARM')
    .map(({ name, sinceMs }) => ({ name, sinceMs }))
    .sort((a, b) => (a.sinceMs ?? 0) - (b.sinceMs ?? 0));
}

interface FoundAlarm extends RingingAlarm {
  readonly state: string;
}

/** By their full names. */
async function listAlarms({ client, stack }: Target, deployment: string): Promise<ReadonlyMap<string, FoundAlarm>> {
  const { stackName } = stack;
  const cloudWatch = await client('cloudWatch');
  const found = new Map<string, FoundAlarm>();
  // A stack that is one processor gives both the same name.
  for (const AlarmNamePrefix of new Set([`${stackName}-`, `${deployment}-`])) {
    const pages = paginateDescribeAlarms(
      { client: cloudWatch },
      { AlarmNamePrefix, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
    );
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
      for (const alarm of MetricAlarms) take(found, alarm, [`${stackName}-`, METRIC_ALARM]);
      for (const alarm of CompositeAlarms) take(found, alarm, [`${deployment}-`, INCIDENT]);
    }
  }
  return found;
}

/** With another name behind the prefix it belongs to a stack whose name only begins like this one's. */
function take(
  found: Map<string, FoundAlarm>,
  alarm: MetricAlarm | CompositeAlarm,
  [prefix, pattern]: readonly [string, RegExp],
): void {
  const { AlarmName = '', StateValue: state = '', StateUpdatedTimestamp, StateTransitionedTimestamp } = alarm;
  const [, name] = AlarmName.startsWith(prefix) ? (pattern.exec(AlarmName.slice(prefix.length)) ?? []) : [];
  if (name === undefined) return;
  found.set(AlarmName, { name, state, sinceMs: (StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime() });
}
