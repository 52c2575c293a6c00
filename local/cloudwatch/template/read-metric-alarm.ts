import type { AlarmBase, AlarmSource, MetricAlarm } from '../alarms/alarm.ts';
import { compileMath, FormulaError } from '../math/compile-math.ts';
import type { MetricReading } from '../metrics/metric-store.ts';
import type { MetricAlarmProperties, MetricQuery } from './alarm-properties.ts';

const DAY_SECONDS = 86_400;
const MOST_METRICS = 10;

/** Gets each problem that is found, to report all of them together. */
export type ReportProblem = (problem: string) => void;

/** Where an alarm takes its values from, and how long its periods are. */
type Watched = Pick<MetricAlarm, 'source' | 'periodSeconds'>;

/**
 * Makes a metric alarm of its properties.
 *
 * @returns undefined when it is unusable; the problems say why
 */
export function readMetricAlarm(
  base: AlarmBase,
  properties: MetricAlarmProperties,
  report: ReportProblem,
): MetricAlarm | undefined {
  const watched =
    properties.Metrics === undefined
      ? readSingleMetric(properties, report)
      : readMetrics(properties, properties.Metrics, report);
  const { EvaluationPeriods: evaluationPeriods, DatapointsToAlarm: datapointsToAlarm = evaluationPeriods } = properties;
  if (datapointsToAlarm > evaluationPeriods)
    report(
      `\`DatapointsToAlarm\` must be at most \`EvaluationPeriods\`, ${evaluationPeriods}, got ${datapointsToAlarm}`,
    );
  if (watched === undefined) return undefined;
  const { periodSeconds } = watched;
  const mostSeconds = periodSeconds >= 3600 ? 7 * DAY_SECONDS : DAY_SECONDS;
  if (periodSeconds * evaluationPeriods > mostSeconds)
    report(
      `\`EvaluationPeriods\` must be at most ${mostSeconds / periodSeconds} of ${periodSeconds} s, got ${evaluationPeriods}`,
    );
  return {
    ...base,
    ...watched,
    kind: 'metric',
    comparison: properties.ComparisonOperator,
    threshold: properties.Threshold,
    evaluationPeriods,
    datapointsToAlarm,
    missingData: properties.TreatMissingData,
    ignoresLowSamples: properties.EvaluateLowSampleCountPercentile === 'ignore',
  };
}

function readSingleMetric(properties: MetricAlarmProperties, report: ReportProblem): Watched | undefined {
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions, Period: periodSeconds } = properties;
  const { Statistic: simple, ExtendedStatistic: extended, Unit: unit } = properties;
  const statistic = simple ?? extended;
  if (simple !== undefined && extended !== undefined) report('`Statistic` and `ExtendedStatistic` exclude each other');
  if (namespace === undefined || name === undefined || periodSeconds === undefined || statistic === undefined) {
    report('expected `Namespace`, `MetricName`, `Period` and a statistic, or `Metrics`');
    return undefined;
  }
  const reading = { metric: { namespace, name, dimensions }, statistic, ...(unit !== undefined && { unit }) };
  return { source: { kind: 'metric', reading }, periodSeconds };
}

function readMetrics(
  { MetricName: single, Period: period }: MetricAlarmProperties,
  queries: readonly MetricQuery[],
  report: ReportProblem,
): Watched | undefined {
  if (single !== undefined || period !== undefined) report('`Metrics` and a metric of its own exclude each other');
  for (const problem of queryProblems(queries)) report(problem);
  const source = readSource(queries, report);
  const [periodSeconds] = queries.flatMap(periodsOf);
  return source === undefined || periodSeconds === undefined ? undefined : { source, periodSeconds };
}

function queryProblems(queries: readonly MetricQuery[]): readonly string[] {
  const ids = queries.map(({ Id: id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  const undecided = queries.filter(({ MetricStat: metric, Expression: formula }) => !metric === !formula);
  const periods = [...new Set(queries.flatMap(periodsOf))];
  return [
    ...(queries.length > MOST_METRICS
      ? [`\`Metrics\` must have at most ${MOST_METRICS} entries, got ${queries.length}`]
      : []),
    ...repeated.map((id) => `the id \`${id}\` is used twice`),
    ...undecided.map(({ Id: id }) => `\`${id}\` must have either a metric or a formula`),
    ...(periods.length === 1 ? [] : [`all metrics must have one period, got ${periods.join(', ') || 'none'}`]),
  ];
}

function periodsOf({ MetricStat: metric, Period: period }: MetricQuery): readonly number[] {
  return [metric?.Period, period].filter((seconds) => seconds !== undefined);
}

/** A single metric is one, even in the form of metric math. */
function readSource(queries: readonly MetricQuery[], report: ReportProblem): AlarmSource | undefined {
  const [returned, ...others] = queries.filter(({ ReturnData: isReturned }) => isReturned);
  if (returned === undefined || others.length > 0) {
    report(
      `one entry of \`Metrics\` must have \`ReturnData\`, got ${returned === undefined ? 'none' : 1 + others.length}`,
    );
    return undefined;
  }
  const readings = new Map(
    queries.flatMap(({ Id: id, MetricStat: metric }) =>
      metric === undefined ? [] : [[id, readingOf(metric)] as const],
    ),
  );
  const reading = readings.get(returned.Id);
  if (reading !== undefined) return { kind: 'metric', reading };
  const formulas = new Map(
    queries.flatMap(({ Id: id, Expression: formula }) => (formula === undefined ? [] : [[id, formula] as const])),
  );
  try {
    const formula = compileMath({ metricIds: [...readings.keys()], formulas, returned: returned.Id });
    return { kind: 'math', readings, formula };
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    report(error.message);
    return undefined;
  }
}

function readingOf({
  Metric: metric,
  Stat: statistic,
  Unit: unit,
}: NonNullable<MetricQuery['MetricStat']>): MetricReading {
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions } = metric;
  return { metric: { namespace, name, dimensions }, statistic, ...(unit !== undefined && { unit }) };
}
