/**
 * The environment variables of the processor, and what those of other functions have in common with them: the stack
 * encodes them, the function parses them, and both use this one definition.
 *
 * @module
 */

import { createEnvironmentCodec, integerVariable, textVariable } from './environment-codec.ts';
import { DATA_API_MAX_REQUEST_BYTES } from './limits.ts';
import { DEFAULT_METRICS_NAMESPACE } from './metrics.ts';

/** The database, and who calls it. */
export interface DatabaseEnvironment {
  /** ARN of the Aurora cluster whose Data API is called. */
  readonly clusterArn: string;
  /** ARN of the secret with the credentials of the database role that the function uses. */
  readonly secretArn: string;
  /** Name of the database in the cluster. */
  readonly database: string;
}

/** Variables of {@link DatabaseEnvironment}. */
export const DATABASE_VARIABLES = {
  clusterArn: textVariable('CLUSTER_ARN'),
  secretArn: textVariable('SECRET_ARN'),
  database: textVariable('DATABASE'),
} as const;

/** Variable of the name that no other deployment has. */
export const DEPLOYMENT_VARIABLE = textVariable('DEPLOYMENT');

/** How the processor is configured: what the stack decides and the function obeys. */
export interface ProcessorEnvironment extends DatabaseEnvironment {
  /** Name of the deployed processor, which no other has in the account and region: what its metrics are under. */
  readonly deployment: string;
  /** CloudWatch namespace of the metrics. */
  readonly metricsNamespace: string;
  /** Most entries of the lookup cache of one execution environment. */
  readonly cacheMaxEntries: number;
  /** Most bytes of keys and values in the lookup cache of one execution environment. */
  readonly cacheMaxBytes: number;
  /** Seconds after which a cached reference row is read again: the bound of staleness. */
  readonly cacheTtlSeconds: number;
  /** Seconds after which a key that had no reference row is asked for again. */
  readonly cacheAbsentTtlSeconds: number;
  /** Largest Data API request the processor sends, in bytes of the encoded request body. */
  readonly maxRequestBytes: number;
  /** Milliseconds of an invocation kept back for answering, so that Lambda never has to kill it. */
  readonly timeReserveMs: number;
  /** Share of the newest events of a build, in percent, above which rejections mean a bad deploy; 100 switches the fuse off. */
  readonly fuseThresholdPercent: number;
  /** Events of a build, the newest ones, that the share is taken of. */
  readonly fuseMinEvents: number;
}

const MEBIBYTE = 1024 * 1024;
const WEEK_SECONDS = 7 * 86_400;

/** What the numbers of the processor's environment may be; the stack's props have the same ranges. */
export const PROCESSOR_RANGES = {
  cacheMaxEntries: { min: 1, max: 10_000_000 },
  cacheMaxBytes: { min: 1024, max: 8192 * MEBIBYTE },
  cacheTtlSeconds: { min: 1, max: WEEK_SECONDS },
  cacheAbsentTtlSeconds: { min: 1, max: WEEK_SECONDS },
  maxRequestBytes: { min: 65_536, max: DATA_API_MAX_REQUEST_BYTES },
  timeReserveMs: { min: 100, max: 60_000 },
  fuseThresholdPercent: { min: 1, max: 100 },
  fuseMinEvents: { min: 1, max: 10_000 },
} as const;

/** The processor's environment unless the stack says otherwise: every field but those that name the database. */
export const DEFAULT_ENVIRONMENT: Omit<ProcessorEnvironment, keyof DatabaseEnvironment> = Object.freeze({
  deployment: 'local',
  metricsNamespace: DEFAULT_METRICS_NAMESPACE,
  cacheMaxEntries: 50_000,
  cacheMaxBytes: 64 * MEBIBYTE,
  cacheTtlSeconds: 300,
  cacheAbsentTtlSeconds: 10,
  maxRequestBytes: DATA_API_MAX_REQUEST_BYTES,
  timeReserveMs: 2_000,
  fuseThresholdPercent: 50,
  fuseMinEvents: 20,
});

/** Writer and reader of {@link ProcessorEnvironment}. */
export const processorEnvironment = createEnvironmentCodec<ProcessorEnvironment>(
  {
    ...DATABASE_VARIABLES,
    deployment: DEPLOYMENT_VARIABLE,
    metricsNamespace: textVariable('METRICS_NAMESPACE'),
    cacheMaxEntries: integerVariable('CACHE_MAX_ENTRIES', PROCESSOR_RANGES.cacheMaxEntries),
    cacheMaxBytes: integerVariable('CACHE_MAX_BYTES', PROCESSOR_RANGES.cacheMaxBytes),
    cacheTtlSeconds: integerVariable('CACHE_TTL_SECONDS', PROCESSOR_RANGES.cacheTtlSeconds),
    cacheAbsentTtlSeconds: integerVariable('CACHE_ABSENT_TTL_SECONDS', PROCESSOR_RANGES.cacheAbsentTtlSeconds),
    maxRequestBytes: integerVariable('MAX_REQUEST_BYTES', PROCESSOR_RANGES.maxRequestBytes),
    timeReserveMs: integerVariable('TIME_RESERVE_MS', PROCESSOR_RANGES.timeReserveMs),
    fuseThresholdPercent: integerVariable('FUSE_THRESHOLD_PERCENT', PROCESSOR_RANGES.fuseThresholdPercent),
    fuseMinEvents: integerVariable('FUSE_MIN_EVENTS', PROCESSOR_RANGES.fuseMinEvents),
  },
  DEFAULT_ENVIRONMENT,
);
