import type { AlarmState } from '../../local/cloudwatch/alarms/alarm-state.ts';
import type { MetricAlarm } from '../../local/cloudwatch/alarms/alarm.ts';
import { evaluateMetricAlarm } from '../../local/cloudwatch/alarms/evaluate-metric-alarm.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { readTemplate } from '../../local/cloudwatch/template/read-template.ts';
import { PUNCTUAL } from './cloudwatch-alarms.ts';

const MINUTE_MS = 60_000;

/** A datapoint as it was published. */
export interface Sample {
  /** Minutes since some beginning. */
  readonly minute: number;
  readonly value: number;
}

/** What was published, by metric name; a metric that is left out never had a datapoint. */
export type Published = Readonly<Record<string, readonly Sample[]>>;

/** An alarm of a template, as it is written there; what tests look at is named. */
export interface AlarmProperties {
  readonly Period?: number;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Period: number } }[];
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

const READ = new WeakMap<AlarmProperties, MetricAlarm>();

/** Evaluates an alarm once, over metrics that are told apart by their names alone. */
export function evaluateAlarm(
  properties: AlarmProperties,
  published: Published,
  { atMinute, before, fillsNothing }: EvaluationOptions,
): AlarmState {
  const alarm = READ.get(properties) ?? readAlarm(properties);
  READ.set(properties, alarm);
  const behavior = { ...PUNCTUAL, fillsUnpublished: fillsNothing };
  const { state } = evaluateMetricAlarm(alarm, publish(alarm, published), { atMs: atMinute * MINUTE_MS, behavior });
  return state === 'unchanged' ? before : state;
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

/** Without what refers to other resources of the template. */
function readAlarm(properties: AlarmProperties): MetricAlarm {
  const text = JSON.stringify(properties, (key, value: unknown) =>
    ['Dimensions', 'AlarmActions', 'OKActions', 'AlarmDescription'].includes(key) ? undefined : value,
  );
  const template = {
    Resources: { Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: JSON.parse(text) as unknown } },
  };
  const [alarm] = readTemplate(template).alarms;
  if (alarm?.kind !== 'metric') throw new Error('not a metric alarm');
  return alarm;
}

function publish({ source }: MetricAlarm, published: Published): MetricStore {
  const store = new MetricStore();
  const readings = source.kind === 'metric' ? [source.reading] : [...source.readings.values()];
  const metrics = new Map(readings.map(({ metric }) => [metric.name, metric]));
  for (const metric of metrics.values())
    for (const { minute, value } of published[metric.name] ?? [])
      store.put({ metric, timestampMs: minute * MINUTE_MS, values: [value] }, minute * MINUTE_MS);
  return store;
}
