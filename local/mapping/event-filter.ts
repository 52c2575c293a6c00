import { compilePattern, patternProblem, type Matcher } from './filter-pattern.ts';
import type { StreamRecord } from './ports.ts';

/**
 * A filter of an event source mapping: `data` is matched against the content of the record parsed as JSON, the other
 * keys against the record's metadata.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html}
 */
export type FilterPattern = Readonly<Record<string, unknown>>;

/** What AWS answers to a pattern that it cannot read. */
const INVALID = 'Invalid filter pattern definition.';

/** What of a record a pattern can name beside its data. */
const METADATA_KEYS = ['partitionKey', 'sequenceNumber', 'approximateArrivalTimestamp', 'kinesisSchemaVersion'];

/**
 * Checks a filter pattern.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function filterProblem(pattern: unknown): string | undefined {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
    return `must be an object such as {"data":{"kind":["sale"]}}: ${INVALID}`;
  }
  const keys = Object.keys(pattern);
  const unknown = keys.find((key) => key !== 'data' && !METADATA_KEYS.includes(key));
  if (unknown !== undefined) return `must have the keys data, ${METADATA_KEYS.join(', ')}, got ${unknown}`;
  if (keys.length === 0) return `must name at least one field: ${INVALID}`;
  const problem = patternProblem(pattern);
  return problem === undefined ? undefined : `${problem}: ${INVALID}`;
}

/**
 * Compiles the filters of a mapping: a record passes when one of them matches, or when there are none. A record whose
 * content is not JSON never matches a filter on `data`.
 *
 * @param filters patterns without a {@link filterProblem}
 */
export function createEventFilter(filters: readonly FilterPattern[]): (record: StreamRecord) => boolean {
  if (filters.length === 0) return () => true;
  const compiled = filters.map((pattern) => ({
    matches: compilePattern(pattern) satisfies Matcher,
    needsData: 'data' in pattern,
  }));
  const parsesData = compiled.some(({ needsData }) => needsData);
  return (record) => {
    const data = parsesData ? parseData(record.data) : undefined;
    const subject = { ...metadataOf(record), data };
    return compiled.some(({ matches, needsData }) => !(needsData && data === undefined) && matches(subject, true));
  };
}

function metadataOf(record: StreamRecord): Readonly<Record<string, unknown>> {
  return {
    kinesisSchemaVersion: '1.0',
    partitionKey: record.partitionKey,
    sequenceNumber: record.sequenceNumber,
    approximateArrivalTimestamp: record.approximateArrivalMs / 1000,
  };
}

/** `undefined` stands for content that is not JSON. */
function parseData(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
