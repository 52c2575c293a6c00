/** What tells one metric from another; a metric with one more dimension is another metric. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Values that were published for one moment. */
export interface MetricDatum {
  readonly metric: MetricIdentity;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  /** At least one; each counts as a sample. */
  readonly values: readonly number[];
  /** CloudWatch's name of the unit; `None` unless given. */
  readonly unit?: string;
  /** Values of one minute are kept together, or of one second for a high-resolution metric. 60 unless given. */
  readonly resolutionSeconds?: 1 | 60;
}

/** An alarm asks for the key of one and the same identity every minute. */
const KEYS = new WeakMap<MetricIdentity, string>();

/** The same text for the same metric, whatever order its dimensions come in. */
export function metricKey(metric: MetricIdentity): string {
  const known = KEYS.get(metric);
  if (known !== undefined) return known;
  const { namespace, name, dimensions } = metric;
  const sorted = Object.entries(dimensions).sort(([left], [right]) => (left < right ? -1 : 1));
  const key = JSON.stringify([namespace, name, sorted]);
  KEYS.set(metric, key);
  return key;
}
