import { Duration } from 'aws-cdk-lib';
import type { StageSettings } from './stage-settings.ts';

/** For trying things out: small, and gone without a trace when the stack is deleted. */
const DEV = {
  removalPolicy: 'destroy',
  rollout: 'all-at-once',
  shardCount: 1,
  // Anything longer costs more than the shard itself.
  streamRetention: Duration.days(1),
  databaseMaxCapacity: 2,
  logRetentionDays: 7,
} as const satisfies Partial<StageSettings>;

/** Refused until somebody is paged: add `pageHttpsEndpoints` or `pageEmails` here. */
const PROD = {
  shardCount: 4,
  parallelizationFactor: 2,
  streamRetention: Duration.days(7),
  databaseMinCapacity: 1,
  databaseMaxCapacity: 16,
  readers: 1,
  logRetentionDays: 90,
} as const satisfies Partial<StageSettings>;

/**
 * What each stage deploys: `cdk deploy -c stage=prod`. A stage lists its processors; each is a stack of its own, named
 * `FUNCTION-STAGE`. Everything that is not here has its default; all settings are in docs/configuration.md. A single one
 * is replaced with `-c name=value`, in every processor of the stage.
 */
export const STAGES = {
  dev: [{ ...DEV, functionName: 'flights' }],
  prod: [{ ...PROD, functionName: 'flights' }],
} as const satisfies Readonly<Record<string, readonly StageSettings[]>>;

/** The stage without `-c stage=...`. */
export const DEFAULT_STAGE = 'dev';
