import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { MetricAlarm } from '../../local/cloudwatch/alarms/alarm.ts';
import { readTemplate } from '../../local/cloudwatch/template/read-template.ts';
import { alarmsOf } from '../support/alarms/alarms-of-settings.ts';
import { EVERYTHING, EXISTING, synthesize, targetOf, type Resource, type Synthesized } from './synthesized.ts';

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

/** All that decides when it goes off, without names of what it watches. */
function essence({ source, name, actions, ...alarm }: MetricAlarm): string {
  const readings = source.kind === 'metric' ? { m: source.reading } : Object.fromEntries(source.readings);
  const read = Object.entries(readings).map(([id, { metric, statistic }]) => [
    id,
    metric.namespace,
    metric.name,
    Object.keys(metric.dimensions).sort(),
    statistic,
  ]);
  const acts = Object.entries(actions).map(([state, targets]) => [state, targets.length]);
  const id = /(?:Alarms|Rollout)(\w+)[0-9A-F]{8}$/.exec(name)?.[1];
  return JSON.stringify([id, read, acts, { ...alarm, arn: '', description: '' }]);
}

function isOf(logicalId: string, id: string): boolean {
  return new RegExp(`^(?:MonitoringAlarms|Rollout)${id}[0-9A-F]{8}$`).test(logicalId);
}

describe('the alarms', () => {
  test.each([
    ['every default', {}],
    ['everything on and the longest timeout', { ...EVERYTHING, timeout: Duration.minutes(15) }],
  ])('are those that are proved, with %s', (_, settings) => {
    const { alarms } = readTemplate(synthesize(settings).template.toJSON());
    const metricAlarms = alarms.filter((it) => it.kind === 'metric');
    const proved = [...alarmsOf(settings).alarms.values()].filter((it) => it.kind === 'metric');
    expect(metricAlarms.map(essence).sort()).toEqual(proved.map(essence).sort());
  });

  test('take silence for bad only where it is about the watchdog itself', () => {
    const breaching = [...alarmsOf({}).alarms].filter(
      ([, it]) => it.kind === 'metric' && it.missingData === 'breaching',
    );
    expect(breaching.map(([id]) => id)).toEqual(['WatchdogSilent']);
  });

  test('follow the settings', () => {
    const changed = synthesize({
      pageWhenRetentionUsedPercent: 75,
      pageWhenStoppedMinutes: 10,
      pageWhenQuarantined: 7,
      noticeWhenCacheHitPercentBelow: 0,
    });
    expect(alarm('DataLossDanger', changed)).toMatchObject({ Threshold: 151_200 });
    expect(alarm('ConsumerStopped', changed)).toMatchObject({ EvaluationPeriods: 12, DatapointsToAlarm: 10 });
    expect(alarm('MappingNotPolling', changed)).toMatchObject({ EvaluationPeriods: 11, DatapointsToAlarm: 9 });
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
