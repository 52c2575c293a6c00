import type { ShardPosition, StreamRecord } from './ports.ts';

/** Hash keys that a shard takes, both ends included. */
export interface HashKeyRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Trimmed records are let go once they are this many, so that trimming stays cheap. */
const RELEASE_AFTER = 10_000;

/** The records of one shard in memory, addressed by their place in it. */
export class MemoryShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly range: HashKeyRange;
  #records: StreamRecord[] = [];
  /** Place of the first record kept. */
  #base = 0;
  /** Place of the first record that can be read. */
  #horizon = 0;
  #isOpen = true;

  constructor(shardId: string, range: HashKeyRange, parentShardIds: readonly string[] = []) {
    this.shardId = shardId;
    this.range = range;
    this.parentShardIds = parentShardIds;
  }

  /** Whether records can be appended. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Place after the last record. */
  get end(): number {
    return this.#base + this.#records.length;
  }

  /** Records that can be read. */
  get length(): number {
    return this.end - this.#horizon;
  }

  append(record: StreamRecord): void {
    this.#records.push(record);
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Place of the first record at a position. */
  placeOf(position: ShardPosition): number {
    switch (position.kind) {
      case 'trim-horizon':
        return this.#horizon;
      case 'latest':
        return this.end;
      case 'at-timestamp':
        return this.#firstPlace(({ approximateArrivalMs }) => approximateArrivalMs >= position.timestampMs);
      case 'after-sequence-number': {
        const after = BigInt(position.sequenceNumber);
        return this.#firstPlace(({ sequenceNumber }) => BigInt(sequenceNumber) > after);
      }
    }
  }

  /** Records from a place on; the place moves up to the horizon when it has been trimmed. */
  read(place: number, limit: number): { readonly records: readonly StreamRecord[]; readonly next: number } {
    const from = Math.max(place, this.#horizon);
    const records = this.#records.slice(from - this.#base, from - this.#base + limit);
    return { records, next: from + records.length };
  }

  /** Gives up the records up to a place, as a stream does with those past its retention. */
  trim(place: number): void {
    this.#horizon = Math.min(Math.max(place, this.#horizon), this.end);
    if (this.#horizon - this.#base < RELEASE_AFTER) return;
    this.#records = this.#records.slice(this.#horizon - this.#base);
    this.#base = this.#horizon;
  }

  /** Records are in the order of both their arrival and their sequence number, so half of them can be left out. */
  #firstPlace(isAtOrAfter: (record: StreamRecord) => boolean): number {
    let low = this.#horizon - this.#base;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record !== undefined && isAtOrAfter(record)) high = middle;
      else low = middle + 1;
    }
    return this.#base + low;
  }
}
