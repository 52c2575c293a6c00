import type { MonitoredLimits } from '../../../lib/monitoring/monitored-limits.ts';
import { COMPARISONS, type MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import { byInvocation, byMinute, byWatchdog, type Published, type Sample, type Scene, type Signal } from './scene.ts';

/** What is published while something happens. */
export type History = (scene: Scene) => Published;

/** How an alarm is proved. */
export interface AlarmCase {
  /** How long after the trouble begins the alarm goes off at the latest, without what {@link LATE_MINUTES} allows. */
  readonly promiseMinutes: (limits: MonitoredLimits) => number;
  /** The trouble that the alarm is for, just bad enough. */
  readonly fires: History;
  /** What is like it and no trouble, by what it is. */
  readonly quiet: Readonly<Record<string, History>>;
}

/** The settings leave the metric no value that would set off the alarm. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Who publishes a metric. */
export type Publisher = 'watchdog' | 'service' | 'invocation';

/** A metric that an alarm compares with its threshold as it is. */
export interface MetricModel {
  readonly metric: string;
  readonly publisher: Publisher;
  /** Its value while all is well; undefined when it is published only when there is something to tell. */
  readonly idle: number | undefined;
  /** The most or the least that it can be, whichever the alarm is about. */
  readonly worst: (limits: MonitoredLimits) => number;
  /** The least difference that counts. */
  readonly step: number;
}

/** The case of an alarm over a metric that jumps to a bad value and stays there. */
export function levelCase(model: MetricModel, promiseMinutes: AlarmCase['promiseMinutes']): AlarmCase {
  const { idle } = model;
  const publish = (scene: Scene, signal: Signal): Published => ({ [model.metric]: publishedBy(model, scene, signal) });
  return {
    promiseMinutes,
    fires: (scene) => {
      const bad = justBeyond(scene, model);
      return publish(scene, (atMs) => (atMs < scene.onsetMs ? idle : bad));
    },
    quiet: {
      'all is well': (scene) => publish(scene, () => idle),
      'it stays at the limit': (scene) => publish(scene, () => scene.alarm.threshold),
      'it is beyond the limit once': (scene) => publish(scene, once(scene, model)),
    },
  };
}

/** The case of an alarm over an age, which grows by a second a second. */
export function ageCase(
  model: MetricModel & { readonly perSecond: number; readonly ofOne: boolean },
  promiseMinutes: AlarmCase['promiseMinutes'],
): AlarmCase {
  return {
    ...levelCase(model, promiseMinutes),
    fires: (scene) => {
      const worst = model.worst(scene.limits);
      const growing: Signal = (atMs) => {
        const value = scene.alarm.threshold + ((atMs - scene.onsetMs) / 1000) * model.perSecond;
        const isOver = Math.sign(model.perSecond) * (value - worst) >= 0;
        // A record that is given up reports no more; the next one may be young.
        if (isOver) return model.ofOne ? undefined : worst;
        return value;
      };
      return { [model.metric]: publishedBy(model, scene, growing) };
    },
  };
}

function publishedBy({ publisher, idle }: MetricModel, scene: Scene, signal: Signal): readonly Sample[] {
  switch (publisher) {
    case 'watchdog':
      return byWatchdog(scene, signal);
    case 'service':
      return byMinute(scene, signal);
    case 'invocation':
      return byInvocation(scene, signal, idle ?? 0);
  }
}

/** Bad in the first value after the trouble would begin, and in no other. An alarm that takes one value has no such history. */
function once(scene: Scene, model: MetricModel): Signal {
  let wasBad = scene.alarm.datapointsToAlarm === 1;
  return (atMs) => {
    if (wasBad || atMs < scene.onsetMs) return model.idle;
    wasBad = true;
    return justBeyond(scene, model);
  };
}

function justBeyond({ alarm, limits }: Scene, { metric, step, worst }: MetricModel): number {
  const value = alarm.threshold + (isUpward(alarm) ? step : -step);
  const most = worst(limits);
  if (isUpward(alarm) ? value > most : value < most)
    throw new UnreachableError(`${metric} gets to ${most}, and the alarm needs ${value}`);
  return value;
}

function isUpward({ comparison }: MetricAlarm): boolean {
  return COMPARISONS[comparison](1, 0);
}
