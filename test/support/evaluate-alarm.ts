import { evaluateMath, type Series } from './metric-math.ts';

/** State of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A datapoint as it was published. */
export interface Sample {
  /** Minutes since some beginning. */
  readonly minute: number;
  readonly value: number;
}

/** What was published, by metric name; a metric that is left out never had a datapoint. */
export type Published = Readonly<Record<string, readonly Sample[]>>;

interface MetricStat {
  readonly Metric: { readonly MetricName: string };
  readonly Period: number;
  readonly Stat: string;
}

/** An alarm of a template, as far as it is evaluated here. */
export interface AlarmProperties {
  readonly MetricName?: string;
  readonly Statistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly { readonly Id: string; readonly Expression?: string; readonly MetricStat?: MetricStat }[];
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly TreatMissingData: string;
}

/** When an alarm is evaluated, and what nobody has documented. */
export interface EvaluationOptions {
  /** The first minute that is not looked at: the window ends here. */
  readonly atMinute: number;
  readonly before: AlarmState;
  /** Whether FILL fills a metric that never had a datapoint. */
  readonly fillsNothing: boolean;
}

/** AWS looks at more periods than are evaluated; two more with periods of a minute and above, as far as was measured. */
const MORE_PERIODS = 2;

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};

/**
 * Evaluates an alarm once, as CloudWatch does with missing data: it keeps the newest real datapoints and fills up the rest.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html}
 */
export function evaluateAlarm(alarm: AlarmProperties, published: Published, options: EvaluationOptions): AlarmState {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed, TreatMissingData: missing } = alarm;
  const points = pointsOf(alarm, published, options);
  const isBad = badness(alarm);
  const kept = points.filter((point) => point !== undefined).slice(-periods);
  const bad = kept.filter(isBad).length;
  if (bad >= needed) return 'ALARM';
  if (missing === 'breaching') return bad + periods - kept.length >= needed ? 'ALARM' : 'OK';
  if (missing === 'notBreaching' || bad < kept.length) return 'OK';
  if (missing === 'ignore') return options.before;
  const oldest = points.findIndex((point) => point !== undefined);
  return oldest >= 0 && points.length - oldest >= needed ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** Evaluates an alarm every minute and returns the minutes in which it was on. */
export function minutesInAlarm(
  alarm: AlarmProperties,
  published: Published,
  { from, to, fillsNothing }: { readonly from: number; readonly to: number; readonly fillsNothing: boolean },
): readonly number[] {
  let before: AlarmState = 'INSUFFICIENT_DATA';
  const minutes: number[] = [];
  for (let atMinute = from; atMinute <= to; atMinute += 1) {
    before = evaluateAlarm(alarm, published, { atMinute, before, fillsNothing });
    if (before === 'ALARM') minutes.push(atMinute);
  }
  return minutes;
}

function badness({ ComparisonOperator: operator, Threshold: threshold }: AlarmProperties): (value: number) => boolean {
  if (operator === 'GreaterThanThreshold') return (value) => value > threshold;
  if (operator === 'LessThanThreshold') return (value) => value < threshold;
  throw new Error(`no comparison ${operator}`);
}

function pointsOf(alarm: AlarmProperties, published: Published, options: EvaluationOptions): Series {
  const slots = alarm.EvaluationPeriods + MORE_PERIODS;
  const read = (name: string, statistic: string, period: number): Series =>
    Array.from({ length: slots }, (_, index) => {
      const end = options.atMinute - ((slots - 1 - index) * period) / 60;
      const values = (published[name] ?? []).filter(({ minute }) => minute < end && minute >= end - period / 60);
      return values.length === 0 ? undefined : AGGREGATES[statistic]?.(values.map(({ value }) => value));
    });
  const { Metrics: metrics } = alarm;
  if (metrics === undefined) return read(alarm.MetricName ?? '', alarm.Statistic ?? '', alarm.Period ?? 60);
  const series: Record<string, Series> = {};
  for (const { Id, MetricStat } of metrics) {
    if (MetricStat !== undefined) series[Id] = read(MetricStat.Metric.MetricName, MetricStat.Stat, MetricStat.Period);
  }
  const expression = metrics.find(({ Expression }) => Expression !== undefined)?.Expression ?? '';
  return evaluateMath(expression, { series, fillsNothing: options.fillsNothing });
}
