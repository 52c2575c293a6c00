import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  evaluateAlarm,
  minutesInAlarm,
  type AlarmProperties,
  type Published,
  type Sample,
} from '../support/evaluate-alarm.ts';
import { synthesize, type Resource, type Synthesized } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const SLOWEST = { timeout: Duration.minutes(15), maxBatchingWindow: Duration.minutes(5) } as const;

let stack: Synthesized;
let slow: Synthesized;

beforeAll(() => {
  stack = synthesize();
  slow = synthesize(SLOWEST);
});

function alarmsOf(of: Synthesized): readonly (readonly [id: string, alarm: AlarmProperties])[] {
  return of.ofType('AWS::CloudWatch::Alarm').map(([logicalId, { Properties }]) => {
    const id = /^(?:MonitoringAlarms|Rollout)(\w+)[0-9A-F]{8}$/.exec(logicalId)?.[1] ?? logicalId;
    return [id, Properties as unknown as AlarmProperties];
  });
}

function alarm(id: string, of: Synthesized = stack): AlarmProperties {
  return alarmsOf(of).find(([name]) => name === id)![1];
}

/** The one resource of a type. */
function only(type: string): readonly [logicalId: string, resource: Resource] {
  const found = stack.ofType(type);
  expect(found).toHaveLength(1);
  return [...found[0]!];
}

function everyMinute(from: number, to: number, value: number): readonly Sample[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => ({ minute: from + index, value }));
}

const BOTH = [true, false] as const;

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

  test.each(BOTH)('pages nobody while there is no data: FILL fills what never was: %s', (fillsNothing) => {
    const options = { atMinute: 100, before: 'INSUFFICIENT_DATA', fillsNothing } as const;
    const on = alarmsOf(stack).filter(([, properties]) => evaluateAlarm(properties, {}, options) === 'ALARM');
    // A mapping that is enabled and does not read, and a watchdog that does not run, are both true of no data at all.
    const expected = fillsNothing ? ['MappingNotPolling', 'WatchdogSilent'] : ['WatchdogSilent'];
    expect(on.map(([id]) => id).sort()).toEqual(expected);
  });

  test.each(BOTH)('pages nobody on a stream that was busy before: FILL fills what never was: %s', (fillsNothing) => {
    // The mapping begins in minute 100, the watchdog too; the alarms are there in minute 105.
    const published: Published = {
      IncomingRecords: everyMinute(0, 105, 500),
      // What AWS publishes is there two minutes late.
      PolledEventCount: everyMinute(100, 103, 500),
      RecordsReceived: everyMinute(100, 104, 500),
      RecordsHeld: everyMinute(100, 104, 0),
      PositionHeld: everyMinute(100, 104, 0),
      WatchdogRuns: everyMinute(100, 104, 1),
      BacklogAge: everyMinute(100, 104, 30),
      TimeToDataLoss: everyMinute(100, 104, 604_000),
      ChecksFailed: everyMinute(100, 104, 0),
      ShardsUnreadable: everyMinute(100, 104, 0),
      MappingEnabled: everyMinute(100, 104, 1),
      QuarantineOpen: everyMinute(100, 104, 0),
      FailedBatchesUnread: everyMinute(100, 104, 0),
      // Nobody has confirmed yet.
      PageSubscribers: everyMinute(100, 104, 0),
    };
    const options = { atMinute: 105, before: 'INSUFFICIENT_DATA', fillsNothing } as const;
    for (const of of [stack, slow]) {
      const on = alarmsOf(of).filter(([, properties]) => evaluateAlarm(properties, published, options) === 'ALARM');
      expect(on.map(([id]) => id)).toEqual([]);
    }
  });
});

describe('silence', () => {
  test('is bad to one alarm only', () => {
    const breaching = alarmsOf(stack).filter(([, { TreatMissingData }]) => TreatMissingData === 'breaching');
    expect(breaching.map(([id]) => id)).toEqual(['WatchdogSilent']);
  });

  test('of the watchdog sets off its own alarm within six minutes, and leaves the gauges as they are', () => {
    const published: Published = {
      WatchdogRuns: everyMinute(0, 100, 1),
      BacklogAge: everyMinute(0, 100, 900),
      TimeToDataLoss: everyMinute(0, 100, 600_000),
    };
    const options = { from: 90, to: 130, fillsNothing: true };
    expect(minutesInAlarm(alarm('WatchdogSilent'), published, options)[0]).toBeLessThanOrEqual(106);
    expect(minutesInAlarm(alarm('Behind'), published, options)).toHaveLength(41);
    expect(minutesInAlarm(alarm('DataLossDanger'), published, options)).toEqual([]);
  });

  test('before the one run that can be seen yet is none', () => {
    const options = { atMinute: 105, before: 'INSUFFICIENT_DATA', fillsNothing: true } as const;
    const published = { WatchdogRuns: everyMinute(103, 104, 1) };
    expect(evaluateAlarm(alarm('WatchdogSilent'), published, options)).toBe('OK');
  });

  test('of two minutes is none', () => {
    const runs = [...everyMinute(0, 100, 1), ...everyMinute(102, 140, 1)];
    const options = { from: 20, to: 130, fillsNothing: true };
    expect(minutesInAlarm(alarm('WatchdogSilent'), { WatchdogRuns: runs }, options)).toEqual([]);
  });
});

describe('a consumer that commits nothing', () => {
  test.each(BOTH)('is noticed though the newest minutes are not there yet: %s', (fillsNothing) => {
    for (const late of [0, 1, 2]) {
      const published: Published = {
        IncomingRecords: everyMinute(0, 100 - late, 500),
        PolledEventCount: everyMinute(0, 100 - late, 500),
      };
      const options = { atMinute: 100, before: 'OK', fillsNothing } as const;
      expect(evaluateAlarm(alarm('ConsumerStopped'), published, options)).toBe('ALARM');
      // It held before, and does so still.
      const held = { ...published, RecordsReceived: everyMinute(0, 50, 9), RecordsHeld: everyMinute(0, 50, 0) };
      expect(evaluateAlarm(alarm('ConsumerStopped'), held, options)).toBe('ALARM');
      const holding = { ...published, RecordsReceived: everyMinute(0, 99, 9), RecordsHeld: everyMinute(0, 99, 9) };
      expect(evaluateAlarm(alarm('ConsumerStopped'), holding, options)).toBe('ALARM');
    }
  });

  test.each(BOTH)(
    'is not an idle one, nor one that commits, nor one whose invocations are long: %s',
    (fillsNothing) => {
      const idle: Published = { PolledEventCount: everyMinute(0, 100, 0) };
      const polled = { PolledEventCount: everyMinute(0, 99, 5), IncomingRecords: everyMinute(0, 99, 5) };
      const busy: Published = {
        ...polled,
        RecordsReceived: everyMinute(0, 98, 5),
        RecordsHeld: everyMinute(0, 98, 1),
      };
      const options = { from: 20, to: 100, fillsNothing };
      expect(minutesInAlarm(alarm('ConsumerStopped'), idle, options)).toEqual([]);
      expect(minutesInAlarm(alarm('ConsumerStopped'), busy, options)).toEqual([]);
      const long = [0, 16, 32, 48, 64, 80, 96].map((minute) => ({ minute, value: 900 }));
      const lasting = { ...polled, RecordsReceived: long, RecordsHeld: long.map((it) => ({ ...it, value: 0 })) };
      expect(minutesInAlarm(alarm('ConsumerStopped', slow), lasting, { ...options, from: 60 })).toEqual([]);
    },
  );
});

describe('a mapping that does not read', () => {
  const enabled = everyMinute(0, 200, 1);

  test.each(BOTH)('is noticed within nine minutes, also when the watchdog is silent: %s', (fillsNothing) => {
    const stopped: Published = { PolledEventCount: everyMinute(0, 100, 0) };
    const options = { from: 90, to: 140, fillsNothing };
    const [first = Infinity] = minutesInAlarm(
      alarm('MappingNotPolling'),
      { ...stopped, MappingEnabled: enabled },
      options,
    );
    expect(first).toBeGreaterThan(104);
    expect(first).toBeLessThanOrEqual(109);
    const silent = { ...stopped, MappingEnabled: everyMinute(0, 100, 1) };
    expect(minutesInAlarm(alarm('MappingNotPolling'), silent, options)[0]).toBeLessThanOrEqual(109);
  });

  test.each(BOTH)('is not an idle one whose newest minutes are late, nor one that is disabled: %s', (fillsNothing) => {
    const options = { from: 20, to: 100, fillsNothing };
    const idle: Published = { PolledEventCount: everyMinute(0, 98, 0), MappingEnabled: enabled };
    for (const late of [0, 1, 2]) {
      const newest = { atMinute: 98 + late, before: 'OK', fillsNothing } as const;
      expect(evaluateAlarm(alarm('MappingNotPolling'), idle, newest)).toBe('OK');
    }
    const paused = { PolledEventCount: everyMinute(0, 50, 0), MappingEnabled: everyMinute(0, 50, 1) };
    const gauge = [...paused.MappingEnabled, ...everyMinute(50, 101, 0)];
    expect(minutesInAlarm(alarm('MappingNotPolling'), { ...paused, MappingEnabled: gauge }, options)).toEqual([]);
  });

  test('is one that somebody disabled by hand; a stack that disables it has no such alarm', () => {
    const published = { MappingEnabled: [...everyMinute(0, 50, 1), ...everyMinute(50, 100, 0)] };
    const on = minutesInAlarm(alarm('MappingDisabled'), published, { from: 20, to: 100, fillsNothing: true });
    expect(on[0]).toBe(53);
    const paused = synthesize({ mappingEnabled: false });
    expect(alarmsOf(paused).map(([id]) => id)).not.toContain('MappingDisabled');
  });

  test('reads through a consumer of its own: then the subscription says so', () => {
    const fanOut = alarm('MappingNotPolling', synthesize({ enhancedFanOut: true }));
    const published = { 'SubscribeToShardEvent.MillisBehindLatest': everyMinute(0, 50, 0), MappingEnabled: enabled };
    const [first] = minutesInAlarm(fanOut, published, { from: 20, to: 100, fillsNothing: true });
    expect(first).toBeGreaterThan(54);
    expect(first).toBeLessThanOrEqual(59);
  });
});

describe('a pager that nobody is subscribed to', () => {
  test('is told after an hour, in which people confirm', () => {
    const options = { from: 0, to: 120, fillsNothing: true };
    const [first = Infinity] = minutesInAlarm(
      alarm('NobodyPaged'),
      { PageSubscribers: everyMinute(0, 120, 0) },
      options,
    );
    // The oldest of the periods begins inside of one.
    expect(first).toBeGreaterThan(55);
    expect(first).toBeLessThanOrEqual(65);
    const confirmed = { PageSubscribers: [...everyMinute(0, 50, 0), ...everyMinute(50, 120, 1)] };
    expect(minutesInAlarm(alarm('NobodyPaged'), confirmed, options)).toEqual([]);
  });
});

describe('a planned pause', () => {
  const paused = synthesize({ mappingEnabled: false });

  test('comes to mind once a day, each time anew', () => {
    const reminder = [...everyMinute(0, 100, 0), ...everyMinute(100, 115, 49), ...everyMinute(115, 1540, 0)];
    const published = { PauseReminder: [...reminder, ...everyMinute(1540, 1555, 73), ...everyMinute(1555, 1600, 0)] };
    const on = minutesInAlarm(alarm('Paused', paused), published, { from: 20, to: 1600, fillsNothing: true });
    // A quarter of an hour, and two minutes until three good ones are behind it.
    expect(on).toHaveLength(34);
    expect([on[0], on[17]]).toEqual([101, 1541]);
  });
});

/** Alarms whose metric is published once an invocation, with a value that is over the threshold. */
const BY_INVOCATION: readonly (readonly [id: string, metric: string, value: number])[] = [
  ['IteratorAge', 'IteratorAge', 1e12],
  ['IteratorAgeDataLoss', 'IteratorAge', 1e12],
  ['PositionHeld', 'PositionHeld', 1],
  ['FuseBlown', 'FuseBlown', 1],
  ['FunctionErrors', 'Errors', 1],
  ['Duration', 'Duration', 1e12],
  ['DataApiErrors', 'DataApiErrors', 1_000],
  ['NewVersionErrors', 'Errors', 1],
];

describe('the longest invocations', () => {
  test.each(BY_INVOCATION)('do not keep %s from going off', (id, metric, value) => {
    for (const [of, gap] of [
      [stack, 2],
      [slow, 20],
    ] as const) {
      const bad = Array.from({ length: 20 }, (_, index) => ({ minute: index * gap, value }));
      const options = { from: 0, to: 19 * gap, fillsNothing: true };
      expect(minutesInAlarm(alarm(id, of), { [metric]: bad }, options)).not.toEqual([]);
      if (id !== 'PositionHeld' && id !== 'FuseBlown') continue;
      // Other lanes are well, and say so every minute.
      const withOthers = [...bad, ...everyMinute(0, 19 * gap, 0)];
      expect(minutesInAlarm(alarm(id, of), { [metric]: withOthers }, options)).not.toEqual([]);
    }
  });

  test('do not hide a cache that misses', () => {
    for (const [of, gap] of [
      [stack, 2],
      [slow, 20],
    ] as const) {
      const at = (value: number): readonly Sample[] =>
        Array.from({ length: 40 }, (_, index) => ({ minute: index * gap, value }));
      const published = { LookupKeys: at(1_000), CacheHits: at(10) };
      const options = { from: 0, to: 39 * gap, fillsNothing: true };
      expect(minutesInAlarm(alarm('CacheHitRatio', of), published, options)).not.toEqual([]);
    }
  });
});

describe('every alarm', () => {
  test('that fills the newest minutes does without some of them', () => {
    for (const of of [stack, slow]) {
      const filled = alarmsOf(of).filter(([, it]) => JSON.stringify(it).includes('FILL('));
      expect(filled.length).toBeGreaterThan(0);
      const all = filled.filter(
        ([, { DatapointsToAlarm, EvaluationPeriods }]) => DatapointsToAlarm >= EvaluationPeriods,
      );
      expect(all).toEqual([]);
    }
  });

  test('has a window that CloudWatch takes', () => {
    for (const [id, it] of alarmsOf(synthesize({ ...SLOWEST, pageWhenStoppedMinutes: 60 }))) {
      const period =
        it.Period ?? it.Metrics?.find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat?.Period ?? 0;
      expect([id, period % 60, period * it.EvaluationPeriods <= 86_400]).toEqual([id, 0, true]);
    }
  });

  test.each([1, 7, 30])('about data loss goes off before records are given up: %i days of retention', (days) => {
    const { Threshold } = alarm(
      'IteratorAgeDataLoss',
      synthesize({ streamRetention: Duration.days(days), ledgerRetention: Duration.days(40) }),
    );
    const givenUpHours = Math.min(24 * days - 12, 24 * 7);
    expect(Threshold).toBeLessThanOrEqual((givenUpHours * 3_600 - 300) * 1_000);
    expect(Threshold).toBeLessThanOrEqual(days * 43_200_000);
  });
});
