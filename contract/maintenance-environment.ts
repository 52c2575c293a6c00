/**
 * The environment variables of the functions beside the processor. A file of their own: the processor's bundle has no
 * use for them.
 *
 * @module
 */

import { createEnvironmentCodec, integerVariable, textVariable } from './environment-codec.ts';
import { DATABASE_VARIABLES, DEPLOYMENT_VARIABLE, type DatabaseEnvironment } from './environment.ts';
import { PARALLELIZATION_FACTOR } from './limits.ts';

/** What every function beside the processor is told. */
interface MaintenanceEnvironment extends DatabaseEnvironment {
  /** Name of the function whose events are processed, which is the name of its folder. */
  readonly functionName: string;
}

const MAINTENANCE = { ...DATABASE_VARIABLES, functionName: textVariable('FUNCTION_NAME') } as const;

/** How the migrations function is configured; its `secretArn` is the owner of the tables. */
export interface MigrateEnvironment extends MaintenanceEnvironment {
  /** As in `ProcessorEnvironment`: no other deployment of the function may write to the database. */
  readonly deployment: string;
  /** ARN of the secret with name and password of the database role that the processor is to have. */
  readonly processorSecretArn: string;
  /** ARN of the secret with name and password of the database role that watchdog and pruning are to have. */
  readonly maintenanceSecretArn: string;
}

/** Writer and reader of {@link MigrateEnvironment}. */
export const migrateEnvironment = createEnvironmentCodec<MigrateEnvironment>({
  ...MAINTENANCE,
  deployment: DEPLOYMENT_VARIABLE,
  processorSecretArn: textVariable('PROCESSOR_SECRET_ARN'),
  maintenanceSecretArn: textVariable('MAINTENANCE_SECRET_ARN'),
});

/** How the watchdog is configured. */
export interface WatchdogEnvironment extends MaintenanceEnvironment {
  readonly streamArn: string;
  /** As in `ProcessorEnvironment`: its metrics are beside the processor's. */
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
    deployment: DEPLOYMENT_VARIABLE,
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
