import { LIKELY_BEHAVIOR, type CloudWatchBehavior } from '../../local/cloudwatch/cloudwatch-behavior.ts';
import type { MetricIdentity } from '../../local/cloudwatch/metrics/metric.ts';

/** A way in which AWS may evaluate alarms, as far as anybody knows. */
export interface PlausibleBehavior {
  /** For people: what is particular about it. */
  readonly name: string;
  readonly behavior: CloudWatchBehavior;
  /** Minutes by which metrics are late, at most: so much later may an alarm be. */
  readonly lateMinutes: number;
}

const isOfAws = ({ namespace }: MetricIdentity): boolean => namespace.startsWith('AWS/');

const oneMore = (periodSeconds: number): number =>
  periodSeconds >= 60 ? 1 : LIKELY_BEHAVIOR.extraPeriods(periodSeconds);

/**
 * What AWS leaves open, in combinations in which every value that is possible comes up: when in a minute an alarm is
 * evaluated, how soon after it was made, how late metrics are, which of them are, how many periods are looked at, and
 * what `FILL` makes of a metric that never was. A drill has to come out right for each.
 */
export const PLAUSIBLE_BEHAVIORS: readonly PlausibleBehavior[] = [
  { name: 'as likely', lateMinutes: 0, behavior: LIKELY_BEHAVIOR },
  {
    name: 'everything at once',
    lateMinutes: 0,
    behavior: { ...LIKELY_BEHAVIOR, phaseMs: () => 0, firstEvaluationMs: 10_000, singleMetricLagMs: 0 },
  },
  {
    name: 'everything two minutes late',
    lateMinutes: 2,
    behavior: {
      ...LIKELY_BEHAVIOR,
      phaseMs: () => 59_000,
      firstEvaluationMs: 180_000,
      publishingDelayMs: () => 120_000,
      fillsUnpublished: false,
    },
  },
  {
    name: "AWS's own metrics two minutes late",
    lateMinutes: 2,
    behavior: { ...LIKELY_BEHAVIOR, publishingDelayMs: (metric) => (isOfAws(metric) ? 120_000 : 0) },
  },
  {
    name: "the stream's metrics two minutes late",
    lateMinutes: 2,
    behavior: { ...LIKELY_BEHAVIOR, publishingDelayMs: ({ namespace }) => (namespace === 'AWS/Kinesis' ? 120_000 : 0) },
  },
  {
    name: "the functions' metrics two minutes late",
    lateMinutes: 2,
    behavior: {
      ...LIKELY_BEHAVIOR,
      publishingDelayMs: (metric) => (isOfAws(metric) ? 0 : 120_000),
      extraPeriods: oneMore,
      fillsUnpublished: false,
    },
  },
  {
    name: 'everything a minute late, and one period more than N',
    lateMinutes: 1,
    behavior: { ...LIKELY_BEHAVIOR, phaseMs: () => 30_000, publishingDelayMs: () => 60_000, extraPeriods: oneMore },
  },
];
