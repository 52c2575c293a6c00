import { describe, expect, it } from 'vitest';
import { compileMath } from '../../../../local/cloudwatch/math/compile-math.ts';
import { evaluateFormula } from '../../../support/evaluate-formula.ts';

const _ = null;

describe('a missing point', () => {
  it.each([
    { formula: 'a + b', a: [1, _, _], b: [2, 2, _], result: [3, 2, _] },
    { formula: 'a - b', a: [1, _, 5], b: [2, 2, _], result: [-1, -2, 5] },
    { formula: 'a / b', a: [1, 1, _], b: [2, _, 2], result: [0.5, _, 0] },
    { formula: 'a * 2', a: [1, _], b: [_, _], result: [2, _] },
    { formula: '2 - a', a: [1, _], b: [_, _], result: [1, _] },
    { formula: 'a > 0', a: [1, _, 0], b: [_, _, _], result: [1, _, 0] },
    { formula: 'a == b', a: [0, _, _], b: [_, _, 1], result: [1, _, 0] },
    { formula: 'a OR b', a: [0, 1, _, _], b: [_, _, 1, _], result: [0, 1, 1, _] },
    { formula: '-a', a: [1, _], b: [_, _], result: [-1, _] },
    { formula: 'SUM([a, b])', a: [1, _, _], b: [2, 2, _], result: [3, 2, _] },
    { formula: 'AVG([a, b])', a: [1, _, _], b: [3, 2, _], result: [2, 1, _] },
    { formula: 'MAX([a, b])', a: [-1, _, _], b: [-3, -2, _], result: [-1, -2, _] },
    { formula: 'MIN([a, b])', a: [1, _, _], b: [3, 2, _], result: [1, 2, _] },
  ])('in $formula', ({ formula, a, b, result }) => {
    expect(evaluateFormula(formula, { a, b })).toEqual(result);
  });
});

describe('a result that is no number', () => {
  it.each([
    { formula: '1 / a', a: [2, 0], result: [0.5, _] },
    { formula: 'a / (1 - 1)', a: [2, 0], result: [_, _] },
    { formula: 'LOG(a)', a: [1, 0, -1], result: [0, _, _] },
    { formula: 'a ^ 0.5', a: [4, -4], result: [2, _] },
    { formula: 'a - MAX(a)', a: [_, _], result: [_, _] },
  ])('makes no point in $formula', ({ formula, a, result }) => {
    expect(evaluateFormula(formula, { a })).toEqual(result);
  });
});

describe('what binds tighter', () => {
  it.each([
    { formula: 'a + 2 * 3', result: 7 },
    { formula: '(a + 2) * 3', result: 9 },
    { formula: '2 * 3 ^ 2 - a', result: 17 },
    { formula: '-a ^ 2', result: -1 },
    { formula: '8 / 4 / 2 * a', result: 1 },
    { formula: 'a > 0 AND a < 0 OR a == 1', result: 1 },
    { formula: 'a == 1 || a > 0 && a < 0', result: 1 },
    { formula: 'a + 1 > 1 && a != 2', result: 1 },
  ])('$formula', ({ formula, result }) => {
    expect(evaluateFormula(formula, { a: [1] })).toEqual([result]);
  });
});

describe('FILL', () => {
  it.each([
    { formula: 'FILL(a, 7)', a: [_, 1, _], result: [7, 1, 7] },
    { formula: 'FILL(a, REPEAT)', a: [_, 1, _, _, 3, _], result: [_, 1, 1, 1, 3, 3] },
    { formula: 'FILL(a, LINEAR)', a: [_, 1, _, _, 4, _], result: [_, 1, 2, 3, 4, _] },
    { formula: 'FILL(a, MIN(a))', a: [4, _, 2], result: [4, 2, 2] },
    { formula: 'SUM(FILL(METRICS(), 1))', a: [4, _, 2], result: [4, 1, 2] },
  ])('$formula over $a', ({ formula, a, result }) => {
    expect(evaluateFormula(formula, { a })).toEqual(result);
  });

  it('takes the values of another series', () => {
    expect(evaluateFormula('FILL(a, b)', { a: [1, _, _], b: [9, 8, _] })).toEqual([1, 8, _]);
  });

  it('of a metric that never had a value gives values or nothing, as the unknown is set', () => {
    const formula = 'IF(FILL(a, 0) > 0 AND FILL(b, 0) <= 0, 1, 0)';
    const metrics = { a: [5, 5], b: [_, _] };
    expect(evaluateFormula(formula, metrics, { fillsUnpublished: true })).toEqual([1, 1]);
    expect(evaluateFormula(formula, metrics, { fillsUnpublished: false })).toEqual([0, 0]);
    expect(evaluateFormula('FILL(b, 0)', metrics, { fillsUnpublished: false })).toEqual([_, _]);
  });

  it('of a formula counts as published when one of its metrics is', () => {
    const metrics = { a: [_, 5], b: [_, _] };
    expect(evaluateFormula('FILL(a + b, 1)', metrics, { fillsUnpublished: false })).toEqual([1, 5]);
  });
});

describe('IF', () => {
  it.each([
    { formula: 'IF(a > 1, b)', a: [2, 1, _], b: [7, 8, 9], result: [7, _, _] },
    { formula: 'IF(a > 1, 1, 0)', a: [2, 1, _], b: [_, _, _], result: [1, 0, _] },
    { formula: 'IF(a, 5, 6)', a: [-1, 0, 0.5], b: [_, _, _], result: [5, 6, 5] },
    { formula: 'IF(1 > 0, b, a)', a: [2, 1, 3], b: [7, _, 9], result: [7, _, 9] },
    { formula: 'IF(0, b)', a: [2], b: [7], result: [_] },
  ])('$formula over $a and $b', ({ formula, a, b, result }) => {
    expect(evaluateFormula(formula, { a, b })).toEqual(result);
  });
});

describe('a function', () => {
  it.each([
    { formula: 'DIFF(a)', a: [1, _, 4, 2], result: [_, _, 3, -2] },
    { formula: 'RATE(a)', a: [0, _, 240, 120], result: [_, _, 2, -2] },
    { formula: 'ABS(a)', a: [-2, _], result: [2, _] },
    { formula: 'CEIL(a)', a: [1.2], result: [2] },
    { formula: 'FLOOR(a)', a: [1.8], result: [1] },
    { formula: 'LOG10(a)', a: [100], result: [2] },
    { formula: 'a / PERIOD(a)', a: [120], result: [2] },
    { formula: 'TIME_SERIES(SUM(a))', a: [1, _, 2], result: [3, 3, 3] },
    { formula: 'MAX(METRICS() * 100)', a: [1, _], result: [100, _] },
  ])('$formula over $a', ({ formula, a, result }) => {
    expect(evaluateFormula(formula, { a })).toEqual(result);
  });

  it('METRICS takes a part of an id', () => {
    const metrics = { errors1: [1], errors2: [2], requests: [10] };
    expect(evaluateFormula('SUM(METRICS("errors")) / SUM(METRICS("requests"))', metrics)).toEqual([0.3]);
  });
});

describe('the formulas of this project', () => {
  it('say that records come in and none are committed, while Lambda reads', () => {
    const formula = 'IF(reads >= 0, (incoming > 0) - (received - held > 0), 0)';
    const metrics = {
      reads: [5, 5, 5, 0, 5, _],
      incoming: [5, 5, 5, _, _, 5],
      received: [5, _, 3, _, 4, _],
      held: [0, _, 3, _, 4, _],
    };
    expect(evaluateFormula(formula, metrics)).toEqual([0, 1, 1, 0, 0, _]);
  });

  it('say that the mapping is enabled and does not read', () => {
    const formula = '(FILL(enabled, 1) > 0) - (reads >= 0)';
    const metrics = { enabled: [1, 1, 0, 0, _, _], reads: [0, _, _, 7, 7, _] };
    expect(evaluateFormula(formula, metrics)).toEqual([0, 1, 0, -1, 0, 1]);
  });

  it('give the hit ratio, and a good one without traffic', () => {
    const formula = 'IF(FILL(keys, 0) > 100, 100 * FILL(hits, 0) / keys, 100)';
    expect(evaluateFormula(formula, { keys: [200, 200, 50, _], hits: [50, _, 0, _] })).toEqual([25, 0, 100, 100]);
  });
});

describe('a formula is refused', () => {
  it.each([
    ['ANOMALY_DETECTION_BAND(a)', 'function `ANOMALY_DETECTION_BAND` is not modelled', 0],
    ['1 + SEARCH("x", "Sum")', 'function `SEARCH` is not modelled', 4],
    ['toString(a)', 'expected the end, got "("', 8],
    ['a + b', 'no metric or formula has the id `b`; these do: a, e1', 4],
    ['a +', 'expected a metric, a number or a function, got the end', 3],
    ['a b', 'expected the end, got "b"', 2],
    ['(a', 'expected ), got the end', 2],
    ['a $ 2', 'a formula has no "$"', 2],
    ['IF(a)', '`IF` takes 2 to 3 arguments, got 1', 0],
    ['a + FILL(a, NEAREST)', '`FILL` takes a number, a series, `REPEAT` or `LINEAR`, got NEAREST', 12],
    ['FILL(3, 0)', '`FILL` takes a time series, got a number', 0],
    ['FILL(a, METRICS())', 'not with an array', 8],
    ['ABS(3) + a', '`ABS` takes a time series, got a number', 0],
    ['SUM(3) + a', '`SUM` takes a time series, got a number', 0],
    ['NOT a', 'expected the end, got "a"', 4],
    ['a AND OR', 'expected a metric, a number or a function, got "OR"', 6],
    ['REPEAT', '`REPEAT` is not modelled', 0],
    ['"text"', 'only `METRICS` takes text in quotes', 0],
    ['METRICS(a)', '`METRICS` takes a part of an id in double quotes', 8],
    ['PERIOD(a + 1)', '`PERIOD` takes the id of a metric', 9],
    ['METRICS() > 1', '`>` takes no array of series', 10],
    ['SUM(METRICS() + METRICS())', 'an operator takes only one array of series', 14],
    ['[1, a]', 'an array holds time series', 1],
    ['IF(METRICS(), 1)', '`IF` takes no array of series', 0],
    ['IF(1, 2, 3)', '`IF` takes at least one time series', 0],
    ['TIME_SERIES(a)', '`TIME_SERIES` takes a number', 0],
    ['e1 + 1', '`e1` refers to itself', 0],
  ])('%s', (formula, problem, position) => {
    const message = messageOf(() => evaluateFormula(formula, { a: [1] }));
    expect(message).toContain(problem);
    expect(message).toMatch(new RegExp(`^formula \`e1\`: .*, at character ${position}$`));
  });

  it.each([
    ['MAX(a)', 'a number'],
    ['METRICS()', 'an array'],
    ['5', 'a number'],
  ])('when its result is %s', (formula, got) => {
    expect(() => evaluateFormula(formula, { a: [1] })).toThrow(`an alarm takes one time series, and this is ${got}`);
  });

  it('under the id that it has, where another one refers to it', () => {
    const formulas = new Map([
      ['e1', 'e2 + 1'],
      ['e2', 'a + SEARCH(1)'],
    ]);
    expect(() => compileMath({ metricIds: ['a'], formulas, returned: 'e1' })).toThrow(/^formula `e2`: /);
  });
});

it('a formula may refer to another', () => {
  const formulas = new Map([
    ['e1', 'e2 * 2'],
    ['e2', 'a + 1'],
  ]);
  const evaluate = compileMath({ metricIds: ['a'], formulas, returned: 'e1' });
  const metric = () => ({ points: [1, undefined], published: true });
  expect(evaluate({ periods: 2, periodSeconds: 60, fillsUnpublished: true, metric }).points).toEqual([4, undefined]);
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was wrong';
}
