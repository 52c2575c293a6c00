import type { Duration } from 'aws-cdk-lib';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import {
  choice,
  DAY,
  duration,
  flag,
  from,
  integer,
  list,
  MINUTE,
  text,
  type Resolved,
  type SpecsFor,
} from './option-spec.ts';

/** How Lambda reads the stream and what it does about failures. */
export interface MappingOptions {
  /**
   * Most records per invocation.
   *
   * Range: 1 to 10000.
   *
   * @default 1000
   */
  readonly batchSize?: number;

  /**
   * Longest wait for a batch to fill, in whole seconds.
   *
   * Range: 0s to 5m.
   *
   * @default 1s
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * Batches in flight per shard; the order per partition key is kept.
   *
   * Range: 1 to 10.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * Where a new mapping begins; an existing mapping continues where it was.
   *
   * Range: TRIM_HORIZON, LATEST or AT_TIMESTAMP.
   *
   * @default TRIM_HORIZON
   */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

  /**
   * Where a new mapping begins with `startingPosition` AT_TIMESTAMP.
   *
   * Range: a UTC time such as 2026-01-31T23:59:00Z.
   *
   * @default none
   */
  readonly startingPositionTimestamp?: string;

  /**
   * Deliveries after the first before a batch is given up; -1 has no limit. A database outage uses them up too.
   *
   * Range: -1 to 10000.
   *
   * @default -1
   */
  readonly retryAttempts?: number;

  /**
   * Age at which a record is given up and goes to the on-failure destination, before the stream forgets it.
   *
   * Range: 60s to 7d.
   *
   * @default 12h less than `streamRetention`, at most 7d; none without `onFailureDestination`
   */
  readonly maxRecordAge?: Duration;

  /**
   * Keeps given-up batches, payload included, in an S3 bucket.
   *
   * Range: true or false.
   *
   * @default true
   */
  readonly onFailureDestination?: boolean;

  /**
   * Event filter patterns; records that match none are skipped, and the watchdog takes them for a backlog.
   *
   * Range: a JSON object, an event filter pattern, at most 5.
   *
   * @default none
   */
  readonly filterPatterns?: readonly string[];

  /**
   * Reads through a consumer with its own 2 MB/s per shard, for streams with several readers.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly enhancedFanOut?: boolean;

  /**
   * Switches the mapping on; false pauses it, and true lets it continue where it was.
   *
   * Range: true or false.
   *
   * @default true
   */
  readonly mappingEnabled?: boolean;
}

/** Range and default of each. */
export const MAPPING_SPECS = {
  batchSize: integer(BATCH_SIZE, 1_000),
  maxBatchingWindow: duration(MAX_BATCHING_WINDOW_SECONDS, 1),
  parallelizationFactor: integer(PARALLELIZATION_FACTOR, 1),
  startingPosition: choice('TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'),
  startingPositionTimestamp: text({
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    words: 'a UTC time such as 2026-01-31T23:59:00Z',
  }),
  retryAttempts: integer(from(-1, 10_000), -1),
  maxRecordAge: duration(from(MINUTE, 7 * DAY)),
  onFailureDestination: flag(true),
  filterPatterns: list({ pattern: /^\s*\{[\s\S]*\}\s*$/, words: 'a JSON object, an event filter pattern' }, 5),
  enhancedFanOut: flag(false),
  mappingEnabled: flag(true),
} as const satisfies SpecsFor<MappingOptions>;

/** MappingOptions with defaults filled in. */
export type ResolvedMappingOptions = Resolved<MappingOptions, typeof MAPPING_SPECS>;
