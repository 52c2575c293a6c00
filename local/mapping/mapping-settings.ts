import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import type { IntegerRange } from '../../contract/integer-range.ts';
import { describeIntegerRange, integerProblem, isIntegerWithin } from '../../contract/integer-range.ts';
import { ProblemsError } from '../../contract/problems-error.ts';
import { filterProblem, type FilterPattern } from '../../kinesis/filter/event-filter.ts';

/** Where a shard without a checkpoint is read from. */
export type StartingPosition = 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

/**
 * Settings of an event source mapping, under AWS's names with the unit added.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html}
 */
export interface MappingSettings {
  /** False: nothing is polled until the mapping is enabled. @defaultValue true */
  readonly enabled: boolean;
  /** Most records of one invocation, 1 to 10,000. @defaultValue 100 */
  readonly batchSize: number;
  /** Longest wait for a full batch, 0 to 300, whole seconds. @defaultValue 0 */
  readonly maxBatchingWindowSeconds: number;
  /** Batches in flight per shard, 1 to 10; a partition key is in at most one of them. @defaultValue 1 */
  readonly parallelizationFactor: number;
  /** Where a shard that has no checkpoint is read from. @defaultValue 'TRIM_HORIZON' */
  readonly startingPosition: StartingPosition;
  /** Milliseconds since the epoch, not in the future; with `AT_TIMESTAMP` and only then. */
  readonly startingPositionTimestampMs: number | undefined;
  /** Split a batch that fails without progress. @defaultValue false */
  readonly bisectBatchOnFunctionError: boolean;
  /** -1 (until the record expires) to 10,000. @defaultValue -1 */
  readonly maximumRetryAttempts: number;
  /** -1 (no limit), or 60 to 604,800. @defaultValue -1 */
  readonly maximumRecordAgeSeconds: number;
  /** Read `batchItemFailures` from the answer. @defaultValue true (AWS: false) */
  readonly reportBatchItemFailures: boolean;
  /** Patterns of which one must match, up to 10; none lets everything through. @defaultValue [] */
  readonly filters: readonly FilterPattern[];
}

const DEFAULTS: MappingSettings = {
  enabled: true,
  batchSize: 100,
  maxBatchingWindowSeconds: 0,
  parallelizationFactor: 1,
  startingPosition: 'TRIM_HORIZON',
  startingPositionTimestampMs: undefined,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
  reportBatchItemFailures: true,
  filters: [],
};

const STARTING_POSITIONS: readonly StartingPosition[] = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'];
const BOOLEANS = ['enabled', 'bisectBatchOnFunctionError', 'reportBatchItemFailures'] as const;
const MAX_FILTERS = 10;
const MAX_RETRY_ATTEMPTS = { min: -1, max: 10_000 } as const;
const RECORD_AGE_SECONDS = { min: 60, max: 604_800 } as const;
const NO_LIMIT = -1;

/** The settings given are not those of an event source mapping. */
export class MappingSettingsError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected and got
   */
  constructor(problems: readonly string[]) {
    super(problems, { name: 'MappingSettingsError', heading: 'the settings of the mapping are not usable' });
  }
}

/**
 * Completes settings with the defaults and checks them.
 *
 * @param given any part of the settings
 * @param nowMs the present, which a starting timestamp must not lie beyond
 * @throws {@link MappingSettingsError} with all problems at once
 */
export function parseMappingSettings(given: Partial<MappingSettings>, nowMs: number): MappingSettings {
  const unknown = Object.keys(given).filter((name) => !(name in DEFAULTS));
  const settings = { ...DEFAULTS, ...withoutUndefined(given) };
  const problems = [
    ...unknown.map((name) => `\`${name}\` is not a setting, expected one of ${Object.keys(DEFAULTS).join(', ')}`),
    ...BOOLEANS.flatMap((name) => booleanProblem(name, settings[name])),
    ...integerProblems('batchSize', settings.batchSize, BATCH_SIZE),
    ...integerProblems('maxBatchingWindowSeconds', settings.maxBatchingWindowSeconds, MAX_BATCHING_WINDOW_SECONDS),
    ...integerProblems('parallelizationFactor', settings.parallelizationFactor, PARALLELIZATION_FACTOR),
    ...integerProblems('maximumRetryAttempts', settings.maximumRetryAttempts, MAX_RETRY_ATTEMPTS),
    ...recordAgeProblem(settings.maximumRecordAgeSeconds),
    ...startingPositionProblem(settings, nowMs),
    ...filterProblems(settings.filters),
  ];
  if (problems.length > 0) throw new MappingSettingsError(problems);
  return Object.freeze(settings);
}

function withoutUndefined(given: Partial<MappingSettings>): Partial<MappingSettings> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function booleanProblem(name: string, value: unknown): string[] {
  return typeof value === 'boolean' ? [] : [`\`${name}\` must be true or false, got ${show(value)}`];
}

function integerProblems(name: string, value: unknown, range: IntegerRange): string[] {
  return isIntegerWithin(value, range) ? [] : [integerProblem(name, range, value)];
}

/** The API's type allows 0 to 59 too, but the service refuses them. */
function recordAgeProblem(value: unknown): string[] {
  if (value === NO_LIMIT) return [];
  if (isIntegerWithin(value, RECORD_AGE_SECONDS)) return [];
  const range = describeIntegerRange(RECORD_AGE_SECONDS);
  return [`\`maximumRecordAgeSeconds\` must be -1 (no limit) or ${range}, got ${show(value)}`];
}

function startingPositionProblem(settings: MappingSettings, nowMs: number): string[] {
  const { startingPosition, startingPositionTimestampMs: timestampMs } = settings;
  if (!STARTING_POSITIONS.includes(startingPosition)) {
    return [`\`startingPosition\` must be one of ${STARTING_POSITIONS.join(', ')}, got ${show(startingPosition)}`];
  }
  if (startingPosition !== 'AT_TIMESTAMP') {
    if (timestampMs === undefined) return [];
    return ['`startingPositionTimestampMs` is for `startingPosition` AT_TIMESTAMP only, leave it out'];
  }
  if (typeof timestampMs === 'number' && timestampMs >= 0 && timestampMs <= nowMs) return [];
  return [
    `\`startingPositionTimestampMs\` must be milliseconds since the epoch and not in the future (now is ${nowMs}), got ${show(timestampMs)}`,
  ];
}

function filterProblems(filters: readonly FilterPattern[]): string[] {
  if (!Array.isArray(filters)) return [`\`filters\` must be a list of patterns, got ${show(filters)}`];
  const tooMany = filters.length > MAX_FILTERS ? [`\`filters\` takes up to ${MAX_FILTERS}, got ${filters.length}`] : [];
  const invalid = filters.flatMap((pattern, index) => {
    const problem = filterProblem(pattern);
    return problem === undefined ? [] : [`\`filters[${index}]\` ${problem}`];
  });
  return [...tooMany, ...invalid];
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : value === undefined ? 'undefined' : JSON.stringify(value);
}
