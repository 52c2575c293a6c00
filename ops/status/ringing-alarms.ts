import type { Target } from '../stack/open-target.ts';
import { listStackAlarms } from '../stack/stack-alarms.ts';
import type { RingingAlarm } from './status.ts';

/**
 * Lists the alarms of a deployment that are on, the longest first.
 *
 * @param deployment what the names of its incidents begin with; those of its other alarms begin with the stack's name
 * @returns `none` where there is no alarm at all, as in a stack whose watchdog has not run so far
 */
export async function readRingingAlarms(
  { client, stack }: Target,
  deployment: string,
): Promise<readonly RingingAlarm[] | 'none'> {
  const alarms = await listStackAlarms(await client('cloudWatch'), stack.stackName, deployment);
  if (alarms.length === 0) return 'none';
  return alarms
    .filter(({ alarm }) => alarm.StateValue === 'ALARM')
    .map(({ name, alarm: { StateTransitionedTimestamp, StateUpdatedTimestamp } }) => ({
      name,
      sinceMs: (StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime(),
    }))
    .sort((a, b) => (a.sinceMs ?? 0) - (b.sinceMs ?? 0));
}
