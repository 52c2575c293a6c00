import { Duration } from 'aws-cdk-lib';
import {
  longestGapSeconds,
  periodOf,
  THREE_OF_SEVEN,
  workingGapSeconds,
  type AlarmWindow,
  type InvocationTimes,
} from '../../lib/monitoring/alarm-window.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { ExpectedAlarm } from './scenario.ts';

/**
 * Minutes from the end of the one that decides to the message, at most: an alarm is evaluated every minute, and of the
 * newest ten seconds it may know nothing. How late metrics are comes on top where they are late.
 */
const EVALUATION_MINUTES = 1.25;

/** When somebody is told, at the latest, of what is true from one minute up to another, which is the last that it takes. */
export function toldBy(lastMinute: number): number {
  return lastMinute + 1 + EVALUATION_MINUTES;
}

/** When something is told that is true of so many minutes, the first of which is minute 0 unless given. */
export function afterMinutes(minutes: number, first = 0): number {
  return toldBy(first + minutes - 1);
}

function timesOf({ processor, mapping }: Deployment): InvocationTimes {
  return {
    timeout: Duration.seconds(processor.timeoutSeconds),
    maxBatchingWindow: Duration.seconds(mapping.batchingWindowSeconds),
  };
}

/** Minutes of a period over single invocations, which may be as far apart as the timeout allows. */
export function periodMinutes(deployment: Deployment, window: AlarmWindow = THREE_OF_SEVEN): number {
  return periodOf(window, timesOf(deployment)).toMinutes();
}

/** Minutes in which a consumer that does nothing is told from one whose invocations are long. */
export function stoppedMinutes(deployment: Deployment): number {
  return Math.max(
    deployment.promises.pageWhenStoppedMinutes,
    Math.ceil((3 * workingGapSeconds(timesOf(deployment))) / 60),
  );
}

/** The longest time between two invocations of a lane that has work, in minutes. */
export function gapMinutes(deployment: Deployment): number {
  return Math.ceil(longestGapSeconds(timesOf(deployment)) / 60);
}

/** The first minute at whose end a record that came in at the beginning of minute 0 is older than `pageWhenBehind`. */
export function behindFrom({ promises }: Deployment): number {
  return Math.max(0, Math.ceil(promises.pageWhenBehindSeconds / 60) - 1);
}

/** When _Behind_ goes off: three minutes of five are older than the limit. */
export function behind(deployment: Deployment): ExpectedAlarm {
  return { by: afterMinutes(3, behindFrom(deployment)), notBefore: behindFrom(deployment) + 1 };
}

/** Minutes of retention that may be used up before somebody is told. */
export function usableMinutes({ stream, promises }: Deployment): number {
  return (stream.retentionHours * 60 * promises.pageWhenRetentionUsedPercent) / 100;
}

/** Records a minute for each lane, when they are spread evenly over all that are simulated. */
export function laneShare({ stream, mapping }: Deployment, arrivals: number): number {
  return arrivals / (Math.min(stream.shards, 8) * mapping.factor);
}
