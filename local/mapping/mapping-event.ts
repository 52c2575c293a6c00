import type { BatchVerdict } from './response-verdict.ts';
import type { DiscardCondition, FailureDocument, ShardPosition } from './ports.ts';
import type { MappingRecord } from './mapping-record.ts';

/** Where and when something happened. */
interface ShardMoment {
  readonly shardId: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** One attempt to deliver a batch. */
interface Attempt extends ShardMoment {
  /** Lane of the shard, from 0. */
  readonly lane: number;
  readonly requestId: string;
  readonly records: readonly MappingRecord[];
}

/** A shard is being read from here on. */
export interface ShardOpened extends ShardMoment {
  readonly type: 'shard-opened';
  readonly position: ShardPosition;
}

/** A closed shard is read to its end and all of it is resolved: its children may begin. */
export interface ShardFinished extends ShardMoment {
  readonly type: 'shard-finished';
}

/** The shard was read, perhaps without a record. */
export interface Polled extends ShardMoment {
  readonly type: 'polled';
  /** Records that had not been read before. */
  readonly records: number;
  /** Records that the source had already given, and that were left out. */
  readonly repeated: number;
  readonly millisBehindLatest: number;
}

/** The shard could not be read; the mapping tries again. */
export interface PollFailed extends ShardMoment {
  readonly type: 'poll-failed';
  readonly reason: 'iterator-expired' | 'throttled' | 'error';
  readonly message: string;
}

/** Records that no filter lets through: they count as processed. */
export interface Filtered extends ShardMoment {
  readonly type: 'filtered';
  readonly records: number;
}

/** The batch was sent to the function. */
export interface Invoked extends Attempt {
  readonly type: 'invoked';
  /** 1 for the first attempt with this request id. */
  readonly attempt: number;
  /** Age of the last record at this moment, milliseconds. */
  readonly iteratorAgeMs: number;
  /** The same batch sent once more on purpose, by an injected fault. */
  readonly isDuplicate: boolean;
}

/** The function answered, failed, or was not reached. */
export interface Finished extends Attempt {
  readonly type: 'finished';
  readonly verdict: BatchVerdict;
  readonly durationMs: number;
  /** Lambda's IteratorAge: age of the last record when the batch was sent, milliseconds. */
  readonly iteratorAgeMs: number;
  readonly isDuplicate: boolean;
}

/** Records that need no further delivery, because the function has processed them. */
export interface Resolved extends Attempt {
  readonly type: 'resolved';
}

/** The function named the first record it could not process; the remaining ones are sent again at once. */
export interface PartiallyResolved extends Attempt {
  readonly type: 'partial';
  readonly remaining: readonly MappingRecord[];
}

/** A batch that failed without progress was cut in two. */
export interface Bisected extends Attempt {
  readonly type: 'bisected';
  readonly first: readonly MappingRecord[];
  readonly second: readonly MappingRecord[];
}

/** The batch is sent again after a wait, with the same request id. */
export interface Retried extends Attempt {
  readonly type: 'retried';
  /** Attempts that have failed so far. */
  readonly attempts: number;
  /** Milliseconds; records that grow too old in the meantime are given up without waiting for its end. */
  readonly waitMs: number;
}

/** The batch did not reach the function; it is sent again after a wait, and this counts as no attempt. */
export interface Throttled extends Attempt {
  readonly type: 'throttled';
  readonly throttles: number;
  /** Milliseconds, as in {@link Retried}. */
  readonly waitMs: number;
}

/** Records that the mapping gave up. */
export interface Discarded extends Attempt {
  readonly type: 'discarded';
  readonly condition: DiscardCondition;
  readonly document: FailureDocument;
  /** `none` without a destination, `failed` when it did not take them: the records are dropped in both. */
  readonly destination: 'delivered' | 'failed' | 'none';
}

/** All records up to this one are resolved. */
export interface CheckpointMoved extends ShardMoment {
  readonly type: 'checkpoint';
  readonly sequenceNumber: string;
}

/** What an event source mapping does, as it does it. */
export type MappingEvent =
  | ShardOpened
  | ShardFinished
  | Polled
  | PollFailed
  | Filtered
  | Invoked
  | Finished
  | Resolved
  | PartiallyResolved
  | Bisected
  | Retried
  | Throttled
  | Discarded
  | CheckpointMoved;

/** Hears of everything that a mapping does; must not throw and should return soon. */
export type MappingObserver = (event: MappingEvent) => void;
