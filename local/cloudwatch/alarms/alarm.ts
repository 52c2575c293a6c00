import type { MetricReading } from '../metrics/metric-store.ts';
import type { MathFrame, Series } from '../math/math-value.ts';
import type { AlarmRule } from './alarm-rule.ts';
import type { AlarmState } from './alarm-state.ts';

/** What an alarm makes of periods without data, as CloudWatch names it. */
export const MISSING_DATA_TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

/** What an alarm makes of periods without data. */
export type MissingDataTreatment = (typeof MISSING_DATA_TREATMENTS)[number];

/** The ways of comparing a value with the threshold; those of anomaly detection are not modelled. */
export const COMPARISONS = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;

/** A way of comparing a value with the threshold. */
export type Comparison = keyof typeof COMPARISONS;

/** What all alarms have. */
export interface AlarmBase {
  /** Unique in its account and Region. */
  readonly name: string;
  readonly arn: string;
  /** What whoever is told gets to read; empty without one. */
  readonly description?: string;
  readonly actionsEnabled: boolean;
  /** ARNs to act on when the alarm enters the state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
}

/** What a metric alarm watches: one metric, or the result of formulas over several. */
export type AlarmSource =
  | { readonly kind: 'metric'; readonly reading: MetricReading }
  | {
      readonly kind: 'math';
      readonly readings: ReadonlyMap<string, MetricReading>;
      readonly formula: (frame: MathFrame) => Series;
    };

/** An alarm over a metric or over metric math. */
export interface MetricAlarm extends AlarmBase {
  readonly kind: 'metric';
  readonly source: AlarmSource;
  /** 10, 20, 30 or a multiple of 60. */
  readonly periodSeconds: number;
  readonly comparison: Comparison;
  readonly threshold: number;
  /** N: how many periods are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them must be bad; 1 to N. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingDataTreatment;
  /** Whether a percentile of few samples leaves the state as it is. */
  readonly ignoresLowSamples: boolean;
}

/** Another alarm that holds back the actions of a composite alarm. */
export interface ActionsSuppressor {
  /** Its name or ARN. */
  readonly alarm: string;
  /** How long to wait for the suppressor to go into ALARM. */
  readonly waitSeconds: number;
  /** How long actions are still held back after it has left ALARM. */
  readonly extensionSeconds: number;
}

/** An alarm over the states of other alarms. */
export interface CompositeAlarm extends AlarmBase {
  readonly kind: 'composite';
  readonly rule: AlarmRule;
  readonly suppressor?: ActionsSuppressor;
}

/** Any alarm. */
export type Alarm = MetricAlarm | CompositeAlarm;
