import { beforeAll, describe, expect, test, vi } from 'vitest';
import { synthesize, type Resource, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let stack: Synthesized;

beforeAll(() => {
  stack = synthesize();
});

/** The one resource of a type. */
function only(type: string): readonly [logicalId: string, resource: Resource] {
  const found = stack.ofType(type);
  expect(found).toHaveLength(1);
  return [...found[0]!];
}

describe('a first deployment', () => {
  test('makes every alarm after the watchdog has run on its schedule, and removes them before', () => {
    const [firstRun] = only('AWS::CloudFormation::WaitCondition');
    const all = [...stack.ofType('AWS::CloudWatch::Alarm'), ...stack.ofType('AWS::CloudWatch::CompositeAlarm')];
    const monitoring = all.filter(([id]) => id.startsWith('MonitoringAlarms'));
    expect(monitoring.length).toBeGreaterThan(20);
    expect(monitoring.filter(([, { DependsOn = [] }]) => !DependsOn.includes(firstRun))).toEqual([]);
    const [rule] = stack.ofType('AWS::Events::Rule').find(([id]) => id.includes('EveryMinute')) ?? [];
    expect(stack.resources[firstRun]?.DependsOn).toContain(rule);
  });

  test('waits for a signal of the very function that the schedule runs', () => {
    const [, condition] = only('AWS::CloudFormation::WaitCondition');
    const [handle] = only('AWS::CloudFormation::WaitConditionHandle');
    // What a wait condition says cannot be changed once it is there: no update of a stack may touch it.
    expect(condition.Properties).toEqual({ Count: 1, Handle: { Ref: handle }, Timeout: '900' });
    const [, watchdog] = stack.ofType('AWS::Lambda::Function').find(([id]) => id.includes('WatchingWatchdog'))!;
    const { Variables } = watchdog.Properties['Environment'] as { Variables: Record<string, unknown> };
    expect(Variables['RUNS_SIGNAL_URL']).toEqual({ Ref: handle });
  });
});
