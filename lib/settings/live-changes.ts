import type { SettingName } from './stage-settings.ts';

/** What changing a setting does to a stack that is deployed. */
export type LiveChange = keyof typeof LIVE_CHANGE_WORDS;

/** How each reads in docs/configuration.md; the refusals have their section in docs/data-and-positions.md. */
export const LIVE_CHANGE_WORDS = {
  nothing: 'nothing',
  update: 'update in place',
  version: 'new version',
  subscription: 'update in place; a new address has to confirm',
  stack: 'another stack',
  mapping: 'refused: [another mapping](data-and-positions.md#another-mapping)',
  stream: 'refused: [another stream](data-and-positions.md#another-stream)',
  cluster: 'refused: [another cluster](data-and-positions.md#another-database)',
  database: 'refused: [another database](data-and-positions.md#another-database)',
  bucket: 'refused to turn off: the bucket would go',
} as const;

/** What of these replaces a mapping, a stream or a cluster, and the section with the way that keeps data and position. */
export const REPLACEMENTS: Readonly<Partial<Record<LiveChange, string>>> = {
  mapping: 'docs/data-and-positions.md#another-mapping',
  stream: 'docs/data-and-positions.md#another-stream',
  cluster: 'docs/data-and-positions.md#another-database',
};

/**
 * What changing each setting of a production stack does; test/infra/live-changes.test.ts computes the same from
 * templates and CloudFormation's schemas. A refusal is that of `npm run diff` and `npm run deploy`.
 */
export const LIVE_CHANGES: Readonly<Record<SettingName, LiveChange>> = {
  functionName: 'stack',
  codeCommit: 'nothing',
  removalPolicy: 'update',
  logRetentionDays: 'update',
  logDestinationArn: 'update',
  existingStreamArn: 'stream',
  existingStreamKeyArn: 'update',
  existingClusterArn: 'cluster',
  existingClusterSecretArn: 'update',
  existingClusterSecretKeyArn: 'update',
  existingPageTopicArn: 'subscription',
  existingTicketTopicArn: 'subscription',

  streamMode: 'update',
  shardCount: 'update',
  streamRetention: 'update',
  streamEncryption: 'update',

  batchSize: 'update',
  maxBatchingWindow: 'update',
  parallelizationFactor: 'update',
  startingPosition: 'mapping',
  startingPositionTimestamp: 'mapping',
  retryAttempts: 'update',
  maxRecordAge: 'update',
  onFailureDestination: 'bucket',
  filterPatterns: 'update',
  enhancedFanOut: 'mapping',
  mappingEnabled: 'update',

  memorySize: 'version',
  timeout: 'version',
  reservedConcurrency: 'update',
  tracing: 'version',
  rollout: 'update',
  emergencyDeploy: 'update',
  cacheMaxEntries: 'version',
  cacheMaxBytes: 'version',
  cacheTtl: 'version',
  cacheAbsentTtl: 'version',
  fuseThresholdPercent: 'version',

  databaseName: 'database',
  databaseMinCapacity: 'update',
  databaseMaxCapacity: 'update',
  readers: 'update',
  backupRetentionDays: 'update',
  ledgerRetention: 'update',

  pageEmails: 'subscription',
  pageHttpsEndpoints: 'subscription',
  ticketEmails: 'subscription',
  noticeEmails: 'subscription',
  metricsNamespace: 'version',
  pageWhenBehind: 'update',
  pageWhenRetentionUsedPercent: 'update',
  pageWhenStoppedMinutes: 'update',
  pageWhenQuarantined: 'update',
  noticeWhenDurationPercent: 'update',
  noticeWhenCapacityPercent: 'update',
  noticeWhenCacheHitPercentBelow: 'update',
};
