/**
 * What the stack writes into the metadata of its template for whoever checks it: what it promises is compared with what
 * the alarms do. CloudFormation keeps it and changes nothing by it.
 *
 * @module
 */

/** Key under which a resource has its record. */
export const RECORD_KEY = 'kinesis-to-aurora';

/** Record of a topic: with fewer subscriptions than this in the template, somebody is not told. */
export interface TopicRecord {
  /** Addresses that the stack subscribes. */
  readonly subscribers: number;
}

/** Record of an event source mapping: the settings that say when somebody is told, and where. */
export interface PromiseRecord {
  /** ARN of the topic that incidents page through. */
  readonly pageTopic: string;
  /** ARN of the topic that gets what has time until the day; the same as `pageTopic` where that pages. */
  readonly ticketTopic: string;
  /** ARN of the topic that gets every change of every alarm. */
  readonly noticeTopic: string;
  /** Whether somebody must be subscribed to the pages, and is counted. */
  readonly countsSubscribers: boolean;
  /** False for a planned pause. */
  readonly mappingEnabled: boolean;
  /** Of the stream, also where it is not in the template. */
  readonly streamRetentionHours: number;
  /** Shards of the stream; those to assume where it finds its own. */
  readonly shardCount: number;
  readonly pageWhenBehindSeconds: number;
  readonly pageWhenRetentionUsedPercent: number;
  readonly pageWhenStoppedMinutes: number;
  readonly pageWhenQuarantined: number;
  readonly noticeWhenDurationPercent: number;
  /** 0 where the database cannot scale, and nothing watches its capacity. */
  readonly noticeWhenCapacityPercent: number;
  readonly noticeWhenCacheHitPercentBelow: number;
}
