import { countExpired, expiresAtMs, MAX_RECORDS_BYTES, SEPARATOR_BYTES, type MappingRecord } from './mapping-record.ts';

/** When a batch is complete. */
export interface BatchLimits {
  /** Most records. */
  readonly batchSize: number;
  /** Longest wait for a full batch, in milliseconds. */
  readonly windowMs: number;
  /** Age at which a record is given up instead of sent, -1 for no limit. */
  readonly maximumRecordAgeSeconds: number;
}

/** Taken records are cut off the front of the queue only once they are this many, so that taking stays cheap. */
const COMPACT_AFTER = 20_000;

/**
 * Collects the records of one lane into batches: a batch is complete when it has `batchSize` records, when the next
 * record would take the encoded event over 6 MB, or when the window is over. The window opens when the batch before
 * has been resolved, and opens again with the first record when it went by without any.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html}
 */
export class LaneBatcher {
  readonly #limits: BatchLimits;
  #queue: MappingRecord[] = [];
  #head = 0;
  /** Records and bytes at the front of the queue that form the next batch. */
  #records = 0;
  #bytes = 0;
  #isFull = false;
  #windowOpenedAtMs: number;

  constructor(limits: BatchLimits, nowMs: number) {
    this.#limits = limits;
    this.#windowOpenedAtMs = nowMs;
  }

  /** Records waiting, those of the next batch included. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  /** Appends a record. */
  push(record: MappingRecord, nowMs: number): void {
    const windowIsOver = nowMs - this.#windowOpenedAtMs >= this.#limits.windowMs;
    if (this.length === 0 && windowIsOver) this.#windowOpenedAtMs = nowMs;
    this.#queue.push(record);
    this.#grow(record);
  }

  /** When the next batch may be sent, in milliseconds since the epoch, 0 for now; `undefined` without records. */
  readyAtMs(): number | undefined {
    if (this.length === 0) return undefined;
    return this.#isFull ? 0 : this.#windowOpenedAtMs + this.#limits.windowMs;
  }

  /** When the first record grows too old, in milliseconds since the epoch; `Infinity` for never. */
  expiresAtMs(): number {
    const first = this.#queue[this.#head];
    return first === undefined ? Infinity : expiresAtMs(first, this.#limits.maximumRecordAgeSeconds);
  }

  /** Takes the next batch, complete or not; never empty while records wait. */
  take(): readonly MappingRecord[] {
    return this.#takeFirst(this.#records);
  }

  /** Takes the records at the front of the next batch that are too old; none when the first one is not. */
  takeExpired(nowMs: number): readonly MappingRecord[] {
    const next = this.#queue.slice(this.#head, this.#head + this.#records);
    return this.#takeFirst(countExpired(next, this.#limits.maximumRecordAgeSeconds, nowMs));
  }

  #takeFirst(count: number): readonly MappingRecord[] {
    const batch = this.#queue.slice(this.#head, this.#head + count);
    this.#head += count;
    if (this.#head >= COMPACT_AFTER || this.length === 0) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#measure();
    return batch;
  }

  /** Opens the next window: the batch before has been resolved. */
  openWindow(nowMs: number): void {
    this.#windowOpenedAtMs = nowMs;
  }

  #measure(): void {
    this.#records = 0;
    this.#bytes = 0;
    this.#isFull = false;
    for (const record of this.#queue.slice(this.#head, this.#head + this.#limits.batchSize)) {
      this.#grow(record);
    }
  }

  /** A record that is too large on its own still makes a batch of one: what becomes of it is decided later. */
  #grow({ bytes }: MappingRecord): void {
    const grown = this.#bytes + (this.#records === 0 ? 0 : SEPARATOR_BYTES) + bytes;
    if (this.#isFull) return;
    if (this.#records > 0 && grown > MAX_RECORDS_BYTES) {
      this.#isFull = true;
      return;
    }
    this.#records += 1;
    this.#bytes = grown;
    this.#isFull = this.#records >= this.#limits.batchSize || grown >= MAX_RECORDS_BYTES;
  }
}
