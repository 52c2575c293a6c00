import type { MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import type { MonitoredLimits } from '../../../lib/monitoring/monitored-limits.ts';

/** A minute, in milliseconds. */
export const MINUTE_MS = 60_000;

/** A value and when it was published, in milliseconds since 1970. */
export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** What was published, by the name of the metric; a metric that is left out never had a value. */
export type Published = Readonly<Record<string, readonly Sample[]>>;

/** How publishers keep time: what no setting decides, and no alarm may depend on. */
export interface Rhythm {
  /** Where in its minute the watchdog runs, and an invocation ends. 0 to 59,999. */
  readonly offsetMs: number;
  /** By how much the watchdog is late at most; the scheduler promises a minute, not a second. */
  readonly jitterMs: number;
  /** Where in its minute the trouble begins. 0 to 59,999. */
  readonly onsetMs: number;
  /** From one invocation of a lane to its next, as a share of the longest time that the settings allow. */
  readonly gapShare: number;
  /** Whether other lanes are invoked every minute meanwhile, and are well. */
  readonly othersAreWell: boolean;
}

/** One alarm, and the time in which something happens to what it watches. All times are milliseconds since 1970. */
export interface Scene {
  readonly alarm: MetricAlarm;
  readonly limits: MonitoredLimits;
  readonly rhythm: Rhythm;
  /** Publishing begins. */
  readonly fromMs: number;
  /** The trouble begins, if there is any. */
  readonly onsetMs: number;
  readonly toMs: number;
  /** Between two invocations of the lane in trouble, which waits before it is tried again. */
  readonly gapMs: number;
  /** Between two invocations of a lane that works. */
  readonly workingGapMs: number;
}

/** The value of something at a moment; undefined when there is nothing to publish. */
export type Signal = (atMs: number) => number | undefined;

/** Publishes what the watchdog finds, once a minute. */
export function byWatchdog({ fromMs, toMs, rhythm }: Scene, signal: Signal): readonly Sample[] {
  const runs = Math.floor((toMs - fromMs) / MINUTE_MS);
  const times = Array.from({ length: runs }, (_, run) => {
    const lateMs = Math.round(rhythm.jitterMs * noise(run));
    return fromMs + run * MINUTE_MS + rhythm.offsetMs + lateMs;
  });
  return sample(times, signal);
}

/** Publishes what a service counts, once a minute. */
export function byMinute({ fromMs, toMs }: Scene, signal: Signal): readonly Sample[] {
  return sample(every(MINUTE_MS, { fromMs, toMs }), signal);
}

/** Publishes what invocations report: those of the lane in trouble, and those of the others if they are well. */
export function byInvocation(scene: Scene, lane: Signal, others?: number): readonly Sample[] {
  const { fromMs, toMs, gapMs, rhythm } = scene;
  const ofLane = sample(every(gapMs, { fromMs: fromMs + rhythm.offsetMs, toMs }), lane);
  if (others === undefined || !rhythm.othersAreWell) return ofLane;
  return [...ofLane, ...byMinute(scene, () => others)];
}

/** The same for invocations of a lane that works. */
export function byWorkingInvocation(scene: Scene, lane: Signal): readonly Sample[] {
  return byInvocation({ ...scene, gapMs: scene.workingGapMs }, lane);
}

function every(
  stepMs: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, index) => fromMs + index * stepMs);
}

function sample(times: readonly number[], signal: Signal): readonly Sample[] {
  return times.flatMap((atMs) => {
    const value = signal(atMs);
    return value === undefined ? [] : [{ atMs, value }];
  });
}

/** From 0 up to 1, without a pattern, and the same in every run. */
function noise(index: number): number {
  return (((index + 1) * 7919) % 104_729) / 104_729;
}
