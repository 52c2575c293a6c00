import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MISSING_DATA_TREATMENTS, type MetricAlarm } from '../../../local/cloudwatch/alarms/alarm.ts';
import type { AlarmState } from '../../../local/cloudwatch/alarms/alarm-state.ts';
import { evaluateRange, type Datapoint, type RangeRules } from '../../../local/cloudwatch/alarms/evaluate-range.ts';
import { cloudWatch, metricAlarm, pointsOf, START_MS } from '../../support/cloudwatch-alarms.ts';

const treatment = fc.constantFrom(...MISSING_DATA_TREATMENTS);

const counts = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.record({ evaluationPeriods: fc.constant(n), datapointsToAlarm: fc.integer({ min: 1, max: n }) }));

const rules: fc.Arbitrary<RangeRules> = fc
  .tuple(counts, treatment)
  .map(([count, missingData]) => ({ ...count, missingData }));

/** A range as long as alarms of these rules look at. */
function rangeFor(
  { evaluationPeriods }: RangeRules,
  ...kinds: readonly Datapoint[]
): fc.Arbitrary<readonly Datapoint[]> {
  const length = evaluationPeriods + 2;
  return fc.array(fc.constantFrom<Datapoint>(...kinds), { minLength: length, maxLength: length });
}

const rulesWithRange = rules.chain((rule) =>
  fc.record({ rule: fc.constant(rule), range: rangeFor(rule, 'good', 'bad', 'missing') }),
);

it('without missing data, an alarm rings when M of the newest N points are bad, however it treats missing data', () => {
  const full = rules.chain((rule) => fc.record({ rule: fc.constant(rule), range: rangeFor(rule, 'good', 'bad') }));
  fc.assert(
    fc.property(full, ({ rule, range }) => {
      const bad = range.slice(-rule.evaluationPeriods).filter((point) => point === 'bad').length;
      expect(evaluateRange(range, rule)).toBe(bad >= rule.datapointsToAlarm ? 'ALARM' : 'OK');
    }),
  );
});

it('a point that turns from good to bad never ends an alarm', () => {
  fc.assert(
    fc.property(rulesWithRange, fc.nat(), ({ rule, range }, choice) => {
      fc.pre(evaluateRange(range, rule) === 'ALARM');
      const index = choice % range.length;
      fc.pre(range[index] === 'good');
      expect(evaluateRange(range.with(index, 'bad'), rule)).toBe('ALARM');
    }),
    { numRuns: 300 },
  );
});

it('a good point that goes missing never ends an alarm that takes missing data for bad', () => {
  fc.assert(
    fc.property(rulesWithRange, fc.nat(), ({ rule, range }, choice) => {
      const breaching = { ...rule, missingData: 'breaching' } as const;
      const index = choice % range.length;
      fc.pre(range[index] === 'good' && evaluateRange(range, breaching) === 'ALARM');
      expect(evaluateRange(range.with(index, 'missing'), breaching)).toBe('ALARM');
    }),
    { numRuns: 300 },
  );
});

it('treatments of missing data stand in an order: what notBreaching rings for, all ring for, and none rings without breaching', () => {
  fc.assert(
    fc.property(rulesWithRange, ({ rule, range }) => {
      const under = (missingData: RangeRules['missingData']): unknown => evaluateRange(range, { ...rule, missingData });
      for (const missingData of MISSING_DATA_TREATMENTS) {
        if (under('notBreaching') === 'ALARM') expect(under(missingData)).toBe('ALARM');
        if (under(missingData) === 'ALARM') expect(under('breaching')).toBe('ALARM');
      }
    }),
    { numRuns: 500 },
  );
});

it('a state that does not stay depends on nothing but the evaluation range', () => {
  const history = fc.string({ unit: fc.constantFrom('0', 'X', '-'), maxLength: 20 });
  fc.assert(
    fc.property(rulesWithRange, history, history, ({ rule, range }, left, right) => {
      const state = evaluateRange(range, rule);
      fc.pre(state !== 'unchanged');
      expect(stateAfter(left, range, rule)).toBe(state);
      expect(stateAfter(right, range, rule)).toBe(state);
    }),
  );
});

it('moving on in steps tells the same as moving on at once', () => {
  const history = fc.string({ unit: fc.constantFrom('0', 'X', '-'), minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      history,
      rules,
      fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 20 }),
      (points, rule, steps) => {
        const end = START_MS + points.length * 60_000;
        const atOnce = worldOver(points, rule);
        const inSteps = worldOver(points, rule);
        const messages = steps.flatMap((ms) => inSteps.advanceTo(Math.min(end, inSteps.nowMs + ms)));
        expect([...messages, ...inSteps.advanceTo(end)]).toEqual(atOnce.advanceTo(end));
        expect(inSteps.historyOf('alarm')).toEqual(atOnce.historyOf('alarm'));
      },
    ),
  );
});

function worldOver(points: string, rule: Partial<MetricAlarm>): ReturnType<typeof cloudWatch> {
  const world = cloudWatch();
  for (const datum of pointsOf('m', points, { fromMs: START_MS, periodSeconds: 60 })) world.put(datum);
  world.deploy([metricAlarm(rule)]);
  return world;
}

/** Where an alarm gets that was evaluated every minute of the history and of the range. */
function stateAfter(history: string, range: readonly Datapoint[], rule: RangeRules): AlarmState {
  const letters = { good: '0', bad: 'X', missing: '-' } as const;
  const points = history + range.map((point) => letters[point]).join('');
  const world = worldOver(points, rule);
  world.advanceTo(START_MS + points.length * 60_000);
  return world.stateOf('alarm');
}
