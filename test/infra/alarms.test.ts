import { beforeAll, describe, expect, test, vi } from 'vitest';
import { EXISTING, synthesize, targetOf, type Resource, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

interface MetricPart {
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

let stack: Synthesized;

beforeAll(() => {
  stack = synthesize();
});

/** Metrics of an alarm, whether it has one or a formula over several. */
function metricsOf({ Properties }: Resource): readonly MetricPart[] {
  if (Properties['Metrics'] === undefined) return [Properties];
  const parts = Properties['Metrics'] as readonly { readonly MetricStat?: { readonly Metric: MetricPart } }[];
  return parts.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}

/** An alarm by the name of its construct, which its logical id begins with. */
function alarm(id: string, of: Synthesized = stack): Readonly<Record<string, unknown>> {
  const [found, ...more] = of.ofType('AWS::CloudWatch::Alarm').filter(([logicalId]) => isOf(logicalId, id));
  expect(more).toEqual([]);
  return found![1].Properties;
}

function isOf(logicalId: string, id: string): boolean {
  return new RegExp(`^(?:MonitoringAlarms|Rollout)${id}[0-9A-F]{8}$`).test(logicalId);
}

/** Metric, statistic, period, comparison, threshold, datapoints of periods, and what silence means. */
const EXPECTED: [id: string, ...rest: unknown[]][] = [
  ['Behind', 'BacklogAge', 'Maximum', 60, 'GreaterThanThreshold', 300, '3/5', 'ignore'],
  ['DataLossDanger', 'TimeToDataLoss', 'Minimum', 60, 'LessThanThreshold', 302_400, '3/5', 'ignore'],
  ['WatchdogSilent', 'WatchdogRuns', 'Sum', 60, 'LessThanThreshold', 1, '3/3', 'breaching'],
  ['MappingDisabled', 'MappingEnabled', 'Maximum', 60, 'LessThanThreshold', 1, '3/5', 'ignore'],
  ['IteratorAge', 'IteratorAge', 'Maximum', 60, 'GreaterThanThreshold', 300_000, '3/5', 'ignore'],
  ['IteratorAgeDataLoss', 'IteratorAge', 'Maximum', 60, 'GreaterThanThreshold', 302_400_000, '3/5', 'ignore'],
  ['PositionHeld', 'PositionHeld', 'Sum', 60, 'GreaterThanThreshold', 0, '2/5', 'notBreaching'],
  ['FuseBlown', 'FuseBlown', 'Sum', 60, 'GreaterThanThreshold', 0, '2/5', 'notBreaching'],
  ['Quarantine', 'QuarantineOpen', 'Maximum', 60, 'GreaterThanThreshold', 0, '1/3', 'ignore'],
  ['OnFailureDestination', 'FailedBatchesUnread', 'Maximum', 60, 'GreaterThanThreshold', 0, '1/3', 'ignore'],
  ['OnFailureDelivery', 'DestinationDeliveryFailures', 'Sum', 300, 'GreaterThanThreshold', 0, '1/1', 'notBreaching'],
  ['Dropped', 'DroppedEventCount', 'Sum', 300, 'GreaterThanThreshold', 0, '1/1', 'notBreaching'],
  ['ShardsUnknown', 'ShardsUnknown', 'Maximum', 60, 'GreaterThanThreshold', 0, '15/20', 'notBreaching'],
  ['FunctionErrors', 'Errors', 'Sum', 60, 'GreaterThanThreshold', 0, '3/5', 'notBreaching'],
  ['Throttles', 'Throttles', 'Sum', 60, 'GreaterThanThreshold', 0, '3/5', 'notBreaching'],
  ['Duration', 'Duration', 'Maximum', 60, 'GreaterThanThreshold', 48_000, '3/5', 'notBreaching'],
  ['ReadThroughput', 'ReadProvisionedThroughputExceeded', 'Sum', 60, 'GreaterThanThreshold', 0, '3/5', 'notBreaching'],
  [
    'WriteThroughput',
    'WriteProvisionedThroughputExceeded',
    'Sum',
    60,
    'GreaterThanThreshold',
    0,
    '3/5',
    'notBreaching',
  ],
  ['DatabaseCapacity', 'ACUUtilization', 'Average', 60, 'GreaterThanThreshold', 90, '10/10', 'notBreaching'],
  ['DataApiErrors', 'DataApiErrors', 'Sum', 60, 'GreaterThanThreshold', 5, '3/5', 'notBreaching'],
  ['PagingFailed', 'NumberOfNotificationsFailed', 'Sum', 300, 'GreaterThanThreshold', 0, '1/1', 'notBreaching'],
  ['NobodyPaged', 'PageSubscribers', 'Maximum', 300, 'LessThanThreshold', 1, '12/12', 'ignore'],
  ['NewVersionErrors', 'Errors', 'Sum', 60, 'GreaterThanThreshold', 0, '2/3', 'notBreaching'],
];

/** Formulas: expression, comparison, threshold, datapoints of periods, and what silence means. */
const FORMULAS: [id: string, ...rest: unknown[]][] = [
  ['WatchdogBlind', 'checks + shards', 'GreaterThanThreshold', 0, '5/7', 'ignore'],
  [
    'ConsumerStopped',
    'IF(reads >= 0, (incoming > 0) - (received - held > 0), 0)',
    'GreaterThanThreshold',
    0,
    '5/7',
    'notBreaching',
  ],
  ['MappingNotPolling', '(FILL(enabled, 1) > 0) - (reads >= 0)', 'GreaterThanThreshold', 0, '5/7', 'notBreaching'],
  [
    'CacheHitRatio',
    'IF(FILL(keys, 0) > 100, 100 * FILL(hits, 0) / keys, 100)',
    'LessThanThreshold',
    50,
    '12/15',
    'notBreaching',
  ],
];

describe('the alarms', () => {
  test('are these and no others', () => {
    const ids = [...EXPECTED, ...FORMULAS].map(([id]) => id);
    const logicalIds = stack.ofType('AWS::CloudWatch::Alarm').map(([logicalId]) => logicalId);
    expect(logicalIds.filter((logicalId) => !ids.some((id) => isOf(logicalId, id)))).toEqual([]);
    expect(logicalIds).toHaveLength(ids.length);
  });

  test.each(EXPECTED)('%s watches what it should, and knows what silence means', (id, ...expected) => {
    const it = alarm(id);
    expect([
      it['MetricName'],
      it['Statistic'],
      it['Period'],
      it['ComparisonOperator'],
      it['Threshold'],
      `${String(it['DatapointsToAlarm'])}/${String(it['EvaluationPeriods'])}`,
      it['TreatMissingData'],
    ]).toEqual(expected);
  });

  test.each(FORMULAS)('%s reckons what it should, and knows what silence means', (id, ...expected) => {
    const it = alarm(id);
    const [formula] = it['Metrics'] as readonly { readonly Expression?: string }[];
    expect([
      formula?.Expression,
      it['ComparisonOperator'],
      it['Threshold'],
      `${String(it['DatapointsToAlarm'])}/${String(it['EvaluationPeriods'])}`,
      it['TreatMissingData'],
    ]).toEqual(expected);
  });

  test('follow the settings', () => {
    const changed = synthesize({
      pageWhenRetentionUsedPercent: 75,
      pageWhenStoppedMinutes: 10,
      pageWhenQuarantined: 7,
      noticeWhenCacheHitPercentBelow: 0,
    });
    expect(alarm('DataLossDanger', changed)).toMatchObject({ Threshold: 151_200 });
    expect(alarm('MappingNotPolling', changed)).toMatchObject({ EvaluationPeriods: 12, DatapointsToAlarm: 10 });
    expect(alarm('Quarantine', changed)).toMatchObject({ Threshold: 7 });
    const ids = changed.ofType('AWS::CloudWatch::Alarm').map(([id]) => id);
    expect(ids.some((id) => isOf(id, 'CacheHitRatio'))).toBe(false);
  });

  test('all have actions for ALARM and OK, and a section of the runbook in their words', () => {
    const all = [...stack.ofType('AWS::CloudWatch::Alarm'), ...stack.ofType('AWS::CloudWatch::CompositeAlarm')];
    expect(all.length).toBeGreaterThan(20);
    for (const [, { Properties }] of all) {
      expect(Properties['AlarmActions']).toHaveLength(1);
      expect(Properties['OKActions']).toEqual(Properties['AlarmActions']);
      expect(JSON.stringify(Properties['AlarmDescription'])).toMatch(/docs\/operations\.md#[a-z-]+/);
    }
  });

  test('have dimensions on every metric, each of something in this template', () => {
    const dimensions = stack
      .ofType('AWS::CloudWatch::Alarm')
      .flatMap(([, resource]) => metricsOf(resource))
      .map(({ Dimensions = [] }) => Dimensions);
    expect(dimensions.filter((list) => list.length === 0)).toEqual([]);
    const kinds: Readonly<Record<string, string>> = {
      FunctionName: 'AWS::Lambda::Function',
      EventSourceMappingUUID: 'AWS::Lambda::EventSourceMapping',
      StreamName: 'AWS::Kinesis::Stream',
      DBClusterIdentifier: 'AWS::RDS::DBCluster',
      TopicName: 'AWS::SNS::Topic',
      ExecutedVersion: 'AWS::Lambda::Version',
    };
    for (const { Name, Value } of dimensions.flat()) {
      if (Name === 'service') expect(Value).toBe('orders-test');
      else if (Name === 'Resource') expect(JSON.stringify(Value)).toMatch(/ProcessingProcessorFunction.*:live/);
      else expect([Name, stack.resources[targetOf(Value) ?? '']?.Type]).toEqual([Name, kinds[Name]]);
    }
  });

  test('name an existing stream and an existing cluster', () => {
    const existing = synthesize({ ...EXISTING });
    const values = existing
      .ofType('AWS::CloudWatch::Alarm')
      .flatMap(([, resource]) => metricsOf(resource))
      .flatMap(({ Dimensions = [] }) => Dimensions);
    expect(values).toContainEqual({ Name: 'StreamName', Value: 'orders' });
    expect(values).toContainEqual({ Name: 'DBClusterIdentifier', Value: 'shared' });
  });
});

/** Alarms that an incident is made of. */
function partsOf(incident: string, of: Synthesized = stack): readonly string[] {
  const [found] = of.ofType('AWS::CloudWatch::CompositeAlarm').filter(([id]) => id.includes(`Incident${incident}`));
  const rule = JSON.stringify(found?.[1].Properties['AlarmRule']);
  expect(rule).not.toContain('AND');
  const ids = [...rule.matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/g)].map(([, id = '']) => id);
  return ids.map((id) => /^MonitoringAlarms(\w+)[0-9A-F]{8}$/.exec(id)?.[1] ?? id).sort();
}

describe('the incidents', () => {
  test.each([
    [
      'NotKeepingUp',
      [
        'Behind',
        'ConsumerStopped',
        'FuseBlown',
        'IteratorAge',
        'MappingDisabled',
        'MappingNotPolling',
        'PositionHeld',
        'WatchdogBlind',
        'WatchdogSilent',
      ],
    ],
    ['DataLossDanger', ['DataLossDanger', 'IteratorAgeDataLoss']],
    ['RecordsLost', ['Dropped', 'OnFailureDelivery']],
    ['SetAside', ['OnFailureDestination', 'Quarantine']],
  ])('%s is one page for any of its alarms', (name, parts) => {
    expect(partsOf(name)).toEqual(parts);
  });

  test('page nobody for a planned pause, but for records that are about to be lost', () => {
    const paused = synthesize({ mappingEnabled: false });
    expect(partsOf('NotKeepingUp', paused)).toEqual(['FuseBlown', 'PositionHeld', 'WatchdogBlind', 'WatchdogSilent']);
    expect(partsOf('DataLossDanger', paused)).toEqual(['DataLossDanger', 'IteratorAgeDataLoss']);
    const ids = paused.ofType('AWS::CloudWatch::Alarm').map(([id]) => id);
    const absent = ['ConsumerStopped', 'MappingNotPolling', 'MappingDisabled'];
    expect(ids.filter((id) => absent.some((name) => isOf(id, name)))).toEqual([]);
    // It goes off every day, which would read as if the pause were over.
    expect(alarm('Paused', paused)).toMatchObject({ MetricName: 'PauseReminder', Threshold: 0, DatapointsToAlarm: 1 });
    expect(alarm('Paused', paused)).not.toHaveProperty('OKActions');
    expect(stack.ofType('AWS::CloudWatch::Alarm').some(([id]) => isOf(id, 'Paused'))).toBe(false);
  });

  test('page, while single alarms only notify, so that one incident is one page', () => {
    const actions = (type: string): readonly (string | undefined)[] => [
      ...new Set(
        stack
          .ofType(type)
          .flatMap(([, { Properties }]) => (Properties['AlarmActions'] as readonly unknown[]).map(targetOf)),
      ),
    ];
    expect(actions('AWS::CloudWatch::CompositeAlarm')).toEqual([expect.stringMatching(/^PagingPages/)]);
    expect(actions('AWS::CloudWatch::Alarm')).toEqual([expect.stringMatching(/^PagingNotices/)]);
  });
});
