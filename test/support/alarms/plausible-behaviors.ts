import { LIKELY_BEHAVIOR, type CloudWatchBehavior } from '../../../local/cloudwatch/cloudwatch-behavior.ts';
import type { MetricIdentity } from '../../../local/cloudwatch/metrics/metric.ts';

const isOfAws = ({ namespace }: MetricIdentity): boolean => namespace.startsWith('AWS/');
const oneMore = (): number => 1;

/**
 * What AWS leaves open, in combinations in which every value that is possible comes up: when in its minute an alarm is
 * evaluated, how soon after its creation, how late which metrics are, how many periods it looks at, and what `FILL` makes
 * of a metric that never had a value.
 */
export const PLAUSIBLE_BEHAVIORS: readonly { readonly name: string; readonly behavior: CloudWatchBehavior }[] = [
  { name: 'as likely', behavior: LIKELY_BEHAVIOR },
  {
    name: 'everything at once',
    behavior: { ...LIKELY_BEHAVIOR, phaseMs: () => 0, firstEvaluationMs: 10_000, singleMetricLagMs: 0 },
  },
  {
    name: 'everything two minutes late',
    behavior: {
      ...LIKELY_BEHAVIOR,
      phaseMs: () => 59_000,
      firstEvaluationMs: 180_000,
      publishingDelayMs: () => 120_000,
      fillsUnpublished: false,
    },
  },
  {
    name: 'everything two minutes late, looked at as soon and as little as can be',
    behavior: {
      ...LIKELY_BEHAVIOR,
      phaseMs: () => 0,
      singleMetricLagMs: 0,
      publishingDelayMs: () => 120_000,
      extraPeriods: oneMore,
    },
  },
  {
    name: "AWS's own metrics two minutes late",
    behavior: { ...LIKELY_BEHAVIOR, publishingDelayMs: (metric) => (isOfAws(metric) ? 120_000 : 0) },
  },
  {
    name: "the stream's metrics two minutes late",
    behavior: { ...LIKELY_BEHAVIOR, publishingDelayMs: ({ namespace }) => (namespace === 'AWS/Kinesis' ? 120_000 : 0) },
  },
  {
    name: "the functions' metrics two minutes late",
    behavior: {
      ...LIKELY_BEHAVIOR,
      publishingDelayMs: (metric) => (isOfAws(metric) ? 0 : 120_000),
      extraPeriods: oneMore,
      fillsUnpublished: false,
    },
  },
  {
    name: 'everything a minute late, and one period more than N',
    behavior: { ...LIKELY_BEHAVIOR, phaseMs: () => 30_000, publishingDelayMs: () => 60_000, extraPeriods: oneMore },
  },
];
