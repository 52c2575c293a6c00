import type { Duration } from 'aws-cdk-lib';
import { DEFAULT_ENVIRONMENT, PROCESSOR_RANGES } from '../../contract/environment.ts';
import { choice, duration, flag, from, integer, MINUTE, type Resolved, type SpecsFor } from './option-spec.ts';

/** The function that writes events, and how a new version of it takes over. */
export interface FunctionOptions {
  /**
   * Memory of the function in MB; its share of a CPU grows with it.
   *
   * Range: 128 to 10240.
   *
   * @default 1024
   */
  readonly memorySize?: number;

  /**
   * Longest time of an invocation.
   *
   * Range: 10s to 15m.
   *
   * @default 60s
   */
  readonly timeout?: Duration;

  /**
   * Concurrent invocations kept for the function, which is also their limit.
   *
   * Range: 1 to 10000.
   *
   * @default none
   */
  readonly reservedConcurrency?: number;

  /**
   * Traces invocations with X-Ray.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * How a new version takes over: `canary` sends it a tenth of the batches for five minutes and rolls back on its errors.
   *
   * Range: canary or all-at-once.
   *
   * @default canary
   */
  readonly rollout?: 'canary' | 'all-at-once';

  /**
   * Lets the new version take over at once, whatever the alarms say: for a release that fixes the problem.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly emergencyDeploy?: boolean;

  /**
   * Most rows of reference data in the lookup cache of one execution environment.
   *
   * Range: 1 to 10000000.
   *
   * @default 50000
   */
  readonly cacheMaxEntries?: number;

  /**
   * Most bytes of reference data in the lookup cache of one execution environment.
   *
   * Range: 1024 to 8589934592.
   *
   * @default 67108864
   */
  readonly cacheMaxBytes?: number;

  /**
   * Longest time that reference data is served from the cache.
   *
   * Range: 1s to 7d.
   *
   * @default 5m
   */
  readonly cacheTtl?: Duration;

  /**
   * Longest time that a key without reference data is remembered before it is read again.
   *
   * Range: 1s to 7d.
   *
   * @default 10s
   */
  readonly cacheAbsentTtl?: Duration;

  /**
   * Percentage of a build's newest events: if more are rejected, the deploy counts as bad and the position is held; 100
   * switches this off.
   *
   * Range: 1 to 100.
   *
   * @default 50
   */
  readonly fuseThresholdPercent?: number;
}

/** Range and default of each. */
export const FUNCTION_SPECS = {
  memorySize: integer(from(128, 10_240), 1_024),
  timeout: duration(from(10, 15 * MINUTE), MINUTE),
  reservedConcurrency: integer(from(1, 10_000)),
  tracing: flag(false),
  rollout: choice('canary', 'all-at-once'),
  emergencyDeploy: flag(false),
  cacheMaxEntries: integer(PROCESSOR_RANGES.cacheMaxEntries, DEFAULT_ENVIRONMENT.cacheMaxEntries),
  cacheMaxBytes: integer(PROCESSOR_RANGES.cacheMaxBytes, DEFAULT_ENVIRONMENT.cacheMaxBytes),
  cacheTtl: duration(PROCESSOR_RANGES.cacheTtlSeconds, DEFAULT_ENVIRONMENT.cacheTtlSeconds),
  cacheAbsentTtl: duration(PROCESSOR_RANGES.cacheAbsentTtlSeconds, DEFAULT_ENVIRONMENT.cacheAbsentTtlSeconds),
  fuseThresholdPercent: integer(PROCESSOR_RANGES.fuseThresholdPercent, DEFAULT_ENVIRONMENT.fuseThresholdPercent),
} as const satisfies SpecsFor<FunctionOptions>;

/** FunctionOptions with defaults filled in. */
export type ResolvedFunctionOptions = Resolved<FunctionOptions, typeof FUNCTION_SPECS>;
