/**
 * The environment variables of the functions beside the processor: migrations, watchdog and pruning.
 *
 * @module
 */

import { createEnvironmentCodec, type TextVariable } from './environment-codec.ts';

/** The database as every function here is told of it. */
interface DatabaseEnvironment {
  /** ARN of the Aurora cluster whose Data API is called. */
  readonly clusterArn: string;
  /** ARN of the secret with the credentials of the database role that the function uses. */
  readonly secretArn: string;
  /** Name of the database in the cluster. */
  readonly database: string;
  /** Name of the function whose events are processed, which is the name of its folder. */
  readonly functionName: string;
}

const text = (variable: string, fallback?: string): TextVariable => ({
  kind: 'text',
  variable,
  ...(fallback !== undefined && { fallback }),
});

const DATABASE = {
  clusterArn: text('CLUSTER_ARN'),
  secretArn: text('SECRET_ARN'),
  database: text('DATABASE'),
  functionName: text('FUNCTION_NAME'),
} as const;

/** How the migrations function is configured; its `secretArn` is the owner of the tables. */
export interface MigrateEnvironment extends DatabaseEnvironment {
  /** ARN of the secret with name and password of the database role that the processor is to have. */
  readonly processorSecretArn: string;
  /** ARN of the secret with name and password of the database role that watchdog and pruning are to have. */
  readonly maintenanceSecretArn: string;
}

/** Writer and reader of {@link MigrateEnvironment}. */
export const migrateEnvironment = createEnvironmentCodec<MigrateEnvironment>({
  ...DATABASE,
  processorSecretArn: text('PROCESSOR_SECRET_ARN'),
  maintenanceSecretArn: text('MAINTENANCE_SECRET_ARN'),
});

/** How the watchdog is configured. */
export interface WatchdogEnvironment extends DatabaseEnvironment {
  readonly streamArn: string;
  /** CloudWatch namespace of the metrics. */
  readonly metricsNamespace: string;
  /** Where the mapping began in a shard it had not read: `TRIM_HORIZON`, `LATEST` or an ISO 8601 time. */
  readonly startingPosition: string;
  /** Lanes per shard; above 1 the newest committed record is not the whole truth. */
  readonly parallelizationFactor: number;
  /** Most shards that one run looks into. */
  readonly maxShards: number;
}

/** Writer and reader of {@link WatchdogEnvironment}. */
export const watchdogEnvironment = createEnvironmentCodec<WatchdogEnvironment>({
  ...DATABASE,
  streamArn: text('STREAM_ARN'),
  metricsNamespace: text('METRICS_NAMESPACE'),
  startingPosition: text('STARTING_POSITION'),
  parallelizationFactor: { kind: 'integer', variable: 'PARALLELIZATION_FACTOR', min: 1, max: 10 },
  maxShards: { kind: 'integer', variable: 'MAX_SHARDS', min: 1, max: 1_000 },
});

/** How pruning is configured. */
export interface PruneEnvironment extends DatabaseEnvironment {
  readonly streamArn: string;
  /** Hours an event stays known; a delivery after that would count again. */
  readonly ledgerRetentionHours: number;
  /** Hours a row of the batch log stays. */
  readonly batchLogRetentionHours: number;
}

/** Writer and reader of {@link PruneEnvironment}. */
export const pruneEnvironment = createEnvironmentCodec<PruneEnvironment>({
  ...DATABASE,
  streamArn: text('STREAM_ARN'),
  ledgerRetentionHours: { kind: 'integer', variable: 'LEDGER_RETENTION_HOURS', min: 24, max: 87_600 },
  batchLogRetentionHours: { kind: 'integer', variable: 'BATCH_LOG_RETENTION_HOURS', min: 24, max: 87_600 },
});
