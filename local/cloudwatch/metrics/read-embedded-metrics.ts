import type { MetricDatum } from './metric.ts';

/** Limits of one document: metrics per directive, values per metric, dimensions per set. */
const LIMITS = { metrics: 100, values: 100, dimensions: 30 } as const;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Finds the metrics in a log line, as CloudWatch Logs does for the embedded metric format. What breaks the
 * specification yields nothing, and nobody is told: neither does AWS.
 * {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html}
 *
 * @param line as the function wrote it, also with the time and request id that Lambda's text format puts in front
 * @returns one datum per metric and set of dimensions; none for any other line
 */
export function readEmbeddedMetrics(line: string): readonly MetricDatum[] {
  const root = parseObject(line);
  const metadata = asObject(root?.['_aws']);
  const timestampMs = metadata?.['Timestamp'];
  const directives = metadata?.['CloudWatchMetrics'];
  if (root === undefined || typeof timestampMs !== 'number' || !Array.isArray(directives)) return [];
  return directives.flatMap((directive) => readDirective(asObject(directive) ?? {}, { root, timestampMs }));
}

interface Document {
  readonly root: JsonObject;
  readonly timestampMs: number;
}

function readDirective(directive: JsonObject, document: Document): readonly MetricDatum[] {
  const { Namespace: namespace, Dimensions: sets, Metrics: metrics } = directive;
  if (typeof namespace !== 'string' || namespace === '') return [];
  if (!Array.isArray(sets) || !Array.isArray(metrics) || metrics.length > LIMITS.metrics) return [];
  const dimensionSets = sets.map((set: unknown) => readDimensions(set, document.root));
  return dimensionSets.flatMap((dimensions) =>
    dimensions === undefined
      ? []
      : metrics.flatMap((metric: unknown) =>
          readMetric(asObject(metric) ?? {}, { ...document, namespace, dimensions }),
        ),
  );
}

/** Names of dimensions, each the name of a text member of the document. */
function readDimensions(names: unknown, root: JsonObject): Readonly<Record<string, string>> | undefined {
  if (!Array.isArray(names) || names.length > LIMITS.dimensions) return undefined;
  const entries = names.map((name: unknown) => [name, typeof name === 'string' ? root[name] : undefined] as const);
  const usable = entries.every(([, value]) => typeof value === 'string' && value !== '');
  return usable ? (Object.fromEntries(entries) as Record<string, string>) : undefined;
}

interface MetricPlace extends Document {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

function readMetric(definition: JsonObject, place: MetricPlace): readonly MetricDatum[] {
  const { Name: name, Unit: unit, StorageResolution: resolution } = definition;
  if (typeof name !== 'string' || name === '') return [];
  const target = place.root[name];
  const values: readonly unknown[] = Array.isArray(target) ? target : [target];
  if (values.length === 0 || values.length > LIMITS.values || !values.every(isNumber)) return [];
  return [
    {
      metric: { namespace: place.namespace, name, dimensions: place.dimensions },
      timestampMs: place.timestampMs,
      values,
      ...(typeof unit === 'string' && { unit }),
      resolutionSeconds: resolution === 1 ? 1 : 60,
    },
  ];
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Lambda's text format puts tab-separated columns before what the function wrote; nothing may follow it. */
function parseObject(line: string): JsonObject | undefined {
  if (!line.includes('"_aws"')) return undefined;
  const start = line.startsWith('{') ? 0 : line.indexOf('\t{') + 1;
  try {
    return asObject(JSON.parse(line.slice(start)));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
