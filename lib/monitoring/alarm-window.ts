import { Duration } from 'aws-cdk-lib';
import type { ResolvedFunctionOptions } from '../props/function-options.ts';
import type { ResolvedMappingOptions } from '../props/mapping-options.ts';

/** How many datapoints are looked at, and how many of them must be over the threshold. */
export interface AlarmWindow {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
}

/** What decides how seldom an invocation of a lane may end. */
export type InvocationTimes = Pick<ResolvedFunctionOptions, 'timeout'> &
  Pick<ResolvedMappingOptions, 'maxBatchingWindow'>;

/** Lambda's longest wait before it delivers a failed batch again is not documented; this is more than was ever reported. */
const LONGEST_BACKOFF = Duration.minutes(1);

/** For what is published every minute: one slow minute pages nobody, and somebody is paged within ten. */
export const THREE_OF_FIVE: AlarmWindow = { evaluationPeriods: 5, datapointsToAlarm: 3 };

/**
 * For a gauge of which one value is enough. Of one that comes late the newest minutes are never there: an alarm that looks
 * at a single minute would see nothing of it.
 */
export const ONE_OF_THREE: AlarmWindow = { evaluationPeriods: 3, datapointsToAlarm: 1 };

/** For what is published once an invocation, which may be every other minute. */
export const THREE_OF_SEVEN: AlarmWindow = { evaluationPeriods: 7, datapointsToAlarm: 3 };

/** The same where two are enough. */
export const TWO_OF_FIVE: AlarmWindow = { evaluationPeriods: 5, datapointsToAlarm: 2 };

/**
 * A window slides on before its newest datapoint can be seen. Without this much room, the oldest one has left it by then,
 * in every evaluation.
 */
const ROOM_MINUTES = 2;

/** The longest time between two invocations of a lane that works: one that takes all of its timeout, and a batch that fills. */
export function workingGapSeconds({ timeout, maxBatchingWindow }: InvocationTimes): number {
  return timeout.toSeconds() + maxBatchingWindow.toSeconds();
}

/**
 * The longest time between two invocations of a lane, whether they succeed or not: one that uses up its timeout, and the
 * wait before the next. A function that is invoked so publishes one datapoint in that time.
 */
export function longestGapSeconds({ timeout, maxBatchingWindow }: InvocationTimes): number {
  return timeout.toSeconds() + Math.max(LONGEST_BACKOFF.toSeconds(), maxBatchingWindow.toSeconds());
}

/**
 * The period with which datapoints that are as far apart as invocations can be still set off an alarm: the first and the
 * last of those that it takes lie in one window. With a shorter period and a long `timeout` it could never fire.
 */
export function periodOf({ evaluationPeriods, datapointsToAlarm }: AlarmWindow, times: InvocationTimes): Duration {
  const spanMinutes = (longestGapSeconds(times) / 60) * (datapointsToAlarm - 1) + ROOM_MINUTES;
  return Duration.minutes(Math.ceil(spanMinutes / (evaluationPeriods - 1)));
}

/** How much older a stuck record gets, at most, until the alarms about the age of what is invoked have gone off. */
export function secondsUntilAgeAlarm(times: InvocationTimes): number {
  return THREE_OF_SEVEN.datapointsToAlarm * longestGapSeconds(times);
}
