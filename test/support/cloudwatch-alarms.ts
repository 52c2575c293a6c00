import type { ActionsSuppressor, AlarmBase, CompositeAlarm, MetricAlarm } from '../../local/cloudwatch/alarms/alarm.ts';
import { parseAlarmRule } from '../../local/cloudwatch/alarms/alarm-rule.ts';
import { LIKELY_BEHAVIOR, type CloudWatchBehavior } from '../../local/cloudwatch/cloudwatch-behavior.ts';
import { CloudWatchWorld, type CloudWatchWorldOptions } from '../../local/cloudwatch/cloudwatch-world.ts';
import { compileMath } from '../../local/cloudwatch/math/compile-math.ts';
import type { MetricReading } from '../../local/cloudwatch/metrics/metric-store.ts';
import type { MetricDatum, MetricIdentity } from '../../local/cloudwatch/metrics/metric.ts';
import type { Topic } from '../../local/cloudwatch/topics/topic.ts';

const ACCOUNT = '111122223333';

/** Begins a full hour. */
export const START_MS = Date.UTC(2026, 10, 26, 5);

/** Somebody is subscribed, and nothing keeps CloudWatch out. */
export const PAGES: Topic = {
  arn: `arn:aws:sns:eu-west-1:${ACCOUNT}:pages`,
  subscriptions: [{ protocol: 'https', endpoint: 'https://pager.example.com/hook', filtered: false }],
  policies: [],
  key: { kind: 'none' },
};

/** Nothing is late, and every alarm is evaluated at the full minute. */
export const PUNCTUAL: CloudWatchBehavior = {
  ...LIKELY_BEHAVIOR,
  phaseMs: () => 0,
  firstEvaluationMs: 0,
  singleMetricLagMs: 0,
};

/** A metric that only its name tells from others. */
export function metricNamed(name: string): MetricIdentity {
  return { namespace: 'Test', name, dimensions: {} };
}

/** A metric alarm over `m`, bad above 0, that pages; one minute, one of one. */
export function metricAlarm(rest: Partial<MetricAlarm> = {}): MetricAlarm {
  const name = rest.name ?? 'alarm';
  return {
    ...alarmBase(name),
    kind: 'metric',
    source: { kind: 'metric', reading: { metric: metricNamed('m'), statistic: { kind: 'Maximum' } } },
    periodSeconds: 60,
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: 'notBreaching',
    ignoresLowSamples: false,
    ...rest,
  };
}

/** What a math alarm watches: metrics by id, called like it, and one formula over them. */
export function mathSource(formula: string, ...ids: readonly string[]): MetricAlarm['source'] {
  const readings = new Map(
    ids.map((id): [string, MetricReading] => [id, { metric: metricNamed(id), statistic: { kind: 'Maximum' } }]),
  );
  return {
    kind: 'math',
    readings,
    formula: compileMath({ metricIds: ids, formulas: new Map([['e1', formula]]), returned: 'e1' }),
  };
}

/** An alarm over other alarms, called `composite`, that pages. */
export function compositeAlarm(
  rule: string,
  { name = 'composite', suppressor }: { readonly name?: string; readonly suppressor?: ActionsSuppressor } = {},
): CompositeAlarm {
  return {
    ...alarmBase(name),
    kind: 'composite',
    rule: parseAlarmRule(rule),
    ...(suppressor !== undefined && { suppressor }),
  };
}

/** A punctual world with one topic. */
export function cloudWatch(rest: Partial<CloudWatchWorldOptions> = {}): CloudWatchWorld {
  return new CloudWatchWorld({ startMs: START_MS, accountId: ACCOUNT, topics: [PAGES], behavior: PUNCTUAL, ...rest });
}

/** Values of one metric, one per period from a moment on: `0` and `X` for 0 and 1, `-` for none. */
export function pointsOf(
  name: string,
  points: string,
  { fromMs, periodSeconds }: { readonly fromMs: number; readonly periodSeconds: number },
): readonly MetricDatum[] {
  return Array.from(points).flatMap((point, index) =>
    point === '-'
      ? []
      : [
          {
            metric: metricNamed(name),
            timestampMs: fromMs + index * periodSeconds * 1000,
            values: [point === 'X' ? 1 : 0],
            resolutionSeconds: periodSeconds < 60 ? 1 : 60,
          },
        ],
  );
}

function alarmBase(name: string): AlarmBase {
  return {
    name,
    arn: `arn:aws:cloudwatch:eu-west-1:${ACCOUNT}:alarm:${name}`,
    actionsEnabled: true,
    actions: { ALARM: [PAGES.arn], OK: [PAGES.arn], INSUFFICIENT_DATA: [] },
  };
}
