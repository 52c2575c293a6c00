import type { MetricDatum } from '../local/cloudwatch/metrics/metric.ts';

/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** What became known in one minute, by the time that it is over. */
export interface TimelineMinute {
  /** What AWS publishes, and whatever else is there as values. */
  readonly data: readonly MetricDatum[];
  /** What functions logged; metrics in it are found. */
  readonly lines: readonly string[];
}

/**
 * A stretch of a world's history as CloudWatch gets to see it, however it was made. It does not depend on CloudWatch,
 * so that it can be played to as many ways of evaluating alarms as there may be.
 */
export interface Timeline {
  /** When the first minute begins, in milliseconds since 1970. */
  readonly startMs: number;
  /** Minutes from there until the scenario's minute 0: what was before the trouble. */
  readonly leadMinutes: number;
  readonly minutes: readonly TimelineMinute[];
  /** Scenario minute in which the alarms that wait for the watchdog are made; the others are there from the beginning. */
  readonly alarmsMadeAt: number;
}
