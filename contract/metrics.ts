/**
 * Every metric this project publishes, with its CloudWatch unit: the functions emit these names, alarms and the
 * dashboard read them, and a test walks both sides.
 *
 * @module
 */

/** CloudWatch namespace of all metrics here, unless the deployment sets another. */
export const DEFAULT_METRICS_NAMESPACE = 'KinesisToAurora';

/**
 * The one dimension every metric carries, as Powertools names it. Its value is the deployment: two stages of one function
 * have nothing in common here, or a live watchdog of one would hide a dead one of the other.
 */
export const METRICS_DIMENSION = 'service';

/** What one batch publishes: one metrics document per invocation, one value per name. */
export const BATCH_METRICS = {
  /** Records in the invocation, as delivered by the mapping. */
  RecordsReceived: 'Count',
  /** Events that the records decoded to, rejected and skipped ones among them: more than records where a record has several. */
  EventsReceived: 'Count',
  /** Events whose effect this batch committed for the first time. */
  EventsWritten: 'Count',
  /** Events without effect, because newer versions of all their rows are there. */
  EventsSuperseded: 'Count',
  /** Events without effect, because rows with their keys were there already and are kept. */
  EventsExisting: 'Count',
  /** Events that were already in effect, or came twice in the batch. */
  EventsDuplicate: 'Count',
  /** Events set aside in the quarantine table with their payload. */
  EventsQuarantined: 'Count',
  /** Events that the projection does not want; the batch's log line and the batch log have them by reason. */
  EventsSkipped: 'Count',
  /** Events set aside whose reference or parent row is missing: they are tried again by themselves. */
  EventsWaiting: 'Count',
  /** Events that waited so and are in effect now. */
  EventsHealed: 'Count',
  /** Records handed back to the mapping, to be delivered again. */
  RecordsHeld: 'Count',
  /** 1 when the batch ended before its last record because the position is held, else 0. */
  PositionHeld: 'Count',
  /** 1 when the batch was held because so many events of the build are rejected that a bad deploy is likelier than bad data, else 0. */
  FuseBlown: 'Count',
  /** Processes found to have died while they worked on records of this batch. */
  CrashesFound: 'Count',
  /** Reference rows the events asked for, each time one asked. */
  LookupKeys: 'Count',
  /** Reference rows that needed no read of their own. */
  CacheHits: 'Count',
  /** Distinct keys that had to be read. */
  CacheMisses: 'Count',
  CacheEvictions: 'Count',
  /** Hits over lookup keys; not published by a batch without lookups. */
  CacheHitRatio: 'Percent',
  /** Data API calls of the batch, reads and writes, retries included. */
  DataApiCalls: 'Count',
  /** Data API calls that failed, whatever followed. */
  DataApiErrors: 'Count',
  DecodeMs: 'Milliseconds',
  LookupMs: 'Milliseconds',
  ProjectMs: 'Milliseconds',
  PlanMs: 'Milliseconds',
  WriteMs: 'Milliseconds',
  BatchMs: 'Milliseconds',
  /** Now minus the arrival of the newest record of the batch. */
  NewestRecordAgeMs: 'Milliseconds',
  /** Now minus the arrival of the oldest record of the batch. */
  OldestRecordAgeMs: 'Milliseconds',
} as const;

/** What the watchdog publishes every minute, whether the consumer lives or not. What a run cannot find out it leaves out. */
export const WATCHDOG_METRICS = {
  /** 1 for every run: without it, the watchdog is silent. */
  WatchdogRuns: 'Count',
  /** What a run could not find out of stream, database, quarantine, on-failure bucket and mapping; 0 when all answered. */
  ChecksFailed: 'Count',
  /** Age of the oldest record that is not committed; 0 when caught up or idle. */
  BacklogAge: 'Seconds',
  /** Retention of the stream minus the backlog age: what is left before data is lost. */
  TimeToDataLoss: 'Seconds',
  /**
   * How the consumer is, as a number: 0 OK, 1 catching up, 2 slow, 3 stalled, 4 stopped, 5 held, 6 blind. It is the place in
   * `VERDICTS` of `progress/verdict.ts`.
   */
  Verdict: 'Count',
  /** What is left until caught up at the present rate, 0 when caught up; left out while nobody can say. */
  TimeToCaughtUp: 'Seconds',
  /** Shards in which neither a record nor the end was found within the reads of a run. */
  ShardsUnknown: 'Count',
  /** Shards that could not be read. */
  ShardsUnreadable: 'Count',
  /** Positions whose records were delivered, are not committed, and wait for their next delivery. */
  PositionsHeld: 'Count',
  /** Quarantine entries that wait for somebody: neither redriven nor in effect. */
  QuarantineOpen: 'Count',
  /** Age of the oldest of them; 0 when there is none. */
  QuarantineOpenAge: 'Seconds',
  /** Quarantine entries that are tried again by themselves, and call nobody yet. */
  QuarantineWaiting: 'Count',
  /** Objects in the on-failure bucket that were not redriven. */
  FailedBatchesUnread: 'Count',
  /** 1 while the event source mapping is enabled, else 0. */
  MappingEnabled: 'Count',
  /** Hours since the disabled mapping was last changed, at least 1, for a quarter of an hour each day; else 0. */
  PauseReminder: 'Count',
  /** Confirmed subscriptions of the topic of the pages; not published where nobody needs to be paged, or nobody may ask. */
  PageSubscribers: 'Count',
} as const;

/** Where the watchdog's counting of entries and objects ends: more is as bad, and a run has a minute. */
export const MAX_GAUGE_COUNT = 10_000;

/** Name of a metric that a batch publishes. */
export type BatchMetricName = keyof typeof BATCH_METRICS;

/** Name of a metric that the watchdog publishes. */
export type WatchdogMetricName = keyof typeof WATCHDOG_METRICS;
