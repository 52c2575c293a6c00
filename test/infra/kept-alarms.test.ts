import { beforeAll, expect, it } from 'vitest';
import { createKeptAlarms } from '../../drills/kept-world/kept-alarms.ts';
import type { AlarmAnswer } from '../../local/aws/aws-answers.ts';
import { MetricStore } from '../../local/cloudwatch/metrics/metric-store.ts';
import { synthesize } from './synthesized.ts';

const MINUTE_MS = 60_000;
const MINUTES = 30;
const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';

let template: unknown;

beforeAll(() => {
  template = synthesize().template.toJSON();
});

/** Alarms after half an hour in which each of these metrics was published every minute. */
function alarmsWith(metrics: Readonly<Record<string, number>>): ReadonlyMap<string, AlarmAnswer> {
  const store = new MetricStore();
  const stack = {
    ...{ functionName: 'orders', stackName: 'orders-local-2', deployment: 'orders-local', streamArn: STREAM_ARN },
    ...{ mappingId: 'a-mapping', pageTopicArn: 'arn:of:the:pages', store },
  };
  const alarms = createKeptAlarms(template, stack, 0);
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (const [metric, value] of Object.entries(metrics)) {
      const [namespace = '', dimension = '', of = '', name = ''] = metric.split(' ');
      const datum = { metric: { namespace, name, dimensions: { [dimension]: of } }, values: [value] };
      store.put({ ...datum, timestampMs: minute * MINUTE_MS }, minute * MINUTE_MS);
    }
    alarms.at(minute * MINUTE_MS);
  }
  return new Map(
    alarms.at(MINUTES * MINUTE_MS).map((alarm) => [alarm.name.replace(/^orders-\S+Alarms|[0-9A-F]{8}$/g, ''), alarm]),
  );
}

it('sees what a world publishes for its function, its mapping and its stream, whatever the template calls them', () => {
  const alarms = alarmsWith({
    'AWS/Lambda FunctionName orders Errors': 9,
    'AWS/Lambda FunctionName orders Invocations': 9,
    'AWS/Kinesis StreamName orders WriteProvisionedThroughputExceeded': 9,
    'AWS/Lambda EventSourceMappingUUID a-mapping PolledEventCount': 0,
  });
  const states = ['FunctionErrors', 'WriteThroughput', 'MappingNotPolling'].map((id) => alarms.get(id)?.state);
  expect(states).toEqual(['ALARM', 'ALARM', 'OK']);
});

it('says since when an incident is on, and what makes it', () => {
  const alarms = alarmsWith({});
  const silent = alarms.get('WatchdogSilent');
  expect(silent).toMatchObject({ kind: 'metric', state: 'ALARM' });
  const [incident] = [...alarms.values()].filter(({ name }) => name.endsWith('-NotKeepingUp'));
  expect(incident).toMatchObject({ kind: 'composite', state: 'ALARM', actions: ['arn:of:the:pages'] });
  expect(incident?.reason).toBe('WatchdogSilent');
  expect(incident?.sinceMs).toBe(silent?.sinceMs);
  expect(incident?.sinceMs).toBeGreaterThan(0);
  expect(alarms.get('FunctionErrors')?.state).not.toBe('ALARM');
});
