import type { MetricIdentity } from './metrics/metric.ts';

/**
 * What AWS does not document about the evaluation of alarms, each under a name. A drill has to come out right for every
 * value that is possible, so nothing here is decided elsewhere.
 */
export interface CloudWatchBehavior {
  /**
   * When within its minute an alarm is evaluated, constant over its life; in the ten seconds of its turn for an alarm
   * with a shorter period. Milliseconds, by the name of the alarm.
   */
  readonly phaseMs: (alarmName: string) => number;
  /** From the creation of a metric alarm to its first evaluation, before its phase. One to three minutes were seen. */
  readonly firstEvaluationMs: number;
  /** How old a period has to be before an alarm over a single metric looks at it. About 10 s were seen. */
  readonly singleMetricLagMs: number;
  /** The same for an alarm over metric math, which looks one step further. */
  readonly mathLagMs: number;
  /** How much more than N periods an alarm looks at. AWS says only that it is more. */
  readonly extraPeriods: (periodSeconds: number) => number;
  /** Whether `FILL` gives values to a metric that never had one. */
  readonly fillsUnpublished: boolean;
  /** From when a value is published to when an alarm sees it, in milliseconds. */
  readonly publishingDelayMs: (metric: MetricIdentity) => number;
}

/** What was measured, and where nothing was, what looks likeliest. */
export const LIKELY_BEHAVIOR: CloudWatchBehavior = {
  phaseMs: (alarmName) => hash(alarmName) % 60_000,
  firstEvaluationMs: 60_000,
  singleMetricLagMs: 10_000,
  mathLagMs: 0,
  extraPeriods: measuredExtraPeriods,
  fillsUnpublished: true,
  publishingDelayMs: () => 0,
};

/** Measured: two more for periods of a minute and above, one more minute for shorter ones. */
function measuredExtraPeriods(periodSeconds: number): number {
  return periodSeconds >= 60 ? 2 : 60 / periodSeconds;
}

/** Spreads names evenly, and the same in every run. */
function hash(text: string): number {
  return Array.from(text).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7);
}
