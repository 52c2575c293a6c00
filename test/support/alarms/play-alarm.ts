import type { MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import type { CloudWatchBehavior } from '../../../local/cloudwatch/cloudwatch-behavior.ts';
import { CloudWatchWorld } from '../../../local/cloudwatch/cloudwatch-world.ts';
import type { MetricIdentity } from '../../../local/cloudwatch/metrics/metric.ts';
import type { Published } from './scene.ts';

/** When an alarm is created and until when it is watched, in milliseconds since 1970. */
export interface Watch {
  readonly deployMs: number;
  readonly toMs: number;
  readonly behavior: CloudWatchBehavior;
}

/**
 * Creates an alarm over what was published before and after.
 *
 * @returns when it went into ALARM, each time, in milliseconds since 1970
 */
export function playAlarm(alarm: MetricAlarm, published: Published, watch: Watch): readonly number[] {
  const { deployMs, toMs, behavior } = watch;
  const world = new CloudWatchWorld({ startMs: 0, accountId: '111122223333', topics: [], behavior });
  for (const metric of metricsOf(alarm))
    for (const { atMs, value } of published[metric.name] ?? [])
      world.put({ metric, timestampMs: atMs, values: [value] });
  world.advanceTo(deployMs);
  world.deploy([alarm]);
  world.advanceTo(toMs);
  return world.historyOf(alarm.name).flatMap(({ to, atMs }) => (to === 'ALARM' ? [atMs] : []));
}

/** An alarm never reads two metrics of one name. */
function metricsOf({ source }: MetricAlarm): readonly MetricIdentity[] {
  if (source.kind === 'metric') return [source.reading.metric];
  return [...new Map([...source.readings.values()].map(({ metric }) => [metric.name, metric])).values()];
}
