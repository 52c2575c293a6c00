/**
 * Proves of every alarm, for every setting that it depends on, that it goes off in time in the trouble that it is for,
 * and stays quiet in what only looks like it. What is published comes as each publisher does: the watchdog about once a
 * minute, an invocation when it ends, a service when there is something to count.
 *
 * Exhaustive, each value by itself beside the defaults: the ends of the range of every setting that alarms are made of,
 * every number of whole minutes that can lie between two invocations, every `pageWhenStoppedMinutes`, every percentage.
 * The defaults are tried with every plausible behavior of CloudWatch and every corner of what publishers may do, the gaps
 * and minutes with every behavior, the rest with one after the other.
 *
 * Sampled, from a fixed seed: all settings together, the moment of every publisher within its minute, how seldom
 * invocations come, where in its minute the trouble begins, and behaviors of CloudWatch between the plausible ones.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { longestGapSeconds, secondsUntilAgeAlarm } from '../../../lib/monitoring/alarm-window.ts';
import { DAY, HOUR, MINUTE } from '../../../lib/props/option-spec.ts';
import {
  SETTING_NAMES,
  SETTING_SPECS,
  type SettingName,
  type StageSettings,
} from '../../../lib/settings/stage-settings.ts';
import { LIKELY_BEHAVIOR, type CloudWatchBehavior } from '../../../local/cloudwatch/cloudwatch-behavior.ts';
import { ALARM_CASES } from '../../support/alarms/alarm-cases.ts';
import { alarmsOf, type StackAlarms } from '../../support/alarms/alarms-of-settings.ts';
import { PLAUSIBLE_BEHAVIORS } from '../../../drills/play/behaviors.ts';
import { proveAlarm, proveFiring } from '../../support/alarms/prove-alarm.ts';
import { MINUTE_MS, type Rhythm } from '../../support/alarms/scene.ts';

// Thousands of evaluations take seconds, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

type Settings = Partial<StageSettings>;
type Times = Required<Pick<Settings, 'timeout' | 'maxBatchingWindow'>>;

/** Nothing here keeps another setting from the end of its range. */
const ROOMY: Settings = {
  batchSize: 1,
  streamRetention: Duration.days(365),
  ledgerRetention: Duration.days(366),
  databaseMaxCapacity: 256,
};

/** The shortest retention: every age that alarms are about is near. */
const SHORT: Settings = { streamRetention: Duration.days(1), pageWhenBehind: Duration.minutes(1) };

/** The settings that alarms are made of. */
const ALARM_SETTINGS = [
  'streamRetention',
  'shardCount',
  'maxBatchingWindow',
  'parallelizationFactor',
  'maxRecordAge',
  'onFailureDestination',
  'enhancedFanOut',
  'mappingEnabled',
  'timeout',
  'databaseMinCapacity',
  'databaseMaxCapacity',
  'pageWhenBehind',
  'pageWhenRetentionUsedPercent',
  'pageWhenStoppedMinutes',
  'pageWhenQuarantined',
  'noticeWhenDurationPercent',
  'noticeWhenCapacityPercent',
  'noticeWhenCacheHitPercentBelow',
] as const satisfies readonly SettingName[];

const CORNERS: readonly Rhythm[] = [
  { offsetMs: 0, jitterMs: 0, onsetMs: 0, gapShare: 1, othersAreWell: true },
  { offsetMs: 59_000, jitterMs: 20_000, onsetMs: 59_999, gapShare: 1, othersAreWell: false },
  { offsetMs: 50_000, jitterMs: 20_000, onsetMs: 1, gapShare: 0.1, othersAreWell: true },
];

/** Every plausible behavior with every corner of what publishers may do. */
const ALL_CIRCUMSTANCES = PLAUSIBLE_BEHAVIORS.flatMap(({ name, behavior }) =>
  CORNERS.map((rhythm) => ({ name, behavior, rhythm })),
);

/** Every plausible behavior, each with one of the corners. */
const SOME_CIRCUMSTANCES = ALL_CIRCUMSTANCES.filter((_, index) => {
  const behaviorIndex = Math.floor(index / CORNERS.length);
  return index % CORNERS.length === behaviorIndex % CORNERS.length;
});

/** One of them after the other. */
const oneOfAll = (index: number): typeof ALL_CIRCUMSTANCES =>
  ALL_CIRCUMSTANCES.filter((_, position) => position === index % ALL_CIRCUMSTANCES.length);

/** What is wrong with the alarms of a stack, one line each. */
function problemsOf(
  { limits, alarms }: StackAlarms,
  ids: readonly string[],
  circumstances = SOME_CIRCUMSTANCES,
): readonly string[] {
  return ids.flatMap((id) => {
    const alarm = alarms.get(id);
    const alarmCase = ALARM_CASES[id];
    if (alarm?.kind !== 'metric' || alarmCase === undefined) return [];
    return circumstances.flatMap(({ name, ...rest }) =>
      proveAlarm({ alarm, alarmCase, limits, ...rest }).map((problem) => `${id} ${problem} (${name})`),
    );
  });
}

function accepted(settings: Settings): StackAlarms {
  const made = alarmsOf({ ...ROOMY, ...settings });
  expect(made.problems).toEqual([]);
  return made;
}

function isAccepted(settings: Settings): boolean {
  return alarmsOf({ ...ROOMY, ...settings }).problems.length === 0;
}

/** The least and the most that a setting may be. */
function ends(name: SettingName): readonly unknown[] {
  const spec = SETTING_SPECS[name];
  switch (spec.kind) {
    case 'duration':
      return [Duration.seconds(spec.min), Duration.seconds(spec.max)];
    case 'integer':
    case 'number':
      return [spec.min, spec.max];
    case 'boolean':
      return [true, false];
    case 'choice':
      return spec.values;
    case 'text':
    case 'list':
      return [];
  }
}

const ENDS: readonly Settings[] = [
  ...ALARM_SETTINGS.flatMap((name) => ends(name).map((value) => ({ [name]: value }))).filter(isAccepted),
  // As soon as there can be a page, and as late.
  { streamRetention: Duration.days(1), pageWhenBehind: Duration.minutes(1), pageWhenRetentionUsedPercent: 1 },
  { streamRetention: Duration.days(1), pageWhenRetentionUsedPercent: 99, onFailureDestination: false },
  { streamRetention: Duration.days(1), pageWhenRetentionUsedPercent: 99, onFailureDestination: false, ...slowest() },
  { ...slowest(), pageWhenStoppedMinutes: 3 },
  { ...slowest(), pageWhenStoppedMinutes: 60, enhancedFanOut: true },
  youngestGivenUp({ timeout: Duration.seconds(10), maxBatchingWindow: Duration.seconds(0) }),
  youngestGivenUp(slowest()),
  { pageWhenBehind: Duration.days(7), onFailureDestination: false },
  { databaseMinCapacity: 7.5, databaseMaxCapacity: 8, noticeWhenCapacityPercent: 94 },
  { databaseMinCapacity: 8, databaseMaxCapacity: 8 },
];

function slowest(): Times {
  return { timeout: Duration.minutes(15), maxBatchingWindow: Duration.minutes(5) };
}

/** Records are given up as soon after the page about their age as is allowed. */
function youngestGivenUp(times: Times, moreSeconds = 0): Settings {
  const pageWhenBehind = Duration.minutes(5);
  const maxRecordAge = Duration.seconds(pageWhenBehind.toSeconds() + secondsUntilAgeAlarm(times) + 1 + moreSeconds);
  return { ...times, pageWhenBehind, maxRecordAge };
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

const between = (min: number, max: number, at: number): Duration =>
  Duration.seconds(Math.round(min + at * (max - min)));

/** Settings that are accepted, and of which nothing is warned. */
const settings: fc.Arbitrary<Settings> = fc
  .record({
    timeout: fc.integer({ min: 10, max: 900 }),
    maxBatchingWindow: fc.integer({ min: 0, max: 300 }),
    streamRetention: fc.integer({ min: DAY, max: 365 * DAY }),
    pageWhenRetentionUsedPercent: fc.integer({ min: 1, max: 99 }),
    pageWhenStoppedMinutes: fc.integer({ min: 3, max: 60 }),
    pageWhenQuarantined: fc.integer({ min: 0, max: 9_999 }),
    noticeWhenDurationPercent: fc.integer({ min: 1, max: 99 }),
    noticeWhenCapacityPercent: fc.integer({ min: 1, max: 99 }),
    noticeWhenCacheHitPercentBelow: fc.integer({ min: 1, max: 99 }),
    onFailureDestination: fc.boolean(),
    enhancedFanOut: fc.boolean(),
    mappingEnabled: fc.boolean(),
    behindShare: share,
    ageShare: fc.option(share),
  })
  .map(({ behindShare, ageShare, ...drawn }) => {
    const { streamRetention, pageWhenRetentionUsedPercent, maxBatchingWindow, onFailureDestination } = drawn;
    const times = { timeout: Duration.seconds(drawn.timeout), maxBatchingWindow: Duration.seconds(maxBatchingWindow) };
    const agingSeconds = secondsUntilAgeAlarm(times) + 1;
    const latestSeconds = Math.min(
      7 * DAY - agingSeconds,
      streamRetention - 12 * HOUR - agingSeconds,
      Math.ceil((streamRetention * pageWhenRetentionUsedPercent) / 100) - 1,
    );
    const pageWhenBehind = between(Math.max(MINUTE, maxBatchingWindow), latestSeconds, behindShare);
    const leastAge = pageWhenBehind.toSeconds() + agingSeconds;
    return {
      ...drawn,
      ...times,
      streamRetention: Duration.seconds(streamRetention),
      pageWhenBehind,
      ...(onFailureDestination &&
        ageShare !== null && { maxRecordAge: between(leastAge, Math.min(streamRetention, 7 * DAY), ageShare) }),
    };
  });

const momentOfMinute = fc.integer({ min: 0, max: 59_999 });

const rhythm: fc.Arbitrary<Rhythm> = fc.record({
  offsetMs: momentOfMinute,
  jitterMs: fc.integer({ min: 0, max: 20_000 }),
  onsetMs: momentOfMinute,
  gapShare: fc.double({ min: 0.05, max: 1, noNaN: true }),
  othersAreWell: fc.boolean(),
});

const lateMs = fc.integer({ min: 0, max: 120_000 });

/** Between the plausible ones. */
const behavior: fc.Arbitrary<CloudWatchBehavior> = fc
  .record({
    phase: momentOfMinute,
    firstEvaluationMs: fc.integer({ min: 10_000, max: 180_000 }),
    singleMetricLagMs: fc.constantFrom(0, 10_000),
    mathLagMs: fc.constantFrom(0, 10_000),
    extra: fc.integer({ min: 1, max: 4 }),
    fillsUnpublished: fc.boolean(),
    lateMs: fc.record({ 'AWS/Kinesis': lateMs, 'AWS/Lambda': lateMs, others: lateMs }),
  })
  .map(({ phase, extra, lateMs, ...rest }) => ({
    ...LIKELY_BEHAVIOR,
    ...rest,
    phaseMs: () => phase,
    extraPeriods: () => extra,
    // One period more than N, where AWS's own tables have two, and two minutes late would be too much at once.
    publishingDelayMs: ({ namespace }) =>
      Math.min(extra * MINUTE_MS, ({ ...lateMs } as Record<string, number>)[namespace] ?? lateMs.others),
  }));

/** The alarms over what invocations publish, whose periods grow with the time between two of them. */
const BY_INVOCATION = [
  'ConsumerStopped',
  'DataApiErrors',
  'Duration',
  'FunctionErrors',
  'FuseBlown',
  'IteratorAge',
  'IteratorAgeDataLoss',
  'MappingNotPolling',
  'NewVersionErrors',
  'PositionHeld',
];

/** The percentages, each with the alarms that it is for. */
const PERCENTAGES = [
  ['pageWhenRetentionUsedPercent', ['DataLossDanger', 'IteratorAgeDataLoss']],
  ['noticeWhenDurationPercent', ['Duration']],
  ['noticeWhenCapacityPercent', ['DatabaseCapacity']],
  ['noticeWhenCacheHitPercentBelow', ['CacheHitRatio']],
] as const;

const from = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('every alarm', () => {
  it('has a case here, and every case an alarm', () => {
    const made = ENDS.map((settings) => alarmsOf({ ...ROOMY, ...settings }).alarms);
    const ids = made.flatMap((alarms) => [...alarms].flatMap(([id, { kind }]) => (kind === 'metric' ? id : [])));
    expect([...new Set(ids)].sort()).toEqual(Object.keys(ALARM_CASES).sort());
  });

  it('is made of no other settings than those that are tried here', () => {
    const essence = (settings: Settings): string =>
      JSON.stringify([...alarmsOf({ ...ROOMY, ...settings }).alarms], (_, value: unknown) =>
        value instanceof Map ? [...(value as Map<unknown, unknown>)] : value,
      );
    const others = SETTING_NAMES.filter((name) => !(ALARM_SETTINGS as readonly string[]).includes(name));
    const changing = others.filter((name) => ends(name).some((value) => essence({ [name]: value }) !== essence({})));
    expect(changing).toEqual([]);
  });

  it('has its promise in the documentation', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/failure-model.md'), 'utf8');
    const table = text.slice(text.indexOf('## What is proved of the alarms'), text.indexOf('## Traps'));
    expect(Object.keys(ALARM_CASES).filter((id) => !table.includes(`_${id}_`))).toEqual([]);
  });

  it('goes off in time, and only then, with every default', () => {
    expect(problemsOf(accepted({}), Object.keys(ALARM_CASES), ALL_CIRCUMSTANCES)).toEqual([]);
  });

  it.each(ENDS.map((settings, index) => ({ settings, circumstances: oneOfAll(index) })))(
    'does so with $settings',
    ({ settings, circumstances }) => {
      expect(problemsOf(accepted(settings), Object.keys(ALARM_CASES), circumstances)).toEqual([]);
    },
  );

  it.each(from(2, 20))('does so with %i minutes between two invocations', (gapMinutes) => {
    const timeout = Duration.minutes(Math.min(15, gapMinutes - 1));
    const maxBatchingWindow = Duration.minutes(Math.max(0, gapMinutes - 15));
    expect(problemsOf(accepted({ timeout, maxBatchingWindow }), BY_INVOCATION)).toEqual([]);
  });

  it.each(from(3, 60))('does so with `pageWhenStoppedMinutes` %i', (pageWhenStoppedMinutes) => {
    expect(problemsOf(accepted({ pageWhenStoppedMinutes }), ['ConsumerStopped', 'MappingNotPolling'])).toEqual([]);
  });

  it.each(PERCENTAGES)('does so with every `%s`', (name, ids) => {
    const { min, max } = SETTING_SPECS[name] as { readonly min: number; readonly max: number };
    for (const percent of from(min, max))
      expect([percent, problemsOf(accepted({ ...SHORT, [name]: percent }), ids, oneOfAll(percent))]).toEqual([
        percent,
        [],
      ]);
  });

  it('does so with settings, publishers and a CloudWatch drawn at random', () => {
    const ids = Object.keys(ALARM_CASES);
    fc.assert(
      fc.property(settings, fc.constantFrom(...ids), fc.record({ rhythm, behavior }), (drawn, id, circumstances) => {
        const { alarms, limits } = accepted(drawn);
        const alarm = alarms.get(id);
        const alarmCase = ALARM_CASES[id];
        fc.pre(alarm?.kind === 'metric' && alarmCase !== undefined);
        expect(proveAlarm({ alarm, alarmCase, limits, ...circumstances })).toEqual([]);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});

describe('what is refused', () => {
  it('is an age of records at which, in some rhythm, the alarm about their age would be one invocation short', () => {
    const times = fc.record({
      timeout: fc.integer({ min: 10, max: 900 }),
      maxBatchingWindow: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(times, ({ timeout, maxBatchingWindow }) => {
        const given = { timeout: Duration.seconds(timeout), maxBatchingWindow: Duration.seconds(maxBatchingWindow) };
        const refused = youngestGivenUp(given, -1);
        const { problems, alarms, limits } = alarmsOf({ ...ROOMY, ...refused });
        expect(problems).toEqual([expect.stringMatching(/^`maxRecordAge` must be more than/)]);
        const alarm = alarms.get('IteratorAge');
        const alarmCase = ALARM_CASES['IteratorAge'];
        if (alarm?.kind !== 'metric' || alarmCase === undefined) throw new Error('no such alarm');
        const isMissed = from(0, longestGapSeconds(limits) - 1).some((second) => {
          const rhythm = { ...CORNERS[0], offsetMs: 1000 * second, othersAreWell: false } as Rhythm;
          return proveFiring({ alarm, alarmCase, limits, rhythm, behavior: LIKELY_BEHAVIOR }).length > 0;
        });
        expect(isMissed).toBe(true);
      }),
      { seed: 13, numRuns: 4 },
    );
  });
});

describe('what is warned of', () => {
  it('is a batching window in which records get older than the page about their age allows', () => {
    const made = alarmsOf({ maxBatchingWindow: Duration.minutes(5), pageWhenBehind: Duration.minutes(1) });
    expect(problemsOf(made, ['Behind'])).toContainEqual(
      expect.stringMatching(/^Behind goes off although records wait until their batch is sent/),
    );
  });
});
