/**
 * Medians with their spread, and ratios of paired runs: two approaches are measured in turns, so that whatever else the
 * machine does in a round weighs on both.
 *
 * @module
 */

/** The middle of several values and how far they lie apart. */
export interface Summary {
  readonly median: number;
  /** First and third quartile. */
  readonly quartiles: readonly [number, number];
  /** Distance of the quartiles as a share of the median; 0 when all values are the same. */
  readonly spread: number;
  readonly runs: number;
}

/** A ratio that may be quoted, or the reason why it may not. */
export type Comparison =
  | { readonly kind: 'ratio'; readonly value: number; readonly summary: Summary }
  | { readonly kind: 'refused'; readonly reason: string };

/** Quartiles further apart than this share of the median, and a median says nothing. */
export const MAX_SPREAD = 0.5;

/** Fewer pairs than this have no spread to speak of. */
export const MIN_PAIRS = 3;

/**
 * Summarizes values.
 *
 * @param values at least one
 * @throws RangeError when there is none
 */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('`values` must hold at least one value, got none');
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const quartiles = [quantile(sorted, 0.25), quantile(sorted, 0.75)] as const;
  const distance = quartiles[1] - quartiles[0];
  return { median, quartiles, spread: distance === 0 ? 0 : distance / Math.abs(median), runs: values.length };
}

/** Linear between the two values nearest to the quantile. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * Compares two series round by round.
 *
 * @param dividends values of one approach, one per round
 * @param divisors values of the other, from the same rounds
 * @returns the median of the rounds' ratios, or why there is none
 */
export function compare(dividends: readonly number[], divisors: readonly number[]): Comparison {
  const pairs = Math.min(dividends.length, divisors.length);
  if (pairs < MIN_PAIRS) {
    return { kind: 'refused', reason: `${pairs} pairs of runs, ${MIN_PAIRS} are needed to see how far they spread` };
  }
  const ratios = dividends.slice(0, pairs).map((dividend, round) => dividend / (divisors[round] ?? NaN));
  const summary = summarize(ratios);
  if (summary.spread <= MAX_SPREAD) return { kind: 'ratio', value: summary.median, summary };
  const [low, high] = summary.quartiles;
  return {
    kind: 'refused',
    reason:
      `half of the ${pairs} rounds gave ${low.toPrecision(3)} to ${high.toPrecision(3)}, ` +
      `apart by ${Math.round(100 * summary.spread)} % of the median: the machine is too busy to compare`,
  };
}
