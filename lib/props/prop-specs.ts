import { DEFAULT_ENVIRONMENT } from '../../contract/environment.ts';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { DEFAULT_METRICS_NAMESPACE } from '../../contract/metrics.ts';
import type { PropName } from './event-processor-props.ts';
import { TEXT_FORMS, type PropSpec, type TextForm } from './prop-spec.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const integer = (min: number, max: number, fallback?: number): PropSpec => ({
  kind: 'integer',
  min,
  max,
  ...(fallback !== undefined && { fallback }),
});
const acu = (min: number, fallback: number): PropSpec => ({
  kind: 'number',
  min,
  max: 256,
  step: 0.5,
  fallback,
});
const duration = (minSeconds: number, maxSeconds: number, fallbackSeconds?: number): PropSpec => ({
  kind: 'duration',
  minSeconds,
  maxSeconds,
  ...(fallbackSeconds !== undefined && { fallbackSeconds }),
});
const flag = (fallback: boolean): PropSpec => ({ kind: 'boolean', fallback });
const choice = (...values: readonly [string, ...string[]]): PropSpec => ({
  kind: 'choice',
  values,
  fallback: values[0],
});
const text = (form: TextForm, fallback?: string): PropSpec => ({
  kind: 'text',
  form,
  ...(fallback !== undefined && { fallback }),
});
const list = (form: TextForm, maxItems: number): PropSpec => ({ kind: 'list', form, maxItems });

/** Most of anything that is counted in a minute. */
const COUNT_MAX = 1_000_000;

/** Range and default of every prop; `event-processor-props.ts` says the same in words, and a test compares them. */
export const PROP_SPECS: Readonly<Record<PropName, PropSpec>> = {
  functionName: text(TEXT_FORMS.functionName),
  codeCommit: text(TEXT_FORMS.commit, DEFAULT_ENVIRONMENT.codeCommit),
  removalPolicy: choice('retain', 'destroy'),
  rollout: choice('canary', 'all-at-once'),
  emergencyDeploy: flag(false),

  existingStreamArn: text(TEXT_FORMS.streamArn),
  existingStreamKeyArn: text(TEXT_FORMS.keyArn),
  streamMode: choice('provisioned', 'on-demand'),
  shardCount: integer(1, 10_000, 4),
  streamRetention: duration(DAY, 365 * DAY, 7 * DAY),
  streamEncryption: choice('customer-managed', 'aws-managed'),
  averageRecordBytes: integer(1, 10 * 1024 * 1024, 500),
  partitionKeyCount: integer(1, 1_000_000_000),

  batchSize: integer(BATCH_SIZE.min, BATCH_SIZE.max, 1_000),
  maxBatchingWindow: duration(MAX_BATCHING_WINDOW_SECONDS.min, MAX_BATCHING_WINDOW_SECONDS.max, 1),
  parallelizationFactor: integer(PARALLELIZATION_FACTOR.min, PARALLELIZATION_FACTOR.max, 1),
  startingPosition: choice('TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'),
  startingPositionTimestamp: text(TEXT_FORMS.time),
  bisectBatchOnError: flag(true),
  reportBatchItemFailures: flag(true),
  retryAttempts: integer(-1, 10_000, -1),
  maxRecordAge: duration(MINUTE, 7 * DAY),
  onFailureDestination: flag(true),
  filterPatterns: list(TEXT_FORMS.filter, 5),
  enhancedFanOut: flag(false),
  mappingEnabled: flag(true),

  memorySize: integer(128, 10_240, 1_024),
  timeout: duration(10, 15 * MINUTE, MINUTE),
  reservedConcurrency: integer(1, 10_000),
  timeReserve: duration(1, MINUTE, DEFAULT_ENVIRONMENT.timeReserveMs / 1000),
  tracing: flag(false),
  logRetentionDays: {
    kind: 'choice',
    values: [1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731],
    fallback: 30,
  },
  cacheMaxEntries: integer(1, 10_000_000, DEFAULT_ENVIRONMENT.cacheMaxEntries),
  cacheMaxBytes: integer(1024, 8192 * 1024 * 1024, DEFAULT_ENVIRONMENT.cacheMaxBytes),
  cacheTtl: duration(1, 7 * DAY, DEFAULT_ENVIRONMENT.cacheTtlSeconds),
  cacheAbsentTtl: duration(1, 7 * DAY, DEFAULT_ENVIRONMENT.cacheAbsentTtlSeconds),
  maxRequestBytes: integer(65_536, 4 * 1024 * 1024, DEFAULT_ENVIRONMENT.maxRequestBytes),
  fuseThresholdPercent: integer(1, 100, DEFAULT_ENVIRONMENT.fuseThresholdPercent),
  fuseMinEvents: integer(1, 10_000, DEFAULT_ENVIRONMENT.fuseMinEvents),

  existingClusterArn: text(TEXT_FORMS.clusterArn),
  existingClusterSecretArn: text(TEXT_FORMS.secretArn),
  existingClusterSecretKeyArn: text(TEXT_FORMS.keyArn),
  databaseName: text(TEXT_FORMS.databaseName, 'events'),
  databaseMinCapacity: acu(0, 0.5),
  databaseMaxCapacity: acu(1, 8),
  backupRetentionDays: integer(1, 35, 7),
  ledgerRetention: duration(2 * DAY, 3650 * DAY, 30 * DAY),
  batchLogRetention: duration(2 * DAY, 3650 * DAY, 30 * DAY),

  pageEmails: list(TEXT_FORMS.email, 10),
  pageHttpsEndpoints: list(TEXT_FORMS.https, 10),
  existingPageTopicArn: text(TEXT_FORMS.topicArn),
  noticeEmails: list(TEXT_FORMS.email, 10),
  metricsNamespace: text(TEXT_FORMS.namespace, DEFAULT_METRICS_NAMESPACE),

  pageWhenBehind: duration(MINUTE, 7 * DAY, 5 * MINUTE),
  pageWhenRetentionUsedPercent: integer(1, 99, 50),
  pageWhenStoppedMinutes: integer(3, 60, 5),
  pageWhenQuarantined: integer(0, COUNT_MAX, 0),

  noticeWhenErrors: integer(0, COUNT_MAX, 0),
  noticeWhenThrottles: integer(0, COUNT_MAX, 0),
  noticeWhenDurationPercent: integer(1, 100, 80),
  noticeWhenCapacityPercent: integer(1, 99, 90),
  noticeWhenDataApiErrors: integer(0, COUNT_MAX, 5),
  noticeWhenCacheHitPercentBelow: integer(0, 99, 50),
};
