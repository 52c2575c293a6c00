import { describe, expect, it } from 'vitest';
import { MISSING_DATA_TREATMENTS, type MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import type { AlarmState } from '../../../local/cloudwatch/alarms/alarm-state.ts';
import { evaluateRange, type Datapoint } from '../../../local/cloudwatch/alarms/evaluate-range.ts';
import type { CloudWatchWorld } from '../../../local/cloudwatch/cloudwatch-world.ts';
import {
  cloudWatch,
  mathSource,
  metricAlarm,
  metricNamed,
  pointsOf,
  PUNCTUAL,
  START_MS,
} from '../../support/cloudwatch-alarms.ts';
import CASES from './alarm-evaluation.json' with { type: 'json' };

const POINTS: Readonly<Record<string, Datapoint>> = { '0': 'good', X: 'bad', '-': 'missing' };
const TABLES = [...CASES.documented, ...CASES.documentedUntil2019];

describe.each(MISSING_DATA_TREATMENTS)('an alarm that treats missing data as %s', (missingData) => {
  it.each(TABLES)('decides $m of $n over the range $points', ({ n, m, points, [missingData]: expected }) => {
    const range = Array.from(points).map((point) => POINTS[point]!);
    const state = evaluateRange(range, { evaluationPeriods: n, datapointsToAlarm: m, missingData });
    expect(state).toBe(expected === 'K' ? 'unchanged' : expected);
  });

  it.each(TABLES)(
    'gets there when $points was published, for $m of $n',
    ({ n, m, points, [missingData]: expected }) => {
      const alarm = { evaluationPeriods: n, datapointsToAlarm: m, missingData };
      // The first evaluation of a new alarm: a state that stays is the one it begins with.
      expect(firstState(points, alarm)).toBe(expected === 'K' ? 'INSUFFICIENT_DATA' : expected);
    },
  );
});

describe('an alarm with a period of ten seconds, as captured', () => {
  it.each(CASES.captured)('$what: $points', ({ m, treat, points, state }) => {
    const missingData = MISSING_DATA_TREATMENTS.find((name) => name === treat)!;
    const alarm = { periodSeconds: 10, evaluationPeriods: 3, datapointsToAlarm: m, missingData };
    expect(firstState(points, alarm)).toBe(state);
  });

  it('uses a good point for a minute more than its three periods', () => {
    const world = evaluatedAt({ second: 4, periodSeconds: 10, evaluationPeriods: 3, missingData: 'breaching' });
    publishOnce(world, '05:54:10');
    world.advanceTo(at('05:56:10'));
    expect(world.historyOf('alarm').map(({ atMs, to }) => [clockOf(atMs), to])).toContainEqual(['05:56:04', 'ALARM']);
    expect(stateAt(world, '05:55:54')).toBe('OK');
  });

  it('does not use a period that ended less than ten seconds ago', () => {
    const early = evaluatedAt({ second: 8.8, periodSeconds: 10, missingData: 'missing' });
    const late = evaluatedAt({ second: 0.8, periodSeconds: 10, missingData: 'missing' });
    for (const world of [early, late]) publishOnce(world, '05:42:40');
    early.advanceTo(at('05:42:59'));
    expect(early.stateOf('alarm')).toBe('INSUFFICIENT_DATA');
    late.advanceTo(at('05:43:01'));
    expect(late.stateOf('alarm')).toBe('OK');
  });

  it('uses the period that has just ended when it is over metric math', () => {
    const world = evaluatedAt({
      second: 0.48,
      periodSeconds: 10,
      missingData: 'missing',
      source: mathSource('m', 'm'),
    });
    publishOnce(world, '05:59:10');
    world.advanceTo(at('05:59:21'));
    expect(clockOf(world.historyOf('alarm')[0]!.atMs)).toBe('05:59:20');
  });

  it('rings within ten seconds over a formula of a metric that nobody publishes, when missing data is breaching', () => {
    const world = cloudWatch({ behavior: { ...PUNCTUAL, firstEvaluationMs: 10_000 } });
    world.deploy([metricAlarm({ periodSeconds: 10, missingData: 'breaching', source: mathSource('m + 1', 'm') })]);
    world.advanceTo(START_MS + 10_000);
    expect(world.stateOf('alarm')).toBe('ALARM');
  });

  it.each([
    { samples: 99, state: 'INSUFFICIENT_DATA' },
    { samples: 100, state: 'ALARM' },
  ])('with $samples samples of a p90 is in $state, when it ignores low samples', ({ samples, state }) => {
    const world = cloudWatch();
    const reading = { metric: metricNamed('m'), statistic: { kind: 'percentile', percent: 90 } } as const;
    const values = Array.from({ length: samples }, () => 1);
    world.put({ metric: metricNamed('m'), timestampMs: START_MS, values, resolutionSeconds: 1 });
    world.advanceTo(START_MS + 10_000);
    world.deploy([metricAlarm({ periodSeconds: 10, ignoresLowSamples: true, source: { kind: 'metric', reading } })]);
    world.advanceTo(START_MS + 10_000);
    expect(world.stateOf('alarm')).toBe(state);
  });
});

describe('an alarm with a period of five minutes, as captured', () => {
  it('notices silence in the minute in which the last point left 25 minutes', () => {
    const rules = { periodSeconds: 300, evaluationPeriods: 3, datapointsToAlarm: 3, missingData: 'breaching' } as const;
    const world = evaluatedAt({ second: 51, ...rules }, '05:20:00');
    for (const minute of ['20', '25', '30']) publishOnce(world, `05:${minute}:00`);
    world.advanceTo(at('06:10:00'));
    const ringing = world.historyOf('alarm').at(-1);
    expect([clockOf(ringing!.atMs), ringing!.to]).toEqual(['05:56:51', 'ALARM']);
  });
});

/** The state that a new alarm gets from what was published before. */
function firstState(points: string, alarm: Partial<MetricAlarm>): AlarmState {
  const world = cloudWatch();
  const { periodSeconds = 60 } = alarm;
  for (const datum of pointsOf('m', points, { fromMs: START_MS, periodSeconds })) world.put(datum);
  world.advanceTo(START_MS + points.length * periodSeconds * 1000);
  world.deploy([metricAlarm(alarm)]);
  world.advanceTo(world.nowMs);
  return world.stateOf('alarm');
}

/** A world at 05:00 with an alarm that is evaluated at this second of its minute, or of its ten seconds. */
function evaluatedAt(
  { second, ...alarm }: Partial<MetricAlarm> & { readonly second: number },
  created = '05:00:00',
): CloudWatchWorld {
  const behavior = { ...PUNCTUAL, phaseMs: () => second * 1000, singleMetricLagMs: 10_000 };
  const world = cloudWatch({ behavior });
  world.advanceTo(at(created));
  world.deploy([metricAlarm({ datapointsToAlarm: alarm.evaluationPeriods ?? 1, ...alarm })]);
  return world;
}

function publishOnce(world: CloudWatchWorld, clock: string): void {
  world.put({ metric: metricNamed('m'), timestampMs: at(clock), values: [0], resolutionSeconds: 1 });
}

function stateAt(world: CloudWatchWorld, clock: string): AlarmState | undefined {
  return world.historyOf('alarm').findLast(({ atMs }) => atMs <= at(clock))?.to;
}

function at(clock: string): number {
  return Date.parse(`2026-11-26T${clock}Z`);
}

function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
