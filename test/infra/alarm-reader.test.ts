import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CloudWatchWorld } from '../../local/cloudwatch/cloudwatch-world.ts';
import { ANY_PLACE } from '../../local/cloudwatch/template/cloudformation-template.ts';
import { readTemplate, type MonitoredTemplate } from '../../local/cloudwatch/template/read-template.ts';
import { START_MS, PUNCTUAL } from '../support/cloudwatch-alarms.ts';
import { EVERYTHING, synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let monitored: MonitoredTemplate;
let alarmCount: number;

beforeAll(() => {
  const stack = synthesize(EVERYTHING);
  const composites = stack.ofType('AWS::CloudWatch::CompositeAlarm');
  alarmCount = stack.ofType('AWS::CloudWatch::Alarm').length + composites.length;
  monitored = readTemplate(stack.template.toJSON());
});

describe('the template of a stack with everything on', () => {
  it('has alarms that can all be read', () => {
    expect(monitored.alarms).toHaveLength(alarmCount);
    expect(alarmCount).toBeGreaterThan(20);
  });

  it('has alarms whose every action reaches somebody', () => {
    const world = new CloudWatchWorld({
      startMs: START_MS,
      accountId: ANY_PLACE.accountId,
      topics: monitored.topics,
      behavior: PUNCTUAL,
    });
    world.deploy(monitored.alarms);
    const messages = world.advanceTo(START_MS + 60 * 60_000);
    expect(messages.length).toBeGreaterThanOrEqual(alarmCount);
    expect(messages.filter(({ delivery }) => delivery.kind === 'lost')).toEqual([]);
  });
});
