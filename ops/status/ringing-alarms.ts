import { paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import type { Target } from '../stack/open-target.ts';
import type { RingingAlarm } from './status.ts';

/**
 * Lists the alarms of a deployment that are on, the longest first.
 *
 * @param deployment what the names of its alarms begin with
 */
export async function readRingingAlarms({ client }: Target, deployment: string): Promise<readonly RingingAlarm[]> {
  const prefix = `${deployment}-`;
  const pages = paginateDescribeAlarms(
    { client: await client('cloudWatch') },
    { AlarmNamePrefix: prefix, StateValue: 'ALARM', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
  );
  const alarms: RingingAlarm[] = [];
  for await (const { MetricAlarms = [], CompositeAlarms = [] } of pages) {
    for (const { AlarmName = '', StateUpdatedTimestamp, StateTransitionedTimestamp } of [
      ...MetricAlarms,
      ...CompositeAlarms,
    ]) {
      const name = AlarmName.slice(prefix.length);
      const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
      // With a hyphen it belongs to a deployment whose name only begins like this one's.
      if (!name.includes('-')) alarms.push({ name, sinceMs: since?.getTime() });
    }
  }
  return alarms.sort((a, b) => (a.sinceMs ?? 0) - (b.sinceMs ?? 0));
}
