import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetRecordsOutput,
  type GetShardIteratorCommandInput,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { ShardPosition, ShardProbe } from './shard-state.ts';

/** How to ask a stream. */
export interface ReadOptions {
  readonly client: KinesisClient;
  readonly streamArn: string;
  /** Where the mapping began in a shard of which nothing is committed: `TRIM_HORIZON`, `LATEST` or a time. */
  readonly startingPosition: string;
  /** When the mapping came to be, in milliseconds since 1970: what `LATEST` meant then. */
  readonly deployedAtMs: number | undefined;
  /** Retention of the stream as it is now. */
  readonly retentionMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Where an earlier run stopped reading, without having seen a record. */
export interface Bookmark {
  readonly iterator: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Reads in a row before the shard is left to its other readers: it takes five a second from all of them together.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}
 */
const READS_PER_TURN = 3;

/** An iterator lasts five minutes. */
const BOOKMARK_LASTS_MS = 4 * 60_000;

/** Longest wait for an answer, retries included. */
const CALL_TIMEOUT_MS = 5_000;

/** Clocks differ, and `MillisBehindLatest` is not exact: this close to the retention counts as all of it. */
const RETENTION_SLACK_MS = 60_000;

/**
 * How a sequence number is refused, be it when the iterator is opened or when it is read from. The second is what the
 * emulator says; of AWS it would mean that the shard is gone, which the next call tells too.
 */
const NUMBER_REFUSED = ['InvalidArgumentException', 'ResourceNotFoundException'] as const;

/**
 * Looks for the first record after the newest committed one, a few reads at a time. An empty read is no backlog and no
 * end: stretches of a shard without records answer with nothing and a further iterator, also far from the end.
 *
 * A committed number that the stream has forgotten is refused, or read from without ever getting anywhere; then the
 * oldest record that is left is what follows it. Observed: harlow/kinesis-consumer#125, harlow/kinesis-consumer#175.
 */
export class ShardReader {
  readonly position: ShardPosition;
  private readonly options: ReadOptions;
  /** Undefined before the first call, and again when the iterator is of no more use. */
  private iterator: string | undefined;
  /** Where an iterator is opened. */
  private start: 'committed' | 'oldest' | 'mapping';
  /** The committed number is of no use to the stream. */
  private forgotten = false;

  constructor(options: ReadOptions, position: ShardPosition, bookmark: Bookmark | undefined) {
    this.options = options;
    this.position = position;
    const { lastSequenceNumber, lastArrivalMs = 0 } = position;
    const expired = lastArrivalMs < options.now() - options.retentionMs;
    this.start = lastSequenceNumber === undefined ? 'mapping' : expired ? 'oldest' : 'committed';
    if (bookmark !== undefined && options.now() - bookmark.atMs < BOOKMARK_LASTS_MS) this.iterator = bookmark.iterator;
  }

  /** Where the next run goes on, if this one saw no record. */
  get bookmark(): Bookmark | undefined {
    return this.iterator === undefined ? undefined : { iterator: this.iterator, atMs: this.options.now() };
  }

  /**
   * Reads a few times.
   *
   * @returns what was found, or undefined when that takes more reads
   * @throws whatever a call throws; another turn tries again
   */
  async takeTurn(): Promise<ShardProbe | undefined> {
    for (let reads = 0; reads < READS_PER_TURN; reads += 1) {
      try {
        this.iterator ??= await this.openIterator();
        // A closed shard that was read to its end has no further iterator.
        if (this.iterator === undefined) return { kind: 'caught-up' };
        const found = this.judge(await this.getRecords(this.iterator));
        if (found !== undefined) return found;
      } catch (error) {
        if (isNamed(error, 'ExpiredIteratorException')) this.iterator = undefined;
        if (this.start !== 'committed' || !isNamed(error, ...NUMBER_REFUSED)) throw error;
        this.forget();
      }
    }
    return undefined;
  }

  private judge(answer: GetRecordsOutput): ShardProbe | undefined {
    const [record] = answer.Records ?? [];
    const isCommitted = this.isCommitted(record?.SequenceNumber);
    const arrival = record?.ApproximateArrivalTimestamp;
    if (arrival !== undefined && !isCommitted) return { kind: 'record', arrivalMs: arrival.getTime() };
    const { MillisBehindLatest: behindMs = 0, NextShardIterator } = answer;
    this.iterator = NextShardIterator;
    if (behindMs === 0 || NextShardIterator === undefined) return { kind: 'caught-up' };
    if (isCommitted) this.skipToPosition();
    else this.leaveForgottenPosition(behindMs);
    return undefined;
  }

  /** Where the oldest record is a committed one, the stream still has the position. */
  private skipToPosition(): void {
    if (this.start === 'oldest' && !this.forgotten) this.startFrom('committed');
  }

  private leaveForgottenPosition(behindMs: number): void {
    if (this.start === 'committed' && behindMs >= this.options.retentionMs - RETENTION_SLACK_MS) this.forget();
  }

  private isCommitted(sequenceNumber: string | undefined): boolean {
    const { lastSequenceNumber } = this.position;
    if (sequenceNumber === undefined || lastSequenceNumber === undefined) return false;
    return BigInt(sequenceNumber) <= BigInt(lastSequenceNumber);
  }

  private startFrom(start: 'committed' | 'oldest'): void {
    this.start = start;
    this.iterator = undefined;
  }

  private forget(): void {
    this.forgotten = true;
    this.startFrom('oldest');
  }

  private getRecords(iterator: string): Promise<GetRecordsOutput> {
    const { client, streamArn } = this.options;
    const command = new GetRecordsCommand({ StreamARN: streamArn, ShardIterator: iterator, Limit: 1 });
    return client.send(command, { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  }

  private async openIterator(): Promise<string | undefined> {
    const { client, streamArn } = this.options;
    const from = { StreamARN: streamArn, ShardId: this.position.shardId, ...this.whereToStart() };
    const command = new GetShardIteratorCommand(from);
    const { ShardIterator } = await client.send(command, { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    return ShardIterator;
  }

  private whereToStart(): Pick<
    GetShardIteratorCommandInput,
    'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'
  > {
    if (this.start === 'committed') {
      const StartingSequenceNumber = this.position.lastSequenceNumber;
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber };
    }
    const timeMs = this.start === 'mapping' ? this.mappingStartMs() : undefined;
    if (timeMs === undefined) return { ShardIteratorType: 'TRIM_HORIZON' };
    // A time of the future is refused, and the database's clock may be ahead.
    return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(Math.min(timeMs, this.options.now())) };
  }

  /** Undefined for a mapping that began with the oldest record. */
  private mappingStartMs(): number | undefined {
    const { startingPosition, deployedAtMs } = this.options;
    if (startingPosition === 'LATEST') return deployedAtMs;
    const timeMs = Date.parse(startingPosition);
    return Number.isNaN(timeMs) ? undefined : timeMs;
  }
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
