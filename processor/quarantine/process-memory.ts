import type { KinesisRecord } from '../decode/item.ts';
import { arrivedAtMs } from '../decode/item.ts';
import type { Clock, SequenceRange } from '../ports.ts';
import { rangeOf } from './suspects.ts';

/**
 * A warm process looks at the notes this often at most: while a backlog drains, lanes of a shard overtake one another all the
 * time, and each such batch would cost two calls more. A mapping waits longer than this after some failures, as it was seen to
 * make eight attempts in a minute, so a batch that is delivered again does not come within the pause for ever.
 */
const LOOK_AGAIN_AFTER_MS = 5_000;

interface ShardMemory {
  /** Highest sequence number seen. */
  readonly highest: bigint;
  /** The batch that came last. */
  readonly last: SequenceRange;
}

/**
 * What a process remembers of the records that it has worked on, to tell whether it is the first one to see a batch.
 *
 * An environment is warm for a batch when it can be sure that no other process has died with it: the records arrived
 * after the process had started, they follow those of their shard that it has seen, or it has survived them itself. Such
 * a batch costs no call. Any other may be one that is delivered again because a process died, also where batches of other
 * shards and lanes have started this process.
 */
export class ProcessMemory {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #startedAtMs: number;
  /** As many entries as the stream has shards. */
  readonly #shards = new Map<string, ShardMemory>();
  #lookedAtMs: number | undefined;
  #mustLook = false;
  #hasWorked = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#startedAtMs = clock.now();
  }

  /**
   * Whether to look at the notes before running anything.
   *
   * @param records the batch, at least one
   */
  isNew(shardId: string, records: readonly KinesisRecord[]): boolean {
    if (this.#lookedAtMs === undefined || this.#mustLook) return true;
    const [first] = records;
    if (first !== undefined && arrivedAtMs(first) >= this.#startedAtMs) return false;
    if (this.#clock.now() - this.#lookedAtMs < LOOK_AGAIN_AFTER_MS) return false;
    const shard = this.#shards.get(shardId);
    return shard === undefined || goesBack(rangeOf(records), shard);
  }

  /** The notes are being looked at. */
  look(): void {
    this.#lookedAtMs = this.#clock.now();
    this.#mustLook = false;
  }

  /** Something is left to look at when the next batch comes. */
  lookAgain(): void {
    this.#mustLook = true;
  }

  /** A batch has run, and the process is there to tell; unless something of it is left to look at. */
  survive(shardId: string, records: readonly KinesisRecord[]): void {
    if (this.#mustLook) return;
    const last = rangeOf(records);
    const highest = this.#shards.get(shardId)?.highest ?? 0n;
    this.#shards.set(shardId, { highest: BigInt(last.last) > highest ? BigInt(last.last) : highest, last });
  }

  /** No code of the user's has run in this process. */
  get isFresh(): boolean {
    return !this.#hasWorked;
  }

  /** Code of the user's is going to run. */
  work(): void {
    this.#hasWorked = true;
  }
}

/** Whether a batch may have been delivered before: it does not follow what was seen of its shard, nor is it part of what came last. */
function goesBack({ first, last }: SequenceRange, shard: ShardMemory): boolean {
  const isSurvived = last === shard.last.last && BigInt(first) >= BigInt(shard.last.first);
  return BigInt(first) <= shard.highest && !isSurvived;
}
