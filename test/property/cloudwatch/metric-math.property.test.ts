import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluateFormula } from '../../support/evaluate-formula.ts';

const point = fc.option(fc.integer({ min: -5, max: 5 }));
const series = fc.array(point, { minLength: 1, maxLength: 8 });

/** A formula without missing points, with what JavaScript makes of it, and how tightly its outermost operator binds. */
interface Formula {
  readonly text: string;
  readonly tightness: number;
  readonly value: (a: number) => number;
}

const leaf = fc.oneof(
  fc.constant<Formula>({ text: 'a', tightness: 9, value: (a) => a }),
  fc.integer({ min: 0, max: 3 }).map((n): Formula => ({ text: String(n), tightness: 9, value: () => n })),
);

const OPERATORS = [
  { sign: 'OR', tightness: 1, apply: (l: number, r: number) => Number(l !== 0 || r !== 0) },
  { sign: 'AND', tightness: 2, apply: (l: number, r: number) => Number(l !== 0 && r !== 0) },
  { sign: '>', tightness: 3, apply: (l: number, r: number) => Number(l > r) },
  { sign: '==', tightness: 3, apply: (l: number, r: number) => Number(l === r) },
  { sign: '+', tightness: 4, apply: (l: number, r: number) => l + r },
  { sign: '-', tightness: 4, apply: (l: number, r: number) => l - r },
  { sign: '*', tightness: 5, apply: (l: number, r: number) => l * r },
] as const;

/** Parentheses only where the order of operators asks for them. */
const formula = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom(...OPERATORS), tie('formula'), tie('formula'))
      .map(([{ sign, tightness, apply }, left, right]): Formula => ({
        text: `${within(left, tightness)} ${sign} ${within(right, tightness + 1)}`,
        tightness,
        value: (a) => apply(left.value(a), right.value(a)),
      })),
  ),
})).formula;

function within({ text, tightness }: Formula, least: number): string {
  return tightness < least ? `(${text})` : text;
}

it('operators bind as they do in other languages', () => {
  fc.assert(
    fc.property(formula, fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 5 }), (made, a) => {
      // A sum with a series makes a series of a formula that may be a number, and 0 of -0.
      expect(evaluateFormula(`TIME_SERIES(0) + (${made.text})`, { a })).toEqual(
        a.map((value) => made.value(value) + 0),
      );
    }),
    { numRuns: 300 },
  );
});

it('a point of a formula without FILL, RATE and sums over time depends on no other period', () => {
  const formulas = ['a + b', 'a / b', 'a > b', 'a AND b OR a < 0', 'IF(a > 0, b, 1)', 'IF(a, b)', 'MAX([a, b]) - 1'];
  const pair = fc.array(fc.tuple(point, point), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...formulas), pair, (text, points) => {
      const together = evaluateFormula(text, { a: points.map(([a]) => a), b: points.map(([, b]) => b) });
      const alone = points.map(([a, b]) => evaluateFormula(text, { a: [a], b: [b] })[0]);
      expect(together).toEqual(alone);
    }),
  );
});

it('FILL leaves every point as it is and no period empty', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: -9, max: 9 }), (a, value) => {
      expect(evaluateFormula(`FILL(a, ${value})`, { a })).toEqual(a.map((known) => known ?? value));
    }),
  );
});

it('REPEAT and LINEAR never leave what is known around a gap', () => {
  fc.assert(
    fc.property(series, (a) => {
      const repeated = evaluateFormula('FILL(a, REPEAT)', { a });
      const linear = evaluateFormula('FILL(a, LINEAR)', { a });
      for (const [index, known] of a.entries()) {
        const before = a.slice(0, index + 1).findLast((value) => value !== null) ?? null;
        const after = a.slice(index).find((value) => value !== null) ?? null;
        expect(repeated[index]).toBe(before);
        const value = linear[index] ?? null;
        if (known !== null) expect(value).toBe(known);
        else if (before === null || after === null) expect(value).toBeNull();
        else expect(value! >= Math.min(before, after) && value! <= Math.max(before, after)).toBe(true);
      }
    }),
  );
});
