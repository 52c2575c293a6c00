import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CloudWatchWorld, type AlarmMessage } from '../../local/cloudwatch/cloudwatch-world.ts';
import { ANY_PLACE } from '../../local/cloudwatch/template/cloudformation-template.ts';
import { readTemplate } from '../../local/cloudwatch/template/read-template.ts';
import { PUNCTUAL, START_MS } from '../support/cloudwatch-alarms.ts';
import { EVERYTHING, synthesize, type Resource, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

type Statements = { Principal: { Service?: string } | string; Effect: string }[];

let stack: Synthesized;
let alarmCount: number;

beforeAll(() => {
  stack = synthesize(EVERYTHING);
  alarmCount = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap(stack.ofType).length;
});

/** A copy of the template with one thing done to each resource of a type. */
function broken(
  type: string,
  change: (resource: Resource, all: Record<string, Resource>, id: string) => void,
): unknown {
  const copy = structuredClone(stack.template.toJSON()) as { Resources: Record<string, Resource> };
  for (const [id, resource] of Object.entries(copy.Resources))
    if (resource.Type === type) change(resource, copy.Resources, id);
  return copy;
}

/** What the alarms send in their first hour, in which nobody publishes anything. */
function firstHour(template: unknown): readonly AlarmMessage[] {
  const { alarms, topics } = readTemplate(template);
  const { accountId } = ANY_PLACE;
  const world = new CloudWatchWorld({ startMs: START_MS, accountId, topics, behavior: PUNCTUAL });
  world.deploy(alarms);
  return world.advanceTo(START_MS + 60 * 60_000);
}

function lost(messages: readonly AlarmMessage[]): readonly string[] {
  return [...new Set(messages.flatMap(({ delivery }) => (delivery.kind === 'lost' ? [delivery.reason] : [])))];
}

function withoutCloudWatch(statements: Statements): void {
  const index = statements.findIndex(
    ({ Principal: principal }) => typeof principal === 'object' && principal.Service === 'cloudwatch.amazonaws.com',
  );
  statements.splice(index, 1);
}

describe('the template of a stack with everything on', () => {
  it('has alarms that can all be read', () => {
    expect(readTemplate(stack.template.toJSON()).alarms).toHaveLength(alarmCount);
    expect(alarmCount).toBeGreaterThan(20);
  });

  it('has alarms whose messages all reach somebody', () => {
    const messages = firstHour(stack.template.toJSON());
    expect(messages.length).toBeGreaterThan(20);
    expect(lost(messages)).toEqual([]);
  });
});

describe('messages are lost', () => {
  it('when nobody is subscribed', () => {
    const template = broken('AWS::SNS::Subscription', (_, all, id) => {
      Reflect.deleteProperty(all, id);
    });
    expect(lost(firstHour(template))).toEqual(['the topic has no subscription']);
  });

  it('when the policies of the topics only deny what is sent in the clear', () => {
    const template = broken('AWS::SNS::TopicPolicy', ({ Properties }) => {
      withoutCloudWatch((Properties['PolicyDocument'] as { Statement: Statements }).Statement);
    });
    expect(lost(firstHour(template))).toEqual(['publishing is not allowed by the policy of the topic']);
  });

  it('when the policy of the key does not know CloudWatch', () => {
    const template = broken('AWS::KMS::Key', ({ Properties }) => {
      withoutCloudWatch((Properties['KeyPolicy'] as { Statement: Statements }).Statement);
    });
    expect(lost(firstHour(template))).toEqual([
      expect.stringContaining("not allowed by the policy of the topic's key"),
    ]);
  });
});
