const SIMPLE = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const;

/** How the samples of a period become one value. */
export type Statistic =
  | { readonly kind: (typeof SIMPLE)[number] }
  /** Above 0, up to 100. */
  | { readonly kind: 'percentile'; readonly percent: number };

/** What a statistic may be, for messages. */
export const KNOWN_STATISTICS: string = [...SIMPLE, 'p0.1 to p100'].join(', ');

/**
 * Reads a statistic as alarms name it, such as `Maximum` or `p99.9`.
 *
 * @returns undefined for trimmed means, percentile ranks and whatever else is not modelled
 */
export function parseStatistic(text: string): Statistic | undefined {
  const simple = SIMPLE.find((name) => name === text);
  if (simple !== undefined) return { kind: simple };
  const percent = /^p\d{1,3}(\.\d{1,10})?$/.test(text) ? Number(text.slice(1)) : NaN;
  return percent > 0 && percent <= 100 ? { kind: 'percentile', percent } : undefined;
}

/**
 * The value of a period.
 *
 * @param samples at least one
 */
export function applyStatistic(statistic: Statistic, samples: readonly number[]): number {
  switch (statistic.kind) {
    case 'Sum':
      return sum(samples);
    case 'Average':
      return sum(samples) / samples.length;
    case 'Minimum':
      return samples.reduce((least, value) => Math.min(least, value), Infinity);
    case 'Maximum':
      return samples.reduce((most, value) => Math.max(most, value), -Infinity);
    case 'SampleCount':
      return samples.length;
    case 'percentile':
      return percentile(samples, statistic.percent);
  }
}

/**
 * How many samples a period needs before its percentile says something; 1 for any other statistic.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html}
 */
export function significantSamples(statistic: Statistic): number {
  if (statistic.kind !== 'percentile') return 1;
  const { percent } = statistic;
  const rarer = percent >= 50 ? 100 - percent : percent;
  // Multiplied before it is divided: 10 / (1 - 0.9) is a little more than 100.
  return rarer === 0 ? 1 : Math.ceil(1000 / Number(rarer.toPrecision(12)));
}

/** Nearest rank: the least sample that is not below this share of all. AWS approximates, and says not how. */
function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? NaN;
}

function sum(samples: readonly number[]): number {
  return samples.reduce((total, value) => total + value, 0);
}
