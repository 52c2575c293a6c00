import { createHashKey, HASH_KEY_COUNT } from './hash-key.ts';
import { MemoryShard, type HashKeyRange } from './memory-shard.ts';
import { ExpiredIteratorError, type ShardPosition, type ShardRead, type ShardSource } from './ports.ts';

/** A record to append to a stream in memory. */
export interface AppendedRecord {
  readonly partitionKey: string;
  /** Content in standard base64. */
  readonly data: string;
  /** Arrival in milliseconds since the epoch, never before the record before. @defaultValue now */
  readonly approximateArrivalMs?: number;
}

/** How a stream in memory is made. */
export interface MemoryStreamOptions {
  /** Shards it begins with, from 1, each with an equal part of the hash keys. */
  readonly shardCount: number;
  /** Name of the stream in events. @defaultValue an ARN of a local stream */
  readonly streamArn?: string;
  /** Milliseconds since the epoch. @defaultValue Date.now */
  readonly now?: () => number;
}

/** Digits of a sequence number, as many as Kinesis has. */
const SEQUENCE_NUMBER_PREFIX = '4965';
const SEQUENCE_NUMBER_DIGITS = 56;

/**
 * A stream in memory: a shard source that is filled by a function call, for volumes that an emulator does not reach.
 * Records go to shards by the MD5 of their partition key and get ascending sequence numbers, shards can be split and
 * merged, and what has been processed can be trimmed, so that memory does not grow with the number of records.
 */
export class MemoryStream implements ShardSource {
  readonly streamArn: string;
  readonly region: string;
  readonly #shards: MemoryShard[] = [];
  #openShards: readonly MemoryShard[] = [];
  readonly #hashKey = createHashKey();
  readonly #now: () => number;
  #appended = 0;
  /** Iterators of an older epoch have expired. */
  #epoch = 0;

  constructor(options: MemoryStreamOptions) {
    this.streamArn = options.streamArn ?? 'arn:aws:kinesis:us-east-1:000000000000:stream/local';
    this.region = this.streamArn.split(':')[3] ?? '';
    this.#now = options.now ?? Date.now;
    const count = BigInt(options.shardCount);
    for (let index = 0n; index < count; index += 1n) {
      const start = (HASH_KEY_COUNT * index) / count;
      this.#open({ start, end: (HASH_KEY_COUNT * (index + 1n)) / count - 1n }, []);
    }
  }

  /** Records that can still be read, over all shards. */
  get length(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.length, 0);
  }

  /** Appends records in the order given; a mapping that is reading the stream gets them too. */
  append(records: Iterable<AppendedRecord>): void {
    const nowMs = this.#now();
    for (const { partitionKey, data, approximateArrivalMs = nowMs } of records) {
      this.#appended += 1;
      const sequenceNumber =
        SEQUENCE_NUMBER_PREFIX +
        String(this.#appended).padStart(SEQUENCE_NUMBER_DIGITS - SEQUENCE_NUMBER_PREFIX.length, '0');
      this.#shardFor(partitionKey).append({ sequenceNumber, partitionKey, data, approximateArrivalMs });
    }
  }

  /**
   * Closes a shard and opens two children in the middle of its hash keys.
   *
   * @returns ids of the children
   */
  splitShard(shardId: string): readonly string[] {
    const parent = this.#closed(shardId);
    const middle = (parent.range.start + parent.range.end) / 2n;
    return [
      this.#open({ start: parent.range.start, end: middle }, [shardId]),
      this.#open({ start: middle + 1n, end: parent.range.end }, [shardId]),
    ];
  }

  /**
   * Closes two neighbouring shards and opens one child over the hash keys of both.
   *
   * @returns id of the child
   */
  mergeShards(shardId: string, adjacentShardId: string): string {
    const ranges = [this.#shard(shardId).range, this.#shard(adjacentShardId).range];
    const [low, high] = ranges.toSorted((left, right) => (left.start < right.start ? -1 : 1));
    if (low?.end === undefined || low.end + 1n !== high?.start) {
      throw new Error(`shards ${shardId} and ${adjacentShardId} are no neighbours`);
    }
    this.#closed(shardId);
    this.#closed(adjacentShardId);
    return this.#open({ start: low.start, end: high.end }, [shardId, adjacentShardId]);
  }

  /** Gives up the records of a shard up to a sequence number, this one included. */
  trim(shardId: string, sequenceNumber: string): void {
    const shard = this.#shard(shardId);
    shard.trim(shard.placeOf({ kind: 'after-sequence-number', sequenceNumber }));
  }

  /** Lets all iterators given out so far expire, as Kinesis does after five minutes. */
  expireIterators(): void {
    this.#epoch += 1;
  }

  listShards(): ReturnType<ShardSource['listShards']> {
    return Promise.resolve(this.#shards.map(({ shardId, parentShardIds }) => ({ shardId, parentShardIds })));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an unknown shard rejects, as over the network
  async openIterator(shardId: string, position: ShardPosition): Promise<string> {
    return this.#iterator(shardId, this.#shard(shardId).placeOf(position));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an expired iterator rejects, as over the network
  async readRecords(iterator: string, limit: number): Promise<ShardRead> {
    const [epoch, shardId = '', place] = iterator.split('/');
    if (Number(epoch) !== this.#epoch) throw new ExpiredIteratorError(`iterator ${iterator} has expired`);
    const shard = this.#shard(shardId);
    const { records, next } = shard.read(Number(place), limit);
    const isAtEnd = next >= shard.end;
    const newest = records.at(-1)?.approximateArrivalMs ?? this.#now();
    return {
      records,
      nextIterator: isAtEnd && !shard.isOpen ? undefined : this.#iterator(shardId, next),
      millisBehindLatest: isAtEnd ? 0 : Math.max(1, this.#now() - newest),
    };
  }

  #iterator(shardId: string, place: number): string {
    return `${this.#epoch}/${shardId}/${place}`;
  }

  #open(range: HashKeyRange, parentShardIds: readonly string[]): string {
    const shardId = `shardId-${String(this.#shards.length).padStart(12, '0')}`;
    this.#shards.push(new MemoryShard(shardId, range, parentShardIds));
    this.#openShards = this.#shards.filter(({ isOpen }) => isOpen);
    return shardId;
  }

  #closed(shardId: string): MemoryShard {
    const shard = this.#shard(shardId);
    if (!shard.isOpen) throw new Error(`shard ${shardId} is closed already`);
    shard.close();
    return shard;
  }

  #shard(shardId: string): MemoryShard {
    const shard = this.#shards.find((candidate) => candidate.shardId === shardId);
    if (shard === undefined) throw new Error(`shard ${shardId} does not exist`);
    return shard;
  }

  #shardFor(partitionKey: string): MemoryShard {
    const hashKey = this.#hashKey(partitionKey);
    const shard = this.#openShards.find(({ range }) => range.start <= hashKey && hashKey <= range.end);
    if (shard === undefined) throw new Error(`no open shard takes partition key ${partitionKey}`);
    return shard;
  }
}
