/** Batches are alike, not equal: with an eighth more room, the next one hardly ever needs another buffer. */
const SLACK_DIVISOR = 8;

/**
 * A buffer that is used again and again, by one user at a time.
 *
 * Fresh memory is dear: the operating system clears every page of it, and V8 collects its whole heap for so many bytes
 * outside of it. What a batch fills and leaves behind, the next batch can fill again.
 */
export class ReusableBytes {
  #kept: Buffer | undefined;

  /**
   * Takes the buffer that was given back last, or makes one: the caller's alone until it is given back.
   *
   * @param minBytes length that it has at least; what it holds is undefined
   */
  take(minBytes: number): Buffer {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined && kept.length >= minBytes) return kept;
    return Buffer.allocUnsafeSlow(minBytes + Math.ceil(minBytes / SLACK_DIVISOR));
  }

  /** Gives a buffer back that nobody reads any more; of several the largest is kept, and one that never comes back is missed by nobody. */
  giveBack(bytes: Buffer): void {
    if (this.#kept === undefined || this.#kept.length < bytes.length) this.#kept = bytes;
  }
}
