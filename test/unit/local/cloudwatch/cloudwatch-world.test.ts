import { describe, expect, it } from 'vitest';
import type { Alarm } from '../../../../local/cloudwatch/alarms/alarm.ts';
import type { AlarmMessage, CloudWatchWorld } from '../../../../local/cloudwatch/cloudwatch-world.ts';
import {
  cloudWatch,
  compositeAlarm,
  mathSource,
  metricAlarm,
  PAGES,
  pointsOf,
  PUNCTUAL,
  START_MS,
} from '../../../support/cloudwatch-alarms.ts';

const MINUTE_MS = 60_000;

/** A world that has run over these points of `m`, a minute each, with the alarms from the beginning. */
function worldOver(points: string, alarms: readonly Alarm[]): CloudWatchWorld {
  const world = cloudWatch();
  publish(world, points);
  world.deploy(alarms);
  return world;
}

function publish(world: CloudWatchWorld, points: string, name = 'm'): void {
  for (const datum of pointsOf(name, points, { fromMs: world.nowMs, periodSeconds: 60 })) world.put(datum);
}

function minutes(world: CloudWatchWorld, count: number): readonly string[] {
  return world.advanceTo(world.nowMs + count * MINUTE_MS).map(describeMessage);
}

function describeMessage({ minute, alarmName, state }: AlarmMessage): string {
  return `${minute} ${alarmName} ${state}`;
}

describe('an alarm', () => {
  it('begins without a state and acts on the first that it gets', () => {
    const world = worldOver('0', [metricAlarm()]);
    expect(world.stateOf('alarm')).toBe('INSUFFICIENT_DATA');
    expect(minutes(world, 3)).toEqual(['0 alarm OK']);
  });

  it('acts when its state changes, and only then', () => {
    const world = worldOver('00XXX00', [metricAlarm()]);
    expect(minutes(world, 10)).toEqual(['0 alarm OK', '3 alarm ALARM', '6 alarm OK']);
  });

  it('keeps a history with times and the points that decided', () => {
    const world = worldOver('0-X', [metricAlarm()]);
    minutes(world, 3);
    expect(world.historyOf('alarm')).toEqual([
      { atMs: START_MS, from: 'INSUFFICIENT_DATA', to: 'OK', because: '---' },
      { atMs: START_MS + 3 * MINUTE_MS, from: 'OK', to: 'ALARM', because: '0-X' },
    ]);
  });

  it('keeps its state where missing data is ignored and nothing good is left', () => {
    const world = worldOver('X------', [metricAlarm({ missingData: 'ignore' })]);
    minutes(world, 7);
    expect(world.stateOf('alarm')).toBe('ALARM');
  });

  it('acts on nothing while its actions are disabled', () => {
    expect(minutes(worldOver('0X', [metricAlarm({ actionsEnabled: false })]), 5)).toEqual([]);
  });

  it('is evaluated once an hour, up to the full hour, when it looks at more than a day', () => {
    const world = worldOver('X', [metricAlarm({ periodSeconds: 3600, evaluationPeriods: 25, datapointsToAlarm: 1 })]);
    expect(minutes(world, 59)).toEqual(['0 alarm OK']);
    expect(minutes(world, 2)).toEqual(['60 alarm ALARM']);
  });

  it('is evaluated at its own second, the first time after its creation and the time that takes', () => {
    const behavior = { ...PUNCTUAL, phaseMs: () => 25_000, firstEvaluationMs: 70_000 };
    const world = cloudWatch({ behavior });
    world.advanceTo(START_MS + 20_000);
    world.deploy([metricAlarm()]);
    world.advanceTo(START_MS + 5 * MINUTE_MS);
    expect(world.historyOf('alarm')[0]?.atMs).toBe(START_MS + 2 * MINUTE_MS + 25_000);
  });

  it('does not see what is published late until then', () => {
    const late = { ...PUNCTUAL, publishingDelayMs: () => 90_000 };
    const world = cloudWatch({ behavior: late });
    publish(world, '0X');
    world.deploy([metricAlarm()]);
    // The bad value is of minute 1 and visible from 2:30 on; the range of three minutes still has it.
    expect(minutes(world, 4)).toEqual(['0 alarm OK', '3 alarm ALARM']);
  });

  it('over FILL reads the newest minute as the fill value when it is late: 5 of 5 never ring, 4 of 5 do', () => {
    const behavior = { ...PUNCTUAL, publishingDelayMs: () => 90_000 };
    const rings = (datapointsToAlarm: number): boolean => {
      const world = cloudWatch({ behavior });
      publish(world, 'X'.repeat(60));
      const source = mathSource('FILL(m, 0)', 'm');
      world.deploy([metricAlarm({ source, evaluationPeriods: 5, datapointsToAlarm })]);
      minutes(world, 60);
      return world.historyOf('alarm').some(({ to }) => to === 'ALARM');
    };
    expect([rings(5), rings(4)]).toEqual([false, true]);
  });

  it('takes its metrics from what functions log', () => {
    const world = worldOver('', [
      metricAlarm({
        source: {
          kind: 'metric',
          reading: {
            metric: { namespace: 'Shop', name: 'Held', dimensions: { service: 'orders' } },
            statistic: { kind: 'Sum' },
          },
        },
      }),
    ]);
    world.log(
      JSON.stringify({
        _aws: {
          Timestamp: START_MS + 1000,
          CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions: [['service']], Metrics: [{ Name: 'Held' }] }],
        },
        service: 'orders',
        Held: 1,
      }),
    );
    world.log('nothing of interest');
    expect(minutes(world, 2)).toContain('1 alarm ALARM');
  });
});

describe('a deployment', () => {
  it('keeps the state of an alarm that was there, whatever is new about it', () => {
    const world = worldOver('XXXXXXXX', [metricAlarm()]);
    minutes(world, 2);
    world.deploy([metricAlarm({ threshold: 5 })]);
    expect(world.stateOf('alarm')).toBe('ALARM');
    expect(minutes(world, 1)).toEqual(['3 alarm OK']);
  });

  it('begins a new alarm and ends one that is gone', () => {
    const world = worldOver('0000', [metricAlarm()]);
    minutes(world, 1);
    world.deploy([metricAlarm({ name: 'other' })]);
    expect(world.stateOf('other')).toBe('INSUFFICIENT_DATA');
    expect(() => world.stateOf('alarm')).toThrow('there is no alarm alarm');
  });
});

describe('a composite alarm', () => {
  const child = metricAlarm({ actionsEnabled: false });

  it('follows its children at once, and acts at its creation', () => {
    const world = worldOver('00XX0', [child, compositeAlarm('ALARM(alarm)')]);
    expect(minutes(world, 8)).toEqual(['0 composite OK', '3 composite ALARM', '5 composite OK']);
  });

  it('says which children rang', () => {
    const world = worldOver('X', [child, compositeAlarm('ALARM(alarm) OR ALARM("alarm")')]);
    minutes(world, 1);
    expect(world.historyOf('composite').at(-1)).toMatchObject({ to: 'ALARM', because: 'alarm' });
  });

  it('does not take a child without a state for one in ALARM', () => {
    const world = worldOver('X', [child, compositeAlarm('ALARM(alarm) OR INSUFFICIENT_DATA(alarm)')]);
    expect(world.stateOf('composite')).toBe('ALARM');
    expect(worldOver('X', [child, compositeAlarm('ALARM(alarm)')]).stateOf('composite')).toBe('OK');
  });

  it('looks at alarms by their ARNs, and at composite alarms in the order of their need', () => {
    const outer = compositeAlarm(`ALARM(${compositeAlarm('TRUE').arn})`, { name: 'outer' });
    const world = worldOver('0X', [outer, compositeAlarm('ALARM(alarm)'), child]);
    expect(minutes(world, 2)).toEqual(['0 composite OK', '0 outer OK', '2 composite ALARM', '2 outer ALARM']);
  });

  it.each([
    ['TRUE OR FALSE AND FALSE', 'ALARM'],
    ['(TRUE OR FALSE) AND FALSE', 'OK'],
    ['NOT ALARM(alarm) AND OK(alarm)', 'OK'],
    ['AT_LEAST(1, ALARM, (alarm, other))', 'ALARM'],
    ['AT_LEAST(2, ALARM, (alarm, other))', 'OK'],
    ['AT_LEAST(50%, ALARM, (alarm, other))', 'ALARM'],
    ['AT_LEAST(51%, ALARM, (alarm, other))', 'OK'],
    ['AT_LEAST(1, NOT ALARM, (alarm, other))', 'ALARM'],
    ['AT_LEAST(2, NOT ALARM, (alarm, other))', 'OK'],
    ['AT_LEAST(1, NOT ALARM, (alarm))', 'OK'],
    ['AT_LEAST(1, NOT OK, (alarm))', 'ALARM'],
  ])('with the rule %s is in %s while one of two alarms rings', (rule, state) => {
    const world = cloudWatch();
    publish(world, 'X');
    publish(world, '0', 'n');
    world.deploy([child, metricAlarm({ name: 'other', source: mathSource('n', 'n') }), compositeAlarm(rule)]);
    world.advanceTo(START_MS + MINUTE_MS);
    expect(world.stateOf('composite')).toBe(state);
  });

  it('sees a suppressor that comes in the same moment, also a composite one', () => {
    const inner = { ...compositeAlarm('ALARM(alarm)', { name: 'inner' }), actionsEnabled: false };
    const suppressor = { alarm: 'inner', waitSeconds: 0, extensionSeconds: 0 };
    const world = worldOver('0XXXXX', [compositeAlarm('ALARM(alarm)', { suppressor }), inner, child]);
    expect(minutes(world, 6)).toEqual(['0 composite OK']);
  });

  it('cannot be deployed when it watches itself', () => {
    const deploy = (): void => {
      cloudWatch().deploy([compositeAlarm('ALARM(composite)')]);
    };
    expect(deploy).toThrow('alarms that watch themselves: composite');
  });

  it('gives up a wait without a word when its suppressor is replaced', () => {
    const suppressor = { alarm: 'quiet', waitSeconds: 600, extensionSeconds: 60 };
    const quiet = metricAlarm({ name: 'quiet', source: mathSource('n', 'n'), actionsEnabled: false });
    const other = { ...quiet, name: 'other' };
    const world = worldOver('XXXXXXXXXXXXXXXXXXXX', [
      child,
      quiet,
      other,
      compositeAlarm('ALARM(alarm)', { suppressor }),
    ]);
    minutes(world, 3);
    world.deploy([
      child,
      quiet,
      other,
      compositeAlarm('ALARM(alarm)', { suppressor: { ...suppressor, alarm: 'other' } }),
    ]);
    expect(minutes(world, 15)).toEqual([]);
  });
});

describe('a message', () => {
  it('is delivered to those who are subscribed', () => {
    const world = worldOver('0', [metricAlarm()]);
    expect(world.advanceTo(START_MS)).toEqual([
      {
        atMs: START_MS,
        minute: 0,
        alarmName: 'alarm',
        state: 'OK',
        target: PAGES.arn,
        delivery: { kind: 'delivered', to: PAGES.subscriptions },
      },
    ]);
  });

  it('is lost where nothing is known of its target', () => {
    const target = 'arn:aws:sns:eu-west-1:111122223333:elsewhere';
    const world = worldOver('0', [metricAlarm({ actions: { OK: [target], ALARM: [], INSUFFICIENT_DATA: [] } })]);
    expect(world.advanceTo(START_MS)[0]?.delivery).toEqual({ kind: 'lost', reason: `nothing is known of ${target}` });
  });

  it('is lost where nobody has confirmed', () => {
    const world = cloudWatch({ isConfirmed: ({ protocol }) => protocol !== 'https' });
    world.deploy([metricAlarm()]);
    expect(world.advanceTo(START_MS)[0]?.delivery).toEqual({ kind: 'lost', reason: 'no subscription is confirmed' });
  });

  it('comes once, and in the same order in every run', () => {
    const alarms = ['a', 'b', 'c'].map((name) => metricAlarm({ name }));
    const world = worldOver('0X0', alarms);
    const first = minutes(world, 2);
    expect([...first, ...minutes(world, 3)]).toEqual(minutes(worldOver('0X0', alarms), 5));
    expect(minutes(world, 0)).toEqual([]);
  });
});
