import * as z from 'zod';
import { COMPARISONS, MISSING_DATA_TREATMENTS, type Comparison } from '../alarms/alarm.ts';
import { KNOWN_STATISTICS, parseStatistic } from '../metrics/statistic.ts';

/** CloudFormation takes numbers and booleans as text too. */
const NUMBER = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const COUNT = NUMBER.pipe(z.int().min(1));
const BOOLEAN = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const TEXT = z.string().min(1);

const PERIOD = COUNT.refine((seconds) => [10, 20, 30].includes(seconds) || seconds % 60 === 0, {
  error: 'expected 10, 20, 30 or a multiple of 60',
});

const STATISTIC = TEXT.transform((text, context) => {
  const statistic = parseStatistic(text);
  if (statistic !== undefined) return statistic;
  context.addIssue({ code: 'custom', message: `expected ${KNOWN_STATISTICS}, got ${text}` });
  return z.NEVER;
});

const DIMENSIONS = z
  .array(z.strictObject({ Name: TEXT, Value: TEXT }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ Name: name, Value: value }) => [name, value])));

const ACTIONS = z.array(TEXT).default([]);

const BASE = {
  AlarmName: TEXT.optional(),
  AlarmDescription: z.string().optional(),
  Tags: z.unknown().optional(),
  ActionsEnabled: BOOLEAN.default(true),
  AlarmActions: ACTIONS,
  OKActions: ACTIONS,
  InsufficientDataActions: ACTIONS,
};

const METRIC_STAT = z.strictObject({
  Metric: z.strictObject({ Namespace: TEXT, MetricName: TEXT, Dimensions: DIMENSIONS }),
  Period: PERIOD,
  Stat: STATISTIC,
  Unit: TEXT.optional(),
});

const METRIC_QUERY = z.strictObject({
  Id: z.string().regex(/^[a-z][A-Za-z0-9_]*$/, 'expected an id that begins with a lowercase letter'),
  Label: z.string().optional(),
  ReturnData: BOOLEAN.default(true),
  Expression: TEXT.optional(),
  Period: PERIOD.optional(),
  MetricStat: METRIC_STAT.optional(),
});

/** Properties of `AWS::CloudWatch::Alarm`, without those of anomaly detection. */
export const METRIC_ALARM_PROPERTIES = z.strictObject({
  ...BASE,
  ComparisonOperator: z.enum(Object.keys(COMPARISONS) as Comparison[]),
  Threshold: NUMBER,
  EvaluationPeriods: COUNT,
  DatapointsToAlarm: COUNT.optional(),
  TreatMissingData: z.enum(MISSING_DATA_TREATMENTS).default('missing'),
  EvaluateLowSampleCountPercentile: z.enum(['evaluate', 'ignore']).default('evaluate'),
  Namespace: TEXT.optional(),
  MetricName: TEXT.optional(),
  Dimensions: DIMENSIONS,
  Period: PERIOD.optional(),
  Statistic: STATISTIC.optional(),
  ExtendedStatistic: STATISTIC.optional(),
  Unit: TEXT.optional(),
  Metrics: z.array(METRIC_QUERY).min(1).optional(),
});

/** Properties of `AWS::CloudWatch::CompositeAlarm`. */
export const COMPOSITE_ALARM_PROPERTIES = z.strictObject({
  ...BASE,
  AlarmRule: TEXT,
  ActionsSuppressor: TEXT.optional(),
  ActionsSuppressorWaitPeriod: NUMBER.pipe(z.int().min(0)).optional(),
  ActionsSuppressorExtensionPeriod: NUMBER.pipe(z.int().min(0)).optional(),
});

/** What a metric alarm is made of, once its properties are known to be usable one by one. */
export type MetricAlarmProperties = z.output<typeof METRIC_ALARM_PROPERTIES>;

/** The same for a composite alarm. */
export type CompositeAlarmProperties = z.output<typeof COMPOSITE_ALARM_PROPERTIES>;

/** One entry of `Metrics`. */
export type MetricQuery = z.output<typeof METRIC_QUERY>;

/** What all alarms have in common. */
export type AlarmProperties = Pick<
  MetricAlarmProperties,
  'AlarmDescription' | 'ActionsEnabled' | 'AlarmActions' | 'OKActions' | 'InsufficientDataActions'
>;
