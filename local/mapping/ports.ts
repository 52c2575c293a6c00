/**
 * What the event source mapping needs from outside: a source of shards, a function to invoke, a place for what the
 * function could not process, and a clock.
 *
 * @module
 */

/** A record as a shard holds it. */
export interface StreamRecord {
  /** Decimal digits; compared as a number, never as text. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Content in standard base64: encoded once, and handed to the function as it is. */
  readonly data: string;
  /** Arrival in the stream, milliseconds since the epoch. */
  readonly approximateArrivalMs: number;
}

/** A shard and where it came from. */
export interface ShardDescription {
  readonly shardId: string;
  /** None for a shard the stream began with, one after a split, two after a merge. */
  readonly parentShardIds: readonly string[];
}

/** Where reading a shard begins. */
export type ShardPosition =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'at-timestamp'; readonly timestampMs: number }
  | { readonly kind: 'after-sequence-number'; readonly sequenceNumber: string };

/** Result of one read. */
export interface ShardRead {
  readonly records: readonly StreamRecord[];
  /** Where to go on; `undefined` when the shard is closed and nothing is left in it. */
  readonly nextIterator: string | undefined;
  /** 0 when the read reached the tip of the shard. */
  readonly millisBehindLatest: number;
}

/** Shards of one stream. */
export interface ShardSource {
  readonly streamArn: string;
  readonly region: string;
  /** All shards that still hold records or may get some, closed ones included. */
  listShards(): Promise<readonly ShardDescription[]>;
  /** Opens an iterator, which the source may let expire. */
  openIterator(shardId: string, position: ShardPosition): Promise<string>;
  /**
   * Reads on from an iterator.
   *
   * @param iterator from `openIterator` or from the read before
   * @param limit most records to return, 1 to 10,000
   * @throws {@link ExpiredIteratorError} when the iterator is too old
   * @throws {@link ReadThrottledError} when the shard is read too often
   */
  readRecords(iterator: string, limit: number): Promise<ShardRead>;
}

/** The iterator is too old: the reader opens a new one after what it has processed. */
export class ExpiredIteratorError extends Error {
  override readonly name = 'ExpiredIteratorError';
}

/** The shard is read more often than it allows: the reader waits. */
export class ReadThrottledError extends Error {
  override readonly name = 'ReadThrottledError';
}

/** Something that goes wrong with an environment on purpose, in the middle of an invocation. */
export interface EnvironmentFault {
  readonly kind: 'killed-environment' | 'out-of-memory';
  /** Before the handler runs, or after it has done its work and before its answer gets out. */
  readonly moment: 'before-handler' | 'after-handler';
}

/** What comes with the payload of an invocation. */
export interface InvocationContext {
  /** A retry of the same batch carries the id of the first attempt. */
  readonly requestId: string;
  readonly fault?: EnvironmentFault;
}

/** What became of one synchronous invocation. */
export type InvocationResult =
  /** The handler returned; `payload` is the JSON text of its answer. */
  | { readonly kind: 'response'; readonly payload: string }
  /** The handler threw, ran out of time or memory, or its environment ended; `payload` is Lambda's error as JSON. */
  | { readonly kind: 'error'; readonly functionError: 'Unhandled'; readonly payload: string }
  /** No environment was free: the invocation did not reach the function. */
  | { readonly kind: 'throttled' }
  /** The service did not accept the payload: trying again cannot help. */
  | { readonly kind: 'refused'; readonly reason: string };

/** A Lambda function, invoked synchronously. */
export interface FunctionInvoker {
  /**
   * Invokes the function and waits for its answer; a failing function is a result, not a rejection.
   *
   * @param payload the event as JSON text
   * @param context what comes with it
   */
  invoke(payload: string, context: InvocationContext): Promise<InvocationResult>;
}

/** Records that the mapping gives up, with all that a destination may want to keep. */
export interface FailedBatch {
  readonly mappingUuid: string;
  readonly shardId: string;
  readonly discardedAtMs: number;
  /** What queues and topics get: about the records, without them. */
  readonly document: FailureDocument;
  /** The invocation event with all records as JSON text: kept by an S3 destination only. */
  readonly event: () => string;
}

/** Why records were given up. */
export type DiscardCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * The on-failure document.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 */
export interface FailureDocument {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardCondition;
    readonly approximateInvokeCount: number;
  };
  /** Absent when the batch never reached the function or is too old. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError: 'Unhandled' | null;
  };
  readonly version: '1.0';
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
}

/** Where discarded batches go. */
export interface FailureDestination {
  /**
   * Stores a discarded batch.
   *
   * @throws any error when it could not be stored: the records are then dropped
   */
  deliver(failure: FailedBatch): Promise<void>;
}

/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
