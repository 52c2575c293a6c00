import type { Duration } from 'aws-cdk-lib';

/**
 * All settings of a deployment. The same names work in `lib/settings/stages.ts` and as `-c name=value`; there,
 * durations are written like `90s`, `5m`, `12h` or `7d`, and lists with commas.
 */
export interface EventProcessorProps {
  // --- What is deployed -------------------------------------------------------------------------------------------

  /**
   * Folder under `functions/` that is deployed; also the name in metrics, log lines and database roles.
   *
   * Range: small letters, digits and hyphens, at most 30, as in order-events.
   */
  readonly functionName: string;

  /**
   * Git commit in the outputs of the stack, and nowhere else; the command line finds it out by itself.
   *
   * Range: at most 100 letters, digits or . - _.
   *
   * @default unknown
   */
  readonly codeCommit?: string;

  /**
   * What happens to stream, database, buckets, keys and logs when they leave the stack: `destroy` is for test stages.
   *
   * Range: retain or destroy.
   *
   * @default retain
   */
  readonly removalPolicy?: 'retain' | 'destroy';

  /**
   * How a new version takes over: `canary` sends it a tenth of the batches for five minutes and rolls back on its errors.
   *
   * Range: canary or all-at-once.
   *
   * @default canary
   */
  readonly rollout?: 'canary' | 'all-at-once';

  /**
   * Takes over at once whatever the alarms say, for the release that is the fix.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly emergencyDeploy?: boolean;

  // --- Stream -----------------------------------------------------------------------------------------------------

  /**
   * Reads this stream instead of making one.
   *
   * Range: the ARN of a stream.
   *
   * @default a new stream
   */
  readonly existingStreamArn?: string;

  /**
   * Key of the existing stream, when it is a customer-managed one.
   *
   * Range: the ARN of a key.
   *
   * @default none
   */
  readonly existingStreamKeyArn?: string;

  /**
   * How the new stream scales: `provisioned` has `shardCount` shards, `on-demand` finds its own.
   *
   * Range: provisioned or on-demand.
   *
   * @default provisioned
   */
  readonly streamMode?: 'provisioned' | 'on-demand';

  /**
   * Shards of the stream; of an on-demand or existing one the number to reckon with.
   *
   * Range: 1 to 10000.
   *
   * @default 4
   */
  readonly shardCount?: number;

  /**
   * How long the stream keeps records, which is how long an outage may last; of an existing stream what it has.
   *
   * Range: 1d to 365d.
   *
   * @default 7d
   */
  readonly streamRetention?: Duration;

  /**
   * Key of the new stream: `customer-managed` uses the key of the stack, `aws-managed` costs nothing.
   *
   * Range: customer-managed or aws-managed.
   *
   * @default customer-managed
   */
  readonly streamEncryption?: 'customer-managed' | 'aws-managed';

  /**
   * Average size of a record in bytes, to check `batchSize` against the 6 MB of an invocation.
   *
   * Range: 1 to 10485760.
   *
   * @default 500
   */
  readonly averageRecordBytes?: number;

  /**
   * Distinct partition keys, when they are few, to check `parallelizationFactor` against.
   *
   * Range: 1 to 1000000000.
   *
   * @default many
   */
  readonly partitionKeyCount?: number;

  // --- Event source mapping ---------------------------------------------------------------------------------------

  /**
   * Most records per invocation.
   *
   * Range: 1 to 10000.
   *
   * @default 1000
   */
  readonly batchSize?: number;

  /**
   * Longest wait for a batch to fill, in whole seconds.
   *
   * Range: 0s to 5m.
   *
   * @default 1s
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * Batches in flight per shard; the order per partition key stays.
   *
   * Range: 1 to 10.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * Where a new mapping begins; a mapping that is there goes on where it was.
   *
   * Range: TRIM_HORIZON, LATEST or AT_TIMESTAMP.
   *
   * @default TRIM_HORIZON
   */
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

  /**
   * Where a new mapping begins with `startingPosition` AT_TIMESTAMP.
   *
   * Range: a UTC time such as 2026-01-31T23:59:00Z.
   *
   * @default none
   */
  readonly startingPositionTimestamp?: string;

  /**
   * Splits a batch in two when it fails or is held. The function finds bad records by itself; of use with a finite
   * `retryAttempts`, where the rest of a batch is given up with them.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly bisectBatchOnError?: boolean;

  /**
   * Lets the function say how far it got; false is refused, because records that it holds would be lost.
   *
   * Range: true or false.
   *
   * @default true
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * Deliveries after the first before a batch is given up; -1 has no limit. A database outage uses them up too.
   *
   * Range: -1 to 10000.
   *
   * @default -1
   */
  readonly retryAttempts?: number;

  /**
   * Age at which a record is given up and goes to the on-failure destination, before the stream forgets it.
   *
   * Range: 60s to 7d.
   *
   * @default 12h less than `streamRetention`, at most 7d; none without `onFailureDestination`
   */
  readonly maxRecordAge?: Duration;

  /**
   * Keeps given-up batches, payload included, in an S3 bucket.
   *
   * Range: true or false.
   *
   * @default true
   */
  readonly onFailureDestination?: boolean;

  /**
   * Event filter patterns; records that match none are skipped, and the watchdog takes them for a backlog.
   *
   * Range: a JSON object, an event filter pattern, at most 5.
   *
   * @default none
   */
  readonly filterPatterns?: readonly string[];

  /**
   * Reads through a consumer with its own 2 MB/s per shard, for streams with several readers.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly enhancedFanOut?: boolean;

  /**
   * Switches the mapping on; false pauses it, and it goes on where it was.
   *
   * Range: true or false.
   *
   * @default true
   */
  readonly mappingEnabled?: boolean;

  // --- Function ---------------------------------------------------------------------------------------------------

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
   * Time of an invocation kept for answering.
   *
   * Range: 1s to 60s.
   *
   * @default 2s
   */
  readonly timeReserve?: Duration;

  /**
   * Traces invocations with X-Ray.
   *
   * Range: true or false.
   *
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * Days that log lines stay.
   *
   * Range: 1, 3, 5, 7, 14, 30, 60, 90, 180, 365 or 731.
   *
   * @default 30
   */
  readonly logRetentionDays?: number;

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
   * How old reference data may be.
   *
   * Range: 1s to 7d.
   *
   * @default 5m
   */
  readonly cacheTtl?: Duration;

  /**
   * After what time a key that had no reference data is asked for again.
   *
   * Range: 1s to 7d.
   *
   * @default 10s
   */
  readonly cacheAbsentTtl?: Duration;

  /**
   * Largest Data API request in bytes.
   *
   * Range: 65536 to 4194304.
   *
   * @default 4194304
   */
  readonly maxRequestBytes?: number;

  /**
   * Percent of the newest events of a build above which rejections mean a bad deploy and are held; 100 switches it off.
   *
   * Range: 1 to 100.
   *
   * @default 50
   */
  readonly fuseThresholdPercent?: number;

  /**
   * Newest events of a build, of as many batches as it takes, that `fuseThresholdPercent` is a share of.
   *
   * Range: 1 to 10000.
   *
   * @default 20
   */
  readonly fuseMinEvents?: number;

  // --- Database ---------------------------------------------------------------------------------------------------

  /**
   * Writes to this cluster instead of making one; its Data API must be on.
   *
   * Range: the ARN of an Aurora cluster.
   *
   * @default a new cluster
   */
  readonly existingClusterArn?: string;

  /**
   * Secret with the owner's credentials for the existing cluster; used by migrations only.
   *
   * Range: the ARN of a secret.
   *
   * @default none
   */
  readonly existingClusterSecretArn?: string;

  /**
   * Key of that secret, when it is a customer-managed one.
   *
   * Range: the ARN of a key.
   *
   * @default none
   */
  readonly existingClusterSecretKeyArn?: string;

  /**
   * Database in the cluster.
   *
   * Range: small letters, digits and underscores, at most 63.
   *
   * @default events
   */
  readonly databaseName?: string;

  /**
   * Least capacity of the new cluster in ACU.
   *
   * Range: 0 to 256 in steps of 0.5.
   *
   * @default 0.5
   */
  readonly databaseMinCapacity?: number;

  /**
   * Most capacity of the cluster in ACU.
   *
   * Range: 1 to 256 in steps of 0.5.
   *
   * @default 8
   */
  readonly databaseMaxCapacity?: number;

  /**
   * Days that backups of the new cluster stay.
   *
   * Range: 1 to 35.
   *
   * @default 7
   */
  readonly backupRetentionDays?: number;

  /**
   * How long an event stays known; an event that is delivered or redriven later counts again.
   *
   * Range: 2d to 3650d.
   *
   * @default 30d
   */
  readonly ledgerRetention?: Duration;

  /**
   * How long rows of the batch log stay.
   *
   * Range: 2d to 3650d.
   *
   * @default 30d
   */
  readonly batchLogRetention?: Duration;

  // --- Who is told ------------------------------------------------------------------------------------------------

  /**
   * Addresses that are paged; each must confirm the subscription.
   *
   * Range: an e-mail address, at most 10.
   *
   * @default none
   */
  readonly pageEmails?: readonly string[];

  /**
   * Endpoints of a pager that are paged.
   *
   * Range: a URL that begins with https://, at most 10.
   *
   * @default none
   */
  readonly pageHttpsEndpoints?: readonly string[];

  /**
   * Pages go to this topic instead of a new one; its policy and key must let CloudWatch publish.
   *
   * Range: the ARN of a topic.
   *
   * @default a new topic
   */
  readonly existingPageTopicArn?: string;

  /**
   * Addresses that get every change of every alarm.
   *
   * Range: an e-mail address, at most 10.
   *
   * @default none
   */
  readonly noticeEmails?: readonly string[];

  /**
   * CloudWatch namespace of all metrics.
   *
   * Range: at most 255 letters, digits or . - _ / #, not AWS/.
   *
   * @default KinesisToAurora
   */
  readonly metricsNamespace?: string;

  // --- When to page -----------------------------------------------------------------------------------------------

  /**
   * Pages when the oldest uncommitted record, or Lambda's iterator age, is older than this.
   *
   * Range: 60s to 7d.
   *
   * @default 5m
   */
  readonly pageWhenBehind?: Duration;

  /**
   * Pages when so many percent of the retention are used up by the oldest uncommitted record.
   *
   * Range: 1 to 99.
   *
   * @default 50
   */
  readonly pageWhenRetentionUsedPercent?: number;

  /**
   * Pages when for so many minutes records came in and none were committed, or the mapping did not poll.
   *
   * Range: 3 to 60.
   *
   * @default 5
   */
  readonly pageWhenStoppedMinutes?: number;

  /**
   * Pages when more events than this were quarantined within five minutes.
   *
   * Range: 0 to 1000000.
   *
   * @default 0
   */
  readonly pageWhenQuarantined?: number;

  // --- When to notify ---------------------------------------------------------------------------------------------

  /**
   * Notifies when more invocations than this fail in a minute.
   *
   * Range: 0 to 1000000.
   *
   * @default 0
   */
  readonly noticeWhenErrors?: number;

  /**
   * Notifies when more invocations than this are throttled in a minute.
   *
   * Range: 0 to 1000000.
   *
   * @default 0
   */
  readonly noticeWhenThrottles?: number;

  /**
   * Notifies when invocations take longer than so many percent of `timeout`.
   *
   * Range: 1 to 100.
   *
   * @default 80
   */
  readonly noticeWhenDurationPercent?: number;

  /**
   * Notifies when the cluster uses more than so many percent of its capacity.
   *
   * Range: 1 to 99.
   *
   * @default 90
   */
  readonly noticeWhenCapacityPercent?: number;

  /**
   * Notifies when more Data API calls than this fail in a minute.
   *
   * Range: 0 to 1000000.
   *
   * @default 5
   */
  readonly noticeWhenDataApiErrors?: number;

  /**
   * Notifies when the lookup cache has fewer than so many percent of the keys asked for; 0 switches it off.
   *
   * Range: 0 to 99.
   *
   * @default 50
   */
  readonly noticeWhenCacheHitPercentBelow?: number;
}

/** Name of a prop. */
export type PropName = keyof EventProcessorProps;
