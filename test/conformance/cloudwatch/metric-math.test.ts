import { describe, expect, it } from 'vitest';
import { evaluateFormula } from '../../support/evaluate-formula.ts';
import CASES from './metric-math.json' with { type: 'json' };

interface Case {
  readonly formula: string;
  readonly m1: readonly (number | null)[];
  readonly m2?: readonly (number | null)[];
  readonly m3?: readonly (number | null)[];
  readonly publishedBefore?: boolean;
  readonly result: readonly (number | null)[];
}

describe.each([
  ['documented', CASES.documented as readonly Case[]],
  ['captured', CASES.captured as readonly Case[]],
])('metric math as %s', (_, cases) => {
  it.each(cases)('$formula over $m1 and $m2', ({ formula, m1, m2, m3, publishedBefore, result }) => {
    const metrics = { m1, ...(m2 !== undefined && { m2 }), ...(m3 !== undefined && { m3 }) };
    // Whether `FILL` fills what never was is unknown, and none of these may depend on it.
    for (const fillsUnpublished of [true, false])
      expect(evaluateFormula(formula, metrics, { fillsUnpublished, published: publishedBefore })).toEqual(result);
  });
});
