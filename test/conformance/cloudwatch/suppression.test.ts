import { describe, expect, it } from 'vitest';
import {
  cloudWatch,
  compositeAlarm,
  metricAlarm,
  mathSource,
  pointsOf,
  START_MS,
} from '../../support/cloudwatch-alarms.ts';

/**
 * The examples of the CloudWatch User Guide, "Suppressing composite alarm actions": states of the composite alarm and
 * of its suppressor at t0, t1, and so on, each a minute; the wait period is two units, the extension period three.
 */
const EXAMPLES = [
  { title: 'actions run after the wait period', composite: '00XXXXXXXX', suppressor: '0000000000', acts: ['t4 ALARM'] },
  {
    title: 'the suppressor comes within the wait period',
    composite: '00XXXXXXXX',
    suppressor: '000XXXXXXX',
    acts: [],
  },
  {
    title: 'a change back begins a new wait period',
    composite: '00X0000000',
    suppressor: '0000000000',
    acts: ['t5 OK'],
  },
  { title: 'the suppressor is there already', composite: '00XXXXXXXX', suppressor: '0XXXXXXXXX', acts: [] },
  {
    title: 'actions run after the extension period',
    composite: '00XXXXXXXXX',
    suppressor: '000XXX00000',
    acts: ['t9 ALARM'],
  },
  {
    title: 'a change within the extension period begins a wait period',
    composite: '00XXXXX0000',
    suppressor: '000XXX00000',
    acts: ['t9 OK'],
  },
  {
    title: 'a suppressor that comes after the actions holds nothing back until the next change',
    composite: '00XXXXXX000',
    suppressor: '00000XXXXXX',
    acts: ['t4 ALARM'],
  },
];

describe('a composite alarm with a suppressor, as documented', () => {
  it.each(EXAMPLES)('$title', ({ composite, suppressor, acts }) => {
    expect(actionsOf(composite, suppressor)).toEqual(acts);
  });
});

/** The actions of the composite alarm from t1 on, after that of its creation. */
function actionsOf(composite: string, suppressor: string): readonly string[] {
  const world = cloudWatch();
  const t0Ms = START_MS + 10 * 60_000;
  // An alarm is in a state one period after the value that brings it there.
  const place = { fromMs: t0Ms - 60_000, periodSeconds: 60 };
  for (const datum of [...pointsOf('child', composite, place), ...pointsOf('other', suppressor, place)])
    world.put(datum);
  world.deploy([
    metricAlarm({ name: 'child', source: mathSource('child', 'child'), actionsEnabled: false }),
    metricAlarm({ name: 'other', source: mathSource('other', 'other'), actionsEnabled: false }),
    compositeAlarm('ALARM(child)', { suppressor: { alarm: 'other', waitSeconds: 120, extensionSeconds: 180 } }),
  ]);
  world.advanceTo(t0Ms);
  const messages = world.advanceTo(t0Ms + (composite.length - 1) * 60_000);
  return messages.map(({ atMs, state }) => `t${(atMs - t0Ms) / 60_000} ${state}`);
}
