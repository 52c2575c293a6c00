import type { AlarmState } from './alarm-state.ts';
import type { MissingDataTreatment } from './alarm.ts';

/** A period as an alarm sees it: within the threshold, beyond it, or without data. */
export type Datapoint = 'good' | 'bad' | 'missing';

/** How many periods decide, and what missing ones mean. */
export interface RangeRules {
  /** N. */
  readonly evaluationPeriods: number;
  /** M. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingDataTreatment;
}

interface KeptPoint {
  readonly quality: 'good' | 'bad';
  /** In periods; the newest slot of the range is 1. */
  readonly age: number;
}

/**
 * The state that an alarm gets from its evaluation range. Missing data is stepped over while N real points are in the
 * range, which is longer than N; only then does the treatment of missing data count.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html}
 *
 * @param range oldest first
 * @returns `unchanged` when the state stays what it is
 */
export function evaluateRange(range: readonly Datapoint[], rules: RangeRules): AlarmState | 'unchanged' {
  const { datapointsToAlarm, missingData } = rules;
  const kept = keepNewest(range, rules.evaluationPeriods);
  const filled = rules.evaluationPeriods - kept.length;
  const bad = kept.filter(({ quality }) => quality === 'bad');
  if (bad.length >= datapointsToAlarm) return 'ALARM';
  if (missingData === 'breaching') return bad.length + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (missingData === 'notBreaching' || bad.length < kept.length) return 'OK';
  if (missingData === 'ignore') return 'unchanged';
  // Premature: all that is known is bad, and its oldest point has had M periods to be followed by a good one.
  return bad.some(({ age }) => age >= datapointsToAlarm) ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** The newest real points of the range, as many as count. */
function keepNewest(range: readonly Datapoint[], count: number): readonly KeptPoint[] {
  return range
    .flatMap((quality, index) => (quality === 'missing' ? [] : [{ quality, age: range.length - index }]))
    .slice(-count);
}
