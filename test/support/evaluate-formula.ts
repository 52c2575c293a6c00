import { compileMath } from '../../local/cloudwatch/math/compile-math.ts';

type Points = readonly (number | null)[];

/**
 * Evaluates a formula over periods of a minute; null stands for a missing point.
 *
 * @param published whether the metrics had values at any time; those with a point had
 */
export function evaluateFormula(
  formula: string,
  metrics: Readonly<Record<string, Points>>,
  { fillsUnpublished = true, published = false }: { fillsUnpublished?: boolean; published?: boolean | undefined } = {},
): Points {
  const evaluate = compileMath({
    metricIds: Object.keys(metrics),
    formulas: new Map([['e1', formula]]),
    returned: 'e1',
  });
  const { points } = evaluate({
    periods: Object.values(metrics)[0]?.length ?? 0,
    periodSeconds: 60,
    fillsUnpublished,
    metric: (id) => {
      const values = metrics[id] ?? [];
      return {
        points: values.map((value) => value ?? undefined),
        published: published || values.some((value) => value !== null),
      };
    },
  });
  return points.map((point) => point ?? null);
}
