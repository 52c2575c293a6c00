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

/** Long enough that one slow minute pages nobody, short enough that somebody is paged within ten. */
export const THREE_OF_FIVE: AlarmWindow = { evaluationPeriods: 5, datapointsToAlarm: 3 };

/**
 * The longest time between two invocations of a lane that has work, in whole minutes: one that uses up its timeout, and
 * the wait before the next. A function that is invoked so publishes one datapoint in that time.
 */
export function longestGapMinutes({ timeout, maxBatchingWindow }: InvocationTimes): number {
  const waitSeconds = Math.max(LONGEST_BACKOFF.toSeconds(), maxBatchingWindow.toSeconds());
  return Math.ceil((timeout.toSeconds() + waitSeconds) / 60);
}

/**
 * The period with which datapoints that are as far apart as invocations can be still set off an alarm: the first and the
 * last of those that it takes lie in one window. With a shorter period and a long `timeout` it could never fire.
 *
 * @returns one minute for timeouts of up to a minute
 */
export function periodOf({ evaluationPeriods, datapointsToAlarm }: AlarmWindow, times: InvocationTimes): Duration {
  const spanMinutes = longestGapMinutes(times) * (datapointsToAlarm - 1);
  return Duration.minutes(Math.max(1, Math.ceil(spanMinutes / (evaluationPeriods - 1))));
}
