/** Resolved entries are cut off the front once they are this many, so that moving on stays cheap. */
const COMPACT_AFTER = 10_000;

/**
 * How far a shard has been processed. Records are added in the order they were read; lanes resolve them in any order
 * among each other; the checkpoint is the last record before the lowest unresolved one.
 */
export class ShardProgress {
  #sequenceNumbers: string[] = [];
  #resolved: boolean[] = [];
  /** Ordinal of the first entry kept. */
  #base = 0;
  /** Index of the lowest unresolved entry. */
  #head = 0;
  #unresolved = 0;
  #checkpoint: string | undefined;

  /**
   * Begins with no record read.
   *
   * @param checkpoint where the shard was left before
   */
  constructor(checkpoint: string | undefined) {
    this.#checkpoint = checkpoint;
  }

  /** Sequence number of the last record below which everything is resolved. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** Records that were read and not resolved. */
  get unresolved(): number {
    return this.#unresolved;
  }

  /** Ordinal that the next added record gets. */
  get nextOrdinal(): number {
    return this.#base + this.#sequenceNumbers.length;
  }

  /** Adds the record that follows the last one. */
  add(sequenceNumber: string): void {
    this.#sequenceNumbers.push(sequenceNumber);
    this.#resolved.push(false);
    this.#unresolved += 1;
  }

  /**
   * Marks records as resolved.
   *
   * @returns whether the checkpoint moved
   */
  resolve(ordinals: readonly number[]): boolean {
    for (const ordinal of ordinals) {
      const index = ordinal - this.#base;
      if (this.#resolved[index] !== false) throw new RangeError(`record ${ordinal} is not waiting to be resolved`);
      this.#resolved[index] = true;
    }
    this.#unresolved -= ordinals.length;
    return this.#advance();
  }

  #advance(): boolean {
    const before = this.#head;
    while (this.#resolved[this.#head] === true) this.#head += 1;
    if (this.#head === before) return false;
    this.#checkpoint = this.#sequenceNumbers[this.#head - 1];
    if (this.#head >= COMPACT_AFTER) {
      this.#sequenceNumbers = this.#sequenceNumbers.slice(this.#head);
      this.#resolved = this.#resolved.slice(this.#head);
      this.#base += this.#head;
      this.#head = 0;
    }
    return true;
  }
}
