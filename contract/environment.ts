/**
 * The environment variables of every function: the stack encodes them, the function parses them, and both use this
 * one definition.
 *
 * @module
 */

import { createEnvironmentCodec, integerVariable, textVariable } from './environment-codec.ts';
import { DATA_API_MAX_REQUEST_BYTES, PARALLELIZATION_FACTOR } from './limits.ts';
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

const DATABASE = {
  clusterArn: textVariable('CLUSTER_ARN'),
  secretArn: textVariable('SECRET_ARN'),
  database: textVariable('DATABASE'),
} as const;

const DEPLOYMENT = textVariable('DEPLOYMENT');

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
    ...DATABASE,
    deployment: DEPLOYMENT,
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

/** What every function beside the processor is told. */
interface MaintenanceEnvironment extends DatabaseEnvironment {
  /** Name of the function whose events are processed, which is the name of its folder. */
  readonly functionName: string;
}

const MAINTENANCE = { ...DATABASE, functionName: textVariable('FUNCTION_NAME') } as const;

/** How the migrations function is configured; its `secretArn` is the owner of the tables. */
export interface MigrateEnvironment extends MaintenanceEnvironment {
  /** As in {@link ProcessorEnvironment}: no other deployment of the function may write to the database. */
  readonly deployment: string;
  /** ARN of the secret with name and password of the database role that the processor is to have. */
  readonly processorSecretArn: string;
  /** ARN of the secret with name and password of the database role that watchdog and pruning are to have. */
  readonly maintenanceSecretArn: string;
}

/** Writer and reader of {@link MigrateEnvironment}. */
export const migrateEnvironment = createEnvironmentCodec<MigrateEnvironment>({
  ...MAINTENANCE,
  deployment: DEPLOYMENT,
  processorSecretArn: textVariable('PROCESSOR_SECRET_ARN'),
  maintenanceSecretArn: textVariable('MAINTENANCE_SECRET_ARN'),
});

/** How the watchdog is configured. */
export interface WatchdogEnvironment extends MaintenanceEnvironment {
  readonly streamArn: string;
  /** As in {@link ProcessorEnvironment}: its metrics are beside the processor's. */
  readonly deployment: string;
  /** CloudWatch namespace of the metrics. */
  readonly metricsNamespace: string;
  /** Where the mapping began in a shard it had not read: `TRIM_HORIZON`, `LATEST` or an ISO 8601 time. */
  readonly startingPosition: string;
  /** Lanes per shard; above 1 the newest committed record is not the whole truth. */
  readonly parallelizationFactor: number;
  /** Most shards that one run looks into. */
  readonly maxShards: number;
  /** UUID of the event source mapping. */
  readonly mappingId: string;
  /** ARN of the processor's alias, which is asked to try entries that wait while no record comes; empty where nobody asks. */
  readonly processorArn: string;
  /** Bucket that Lambda puts batches into when it gives them up; empty without one. */
  readonly failedBatchesBucket: string;
  /** Longest time between two deliveries of a batch that is not committed, in seconds. */
  readonly deliveryGapSeconds: number;
  /** Age of a backlog that nobody minds, in seconds. */
  readonly pageWhenBehindSeconds: number;
  /** 1 where the stack itself disables the mapping: a pause that is meant. */
  readonly pausedOnPurpose: number;
  /** Topic of the pages, whose subscriptions are counted; empty where nobody needs to be paged. */
  readonly pageTopicArn: string;
  /** Where to tell CloudFormation that the watchdog runs, which the first deployment waits for; empty if nobody waits. */
  readonly runsSignalUrl: string;
}

/** Writer and reader of {@link WatchdogEnvironment}. */
export const watchdogEnvironment = createEnvironmentCodec<WatchdogEnvironment>(
  {
    ...MAINTENANCE,
    streamArn: textVariable('STREAM_ARN'),
    deployment: DEPLOYMENT,
    metricsNamespace: textVariable('METRICS_NAMESPACE'),
    startingPosition: textVariable('STARTING_POSITION'),
    parallelizationFactor: integerVariable('PARALLELIZATION_FACTOR', PARALLELIZATION_FACTOR),
    maxShards: integerVariable('MAX_SHARDS', { min: 1, max: 1_000 }),
    mappingId: textVariable('MAPPING_ID'),
    processorArn: textVariable('PROCESSOR_ARN'),
    failedBatchesBucket: textVariable('FAILED_BATCHES_BUCKET'),
    deliveryGapSeconds: integerVariable('DELIVERY_GAP_SECONDS', { min: 60, max: 7_200 }),
    pageWhenBehindSeconds: integerVariable('PAGE_WHEN_BEHIND_SECONDS', { min: 60, max: 7 * 86_400 }),
    pausedOnPurpose: integerVariable('PAUSED_ON_PURPOSE', { min: 0, max: 1 }),
    pageTopicArn: textVariable('PAGE_TOPIC_ARN'),
    runsSignalUrl: textVariable('RUNS_SIGNAL_URL'),
  },
  {
    processorArn: '',
    failedBatchesBucket: '',
    deliveryGapSeconds: 180,
    pageWhenBehindSeconds: 300,
    pausedOnPurpose: 0,
    pageTopicArn: '',
    runsSignalUrl: '',
  },
);

/** How pruning is configured. */
export interface PruneEnvironment extends MaintenanceEnvironment {
  readonly streamArn: string;
  /** Hours an event stays known; a delivery after that would count again. */
  readonly ledgerRetentionHours: number;
  /** Hours a row of the batch log stays. */
  readonly batchLogRetentionHours: number;
}

/** A day to ten years. */
const RETENTION_HOURS = { min: 24, max: 87_600 } as const;

/** Writer and reader of {@link PruneEnvironment}. */
export const pruneEnvironment = createEnvironmentCodec<PruneEnvironment>({
  ...MAINTENANCE,
  streamArn: textVariable('STREAM_ARN'),
  ledgerRetentionHours: integerVariable('LEDGER_RETENTION_HOURS', RETENTION_HOURS),
  batchLogRetentionHours: integerVariable('BATCH_LOG_RETENTION_HOURS', RETENTION_HOURS),
});
