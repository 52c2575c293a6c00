import { parseStatistic } from '../cloudwatch/metrics/statistic.ts';
import { jsonError, type AlarmAnswer, type AwsAnswers, type Call, type Reply } from './aws-answers.ts';

/**
 * CloudWatch, as far as it is asked here: `DescribeAlarms`, and `GetMetricData` of metrics without formulas.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html}
 */
export function answerCloudWatch({ target, body, nowMs }: Call, answers: AwsAnswers): Reply | undefined {
  switch (target) {
    case 'DescribeAlarms':
      return describeAlarms(JSON.parse(body) as AlarmFilter, answers.alarms());
    case 'GetMetricData':
      return getMetricData(JSON.parse(body) as MetricDataInput, { ...answers, nowMs });
    default:
      return undefined;
  }
}

interface AlarmFilter {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly StateValue?: string;
  readonly AlarmTypes?: readonly ('MetricAlarm' | 'CompositeAlarm')[];
}

function describeAlarms(filter: AlarmFilter, alarms: readonly AlarmAnswer[]): Reply {
  // Without types, CloudWatch answers with metric alarms only.
  const { AlarmTypes: types = ['MetricAlarm'], AlarmNames: names, AlarmNamePrefix: prefix = '', StateValue } = filter;
  const meant = alarms.filter(
    ({ name, state }) => name.startsWith(prefix) && (names?.includes(name) ?? true) && (StateValue ?? state) === state,
  );
  const ofKind = (kind: AlarmAnswer['kind'], type: (typeof types)[number]) =>
    types.includes(type) ? meant.filter((alarm) => alarm.kind === kind).map(describeAlarm) : [];
  return json({
    MetricAlarms: ofKind('metric', 'MetricAlarm'),
    CompositeAlarms: ofKind('composite', 'CompositeAlarm'),
  });
}

function describeAlarm({ name, state, reason, sinceMs, actions = [] }: AlarmAnswer) {
  const seconds = sinceMs / 1000;
  return {
    AlarmName: name,
    AlarmActions: actions,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: seconds,
    StateTransitionedTimestamp: seconds,
  };
}

interface MetricDataInput {
  readonly MetricDataQueries: readonly MetricDataQuery[];
  /** Seconds since 1970. */
  readonly StartTime: number;
  readonly EndTime: number;
}

interface MetricDataQuery {
  readonly Id: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

function getMetricData(
  { MetricDataQueries: queries, StartTime, EndTime }: MetricDataInput,
  { metrics, nowMs }: Pick<AwsAnswers, 'metrics'> & { readonly nowMs: number },
): Reply {
  const results = [];
  for (const { Id, MetricStat } of queries) {
    const statistic = parseStatistic(MetricStat?.Stat ?? '');
    if (MetricStat === undefined || statistic === undefined) {
      return jsonError(400, 'ValidationError', `${Id}: formulas, and statistics like this, are not known here`);
    }
    const { Metric, Period } = MetricStat;
    const dimensions = Object.fromEntries((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
    const metric = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions };
    const startMs = Math.floor(StartTime / Period) * Period * 1000;
    const periods = Math.ceil((EndTime * 1000 - startMs) / (Period * 1000));
    const window = { endMs: startMs + periods * Period * 1000, periodMs: Period * 1000, periods };
    const samples = metrics
      .read({ metric, statistic }, window, nowMs)
      .flatMap((sample, index) =>
        sample === undefined ? [] : [{ atSeconds: startMs / 1000 + index * Period, value: sample.value }],
      )
      // The newest comes first unless the call says otherwise.
      .reverse();
    results.push({
      Id,
      StatusCode: 'Complete',
      Timestamps: samples.map(({ atSeconds }) => atSeconds),
      Values: samples.map(({ value }) => value),
    });
  }
  return json({ MetricDataResults: results });
}

function json(body: object): Reply {
  return { headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) };
}
