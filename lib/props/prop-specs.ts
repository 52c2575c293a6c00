import type { Duration } from 'aws-cdk-lib';
import { DEFAULT_ENVIRONMENT, PROCESSOR_RANGES } from '../../contract/environment.ts';
import type { IntegerRange } from '../../contract/integer-range.ts';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { DEFAULT_METRICS_NAMESPACE } from '../../contract/metrics.ts';
import type { EventProcessorProps, PropName } from './event-processor-props.ts';

/** What a prop may be. Each kind says how a value is checked, how it is read from text and how its range reads. */
export type PropSpec =
  | (IntegerRange & { readonly kind: 'integer'; readonly fallback: number | undefined })
  | {
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly fallback: number;
    }
  | { readonly kind: 'boolean'; readonly fallback: boolean }
  /** In whole seconds. */
  | (IntegerRange & { readonly kind: 'duration'; readonly fallback: number | undefined })
  | ChoiceSpec<string | number>
  | { readonly kind: 'text'; readonly form: TextForm; readonly fallback: string | undefined }
  | { readonly kind: 'list'; readonly form: TextForm; readonly maxItems: number };

interface ChoiceSpec<Value> {
  readonly kind: 'choice';
  readonly values: readonly Value[];
  readonly fallback: Value;
}

/** The kinds of spec that fit the type of a prop; tuples keep unions of literals and booleans whole. */
type SpecFor<Value> = [Value] extends [boolean]
  ? Extract<PropSpec, { kind: 'boolean' }>
  : [Value] extends [number]
    ? Extract<PropSpec, { kind: 'integer' | 'number' }> | ChoiceSpec<number>
    : [Value] extends [string]
      ? string extends Value
        ? Extract<PropSpec, { kind: 'text' }>
        : ChoiceSpec<Value>
      : [Value] extends [Duration]
        ? Extract<PropSpec, { kind: 'duration' }>
        : Extract<PropSpec, { kind: 'list' }>;

/** A form that text must have, and the words for it. */
export interface TextForm {
  readonly pattern: RegExp;
  /** Completes "must be ..."; also the range in the documentation. */
  readonly words: string;
}

const arn = (service: string, words: string): TextForm => ({
  pattern: new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:.+$`),
  words: `the ARN of ${words}`,
});

/** Forms of text that props take. */
export const TEXT_FORMS = {
  functionName: {
    pattern: /^[a-z][a-z0-9-]{0,29}$/,
    words: 'small letters, digits and hyphens, at most 30, as in order-events',
  },
  databaseName: {
    pattern: /^[a-z_][a-z0-9_]{0,62}$/,
    words: 'small letters, digits and underscores, at most 63',
  },
  namespace: {
    pattern: /^(?!AWS\/)[\w.\-/#]{1,255}$/,
    words: 'at most 255 letters, digits or . - _ / #, not AWS/',
  },
  time: {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    words: 'a UTC time such as 2026-01-31T23:59:00Z',
  },
  commit: { pattern: /^[\w.-]{1,100}$/, words: 'at most 100 letters, digits or . - _' },
  email: { pattern: /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/, words: 'an e-mail address' },
  https: { pattern: /^https:\/\/[^\s,]+$/, words: 'a URL that begins with https://' },
  filter: { pattern: /^\s*\{[\s\S]*\}\s*$/, words: 'a JSON object, an event filter pattern' },
  streamArn: arn('kinesis', 'a stream'),
  clusterArn: arn('rds', 'an Aurora cluster'),
  secretArn: arn('secretsmanager', 'a secret'),
  keyArn: arn('kms', 'a key'),
  topicArn: arn('sns', 'a topic'),
} as const satisfies Record<string, TextForm>;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The type of each default is kept, so that a prop without one is known as such when it is resolved.
const integer = <Fallback extends number | undefined = undefined>(range: IntegerRange, fallback?: Fallback) => ({
  kind: 'integer' as const,
  ...range,
  fallback: fallback as Fallback,
});
const duration = <Fallback extends number | undefined = undefined>(range: IntegerRange, fallback?: Fallback) => ({
  kind: 'duration' as const,
  ...range,
  fallback: fallback as Fallback,
});
const text = <Fallback extends string | undefined = undefined>(form: TextForm, fallback?: Fallback) => ({
  kind: 'text' as const,
  form,
  fallback: fallback as Fallback,
});
const choice = <Value extends string>(first: Value, ...others: readonly Value[]) => ({
  kind: 'choice' as const,
  values: [first, ...others],
  fallback: first,
});
const acu = (min: number, fallback: number) => ({ kind: 'number' as const, min, max: 256, step: 0.5, fallback });
const flag = (fallback: boolean) => ({ kind: 'boolean' as const, fallback });
const list = (form: TextForm, maxItems: number) => ({ kind: 'list' as const, form, maxItems });
const from = (min: number, max: number): IntegerRange => ({ min, max });

/** What is counted in a minute. */
const COUNT = from(0, 1_000_000);

const SPECS = {
  functionName: text(TEXT_FORMS.functionName),
  codeCommit: text(TEXT_FORMS.commit, 'unknown'),
  removalPolicy: choice('retain', 'destroy'),
  rollout: choice('canary', 'all-at-once'),
  emergencyDeploy: flag(false),

  existingStreamArn: text(TEXT_FORMS.streamArn),
  existingStreamKeyArn: text(TEXT_FORMS.keyArn),
  streamMode: choice('provisioned', 'on-demand'),
  shardCount: integer(from(1, 10_000), 4),
  streamRetention: duration(from(DAY, 365 * DAY), 7 * DAY),
  streamEncryption: choice('customer-managed', 'aws-managed'),
  averageRecordBytes: integer(from(1, 10 * 1024 * 1024), 500),
  partitionKeyCount: integer(from(1, 1_000_000_000)),

  batchSize: integer(BATCH_SIZE, 1_000),
  maxBatchingWindow: duration(MAX_BATCHING_WINDOW_SECONDS, 1),
  parallelizationFactor: integer(PARALLELIZATION_FACTOR, 1),
  startingPosition: choice('TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'),
  startingPositionTimestamp: text(TEXT_FORMS.time),
  bisectBatchOnError: flag(false),
  reportBatchItemFailures: flag(true),
  retryAttempts: integer(from(-1, 10_000), -1),
  maxRecordAge: duration(from(MINUTE, 7 * DAY)),
  onFailureDestination: flag(true),
  filterPatterns: list(TEXT_FORMS.filter, 5),
  enhancedFanOut: flag(false),
  mappingEnabled: flag(true),

  memorySize: integer(from(128, 10_240), 1_024),
  timeout: duration(from(10, 15 * MINUTE), MINUTE),
  reservedConcurrency: integer(from(1, 10_000)),
  timeReserve: duration(from(1, MINUTE), DEFAULT_ENVIRONMENT.timeReserveMs / 1000),
  tracing: flag(false),
  logRetentionDays: {
    kind: 'choice',
    values: [1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731],
    fallback: 30,
  },
  cacheMaxEntries: integer(PROCESSOR_RANGES.cacheMaxEntries, DEFAULT_ENVIRONMENT.cacheMaxEntries),
  cacheMaxBytes: integer(PROCESSOR_RANGES.cacheMaxBytes, DEFAULT_ENVIRONMENT.cacheMaxBytes),
  cacheTtl: duration(PROCESSOR_RANGES.cacheTtlSeconds, DEFAULT_ENVIRONMENT.cacheTtlSeconds),
  cacheAbsentTtl: duration(PROCESSOR_RANGES.cacheAbsentTtlSeconds, DEFAULT_ENVIRONMENT.cacheAbsentTtlSeconds),
  maxRequestBytes: integer(PROCESSOR_RANGES.maxRequestBytes, DEFAULT_ENVIRONMENT.maxRequestBytes),
  fuseThresholdPercent: integer(PROCESSOR_RANGES.fuseThresholdPercent, DEFAULT_ENVIRONMENT.fuseThresholdPercent),
  fuseMinEvents: integer(PROCESSOR_RANGES.fuseMinEvents, DEFAULT_ENVIRONMENT.fuseMinEvents),

  existingClusterArn: text(TEXT_FORMS.clusterArn),
  existingClusterSecretArn: text(TEXT_FORMS.secretArn),
  existingClusterSecretKeyArn: text(TEXT_FORMS.keyArn),
  databaseName: text(TEXT_FORMS.databaseName, 'events'),
  databaseMinCapacity: acu(0, 0.5),
  databaseMaxCapacity: acu(1, 8),
  backupRetentionDays: integer(from(1, 35), 7),
  ledgerRetention: duration(from(2 * DAY, 3650 * DAY), 30 * DAY),
  batchLogRetention: duration(from(2 * DAY, 3650 * DAY), 30 * DAY),

  pageEmails: list(TEXT_FORMS.email, 10),
  pageHttpsEndpoints: list(TEXT_FORMS.https, 10),
  existingPageTopicArn: text(TEXT_FORMS.topicArn),
  noticeEmails: list(TEXT_FORMS.email, 10),
  metricsNamespace: text(TEXT_FORMS.namespace, DEFAULT_METRICS_NAMESPACE),

  pageWhenBehind: duration(from(MINUTE, 7 * DAY), 5 * MINUTE),
  pageWhenRetentionUsedPercent: integer(from(1, 99), 50),
  pageWhenStoppedMinutes: integer(from(3, 60), 5),
  pageWhenQuarantined: integer(COUNT, 0),

  noticeWhenErrors: integer(COUNT, 0),
  noticeWhenThrottles: integer(COUNT, 0),
  noticeWhenDurationPercent: integer(from(1, 100), 80),
  noticeWhenCapacityPercent: integer(from(1, 99), 90),
  noticeWhenDataApiErrors: integer(COUNT, 5),
  noticeWhenCacheHitPercentBelow: integer(from(0, 99), 50),
} as const satisfies { readonly [Name in PropName]: SpecFor<NonNullable<EventProcessorProps[Name]>> };

/** Range and default of every prop; `npm run docs` writes them into the comments of `event-processor-props.ts`. */
export const PROP_SPECS: Readonly<Record<PropName, PropSpec>> = SPECS;

type Fallback<Name extends PropName> = (typeof SPECS)[Name] extends { readonly fallback: infer Value }
  ? Value
  : unknown[];

/** Settings that may be left out and have no default of their own: each stays undefined when it is not set. */
export type PropWithoutDefault = {
  // Undefined is in the intersection only where both may be undefined.
  [Name in PropName]: undefined extends EventProcessorProps[Name] & Fallback<Name> ? Name : never;
}[PropName];
