import { Duration } from 'aws-cdk-lib';
import type { EventProcessorProps } from '../props/event-processor-props.ts';

/**
 * What each stage deploys: `cdk deploy -c stage=prod`. Everything that is not here has its default; all settings are
 * in docs/configuration.md. A single one is replaced with `-c name=value`.
 */
export const STAGES = {
  /** For trying things out: small, and gone without a trace when the stack is deleted. */
  dev: {
    functionName: 'flights',
    removalPolicy: 'destroy',
    rollout: 'all-at-once',
    shardCount: 1,
    databaseMaxCapacity: 2,
    logRetentionDays: 7,
  },

  /** Refused until somebody is paged: add `pageHttpsEndpoints` or `pageEmails` here. */
  prod: {
    functionName: 'flights',
    shardCount: 4,
    parallelizationFactor: 2,
    streamRetention: Duration.days(7),
    databaseMinCapacity: 1,
    databaseMaxCapacity: 16,
    logRetentionDays: 90,
  },
} as const satisfies Readonly<Record<string, EventProcessorProps>>;

/** The stage without `-c stage=...`. */
export const DEFAULT_STAGE = 'dev';
