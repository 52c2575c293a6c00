import { LeafCollector, parseLeafTexts } from './filter-leaves.ts';
import { compilePattern, type CompiledPattern } from './filter-pattern.ts';

/** What a filter sees of a record. */
export interface FilteredRecord {
  /** Decimal digits. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Content in base64. */
  readonly data: string;
  /** Milliseconds since 1970. */
  readonly approximateArrivalMs: number;
}

/**
 * A filter of an event source mapping: `data` is matched against the content of the record parsed as JSON, the other
 * keys against the record's metadata.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html}
 */
export type FilterPattern = Readonly<Record<string, unknown>>;

/** What AWS answers to a pattern that it can't read. */
const INVALID = '(AWS answers "Invalid filter pattern definition.")';

/** Name of the record's content in a pattern. */
const DATA = 'data';

/** What of a record a pattern can name beside its content. */
const METADATA_NAMES = ['partitionKey', 'sequenceNumber', 'approximateArrivalTimestamp', 'kinesisSchemaVersion'];

/** {@link https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html} */
const MAX_PATTERN_CHARACTERS = 4_096;

/**
 * Checks a filter pattern.
 *
 * @returns what is wrong with it, all of it, or `undefined`
 */
export function filterProblem(pattern: unknown): string | undefined {
  const text = toJson(pattern);
  if (text?.startsWith('{') !== true) return `must be an object such as {"data":{"kind":["sale"]}} ${INVALID}`;
  if (text.length > MAX_PATTERN_CHARACTERS) {
    return `must have at most ${MAX_PATTERN_CHARACTERS} characters as JSON, got ${text.length}`;
  }
  const { problems, names } = compile(pattern);
  if (problems.length > 0) return `must be an event pattern: ${problems.join('; ')} ${INVALID}`;
  const [surplus] = [...names].flatMap((name) => nameProblem(name));
  return surplus;
}

/** Content is filtered as JSON only, so that `data` itself holds no value to compare. */
function nameProblem(name: string): readonly string[] {
  const [top = ''] = name.split('.');
  if (name === DATA) return [`must have an object with fields in ${DATA}, got a list ${INVALID}`];
  if (top === DATA || METADATA_NAMES.includes(top)) return [];
  return [`must have the keys ${DATA}, ${METADATA_NAMES.join(', ')}, got ${top}`];
}

/** `undefined` for what JSON can't hold. */
function toJson(pattern: unknown): string | undefined {
  try {
    return JSON.stringify(pattern);
  } catch {
    return undefined;
  }
}

/** A pattern reaches AWS as JSON, so that is what counts. */
function compile(pattern: unknown): CompiledPattern {
  return compilePattern(JSON.parse(JSON.stringify(pattern)) as FilterPattern);
}

/**
 * Compiles the filters of a mapping: a record passes when one of them matches, or when there are none. A record whose
 * content is not JSON never matches a filter that names a field of `data`.
 *
 * @param filters patterns without a {@link filterProblem}
 */
export function createEventFilter(filters: readonly FilterPattern[]): (record: FilteredRecord) => boolean {
  if (filters.length === 0) return () => true;
  const compiled = filters.map((pattern) => {
    const { names, matches } = compile(pattern);
    return { names, matches, needsContent: [...names].some((name) => name.startsWith(`${DATA}.`)) };
  });
  const wanted = new Set(compiled.flatMap(({ names }) => [...names].flatMap(beginningsOf)));
  return (record) => {
    const collector = new LeafCollector((name) => wanted.has(name));
    addMetadata(collector, record);
    const hasContent = wanted.has(DATA) && addContent(collector, record.data);
    return compiled.some(({ matches, needsContent }) => (hasContent || !needsContent) && matches(collector.leaves));
  };
}

/** The names of what a field is within, and its own: `a.b` begins with `a`. */
function beginningsOf(name: string): readonly string[] {
  const keys = name.split('.');
  return keys.map((_, index) => keys.slice(0, index + 1).join('.'));
}

function addMetadata(collector: LeafCollector, record: FilteredRecord): void {
  collector.add('kinesisSchemaVersion', '"1.0"');
  collector.add('partitionKey', `"${record.partitionKey}"`);
  collector.add('sequenceNumber', `"${record.sequenceNumber}"`);
  collector.add('approximateArrivalTimestamp', String(record.approximateArrivalMs / 1000));
}

/** Says whether the content is JSON. */
function addContent(collector: LeafCollector, base64: string): boolean {
  try {
    collector.add(DATA, parseLeafTexts(Buffer.from(base64, 'base64').toString('utf8')));
    return true;
  } catch {
    return false;
  }
}
