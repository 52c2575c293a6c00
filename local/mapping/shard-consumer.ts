import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import { createEventFilter } from '../../kinesis/filter/event-filter.ts';
import { Lane } from './lane.ts';
import type { MappingContext } from './mapping-context.ts';
import { createRecordEncoder, type MappingRecord } from './mapping-record.ts';
import { laneOf } from './partition-lane.ts';
import {
  ExpiredIteratorError,
  ReadThrottledError,
  type ShardPosition,
  type ShardRead,
  type StreamRecord,
} from './ports.ts';
import { ShardProgress } from './shard-progress.ts';
import { WakeSignal } from './wake-signal.ts';

/** Where a shard's consumer begins. */
export interface ShardStart {
  readonly shardId: string;
  readonly position: ShardPosition;
  /** Called whenever the consumer may have become idle or finished. */
  readonly onQuiet: () => void;
  /** Numbers the reads of all shards in the order they begin. */
  readonly nextReadNumber: () => number;
}

/** Batches per lane that may be read ahead of the one in flight. */
const BATCHES_AHEAD = 2;

/** How long a shard is left alone after it could not be read. */
const READ_FAILURE_WAIT_MS = 1_000;

/** Reads one shard and feeds its lanes, never further ahead than a few batches. */
export class ShardConsumer {
  readonly #context: MappingContext;
  readonly #start: ShardStart;
  readonly #openedAtMs: number;
  readonly #progress: ShardProgress;
  readonly #lanes: readonly Lane[];
  readonly #encode: (record: StreamRecord, ordinal: number) => MappingRecord;
  readonly #passes: (record: StreamRecord) => boolean;
  readonly #resolved = new WakeSignal();
  /** Aborts when nothing more will come for the lanes. */
  readonly #ended = new AbortController();
  #unresolvedBytes = 0;
  /** Sequence number; empty before the first record. */
  #lastSeen = '';
  #hasOpened = false;
  /** Number of the read that found nothing more, until one finds something. */
  #tipRead: number | undefined;
  #isExhausted = false;

  constructor(context: MappingContext, start: ShardStart) {
    const { settings, identity, source, clock } = context;
    const { shardId, position } = start;
    this.#context = { ...context, signal: AbortSignal.any([context.signal, this.#ended.signal]) };
    this.#start = start;
    this.#openedAtMs = clock.now();
    const checkpoint = position.kind === 'after-sequence-number' ? position.sequenceNumber : undefined;
    this.#progress = new ShardProgress(checkpoint);
    if (checkpoint !== undefined) this.#lastSeen = checkpoint;
    const { streamArn, region } = source;
    this.#encode = createRecordEncoder({ shardId, streamArn, region, roleArn: identity.roleArn });
    this.#passes = createEventFilter(settings.filters);
    const onResolved = this.#onResolved.bind(this);
    this.#lanes = Array.from(
      { length: settings.parallelizationFactor },
      (_, lane) => new Lane(this.#context, { shardId, lane, onResolved }),
    );
  }

  /** Sequence number up to which everything is resolved. */
  get checkpoint(): string | undefined {
    return this.#progress.checkpoint;
  }

  /** The shard is closed, read to its end and resolved. */
  get isFinished(): boolean {
    return this.#isExhausted && this.#progress.unresolved === 0;
  }

  /** Nothing is left of what was in the shard when the read after `readNumber` began. */
  isQuietSince(readNumber: number): boolean {
    const { unresolved } = this.#progress;
    return unresolved === 0 && this.#tipRead !== undefined && this.#tipRead > readNumber;
  }

  /** Reads and delivers until the mapping stops, or until the shard is finished. */
  async run(): Promise<void> {
    const { shardId, position } = this.#start;
    this.#context.observe({ type: 'shard-opened', shardId, position, atMs: this.#context.clock.now() });
    const ending = [this.#read(), ...this.#lanes.map((lane) => lane.run())];
    // The reader ends with the shard; a lane ends before it only when it fails or the mapping stops.
    await Promise.race(ending).catch(() => undefined);
    this.#ended.abort();
    await Promise.allSettled(ending);
    await Promise.all(ending);
  }

  async #read(): Promise<void> {
    const { clock, signal } = this.#context;
    let iterator: string | undefined;
    while (!signal.aborted && !this.isFinished) {
      if (this.#isExhausted || this.#isFarAhead()) {
        await this.#resolved.wait(clock, signal);
        continue;
      }
      const readAtMs = clock.now();
      const readNumber = this.#start.nextReadNumber();
      const read = await this.#readFrom(iterator);
      iterator = read?.nextIterator;
      if (read === undefined) continue;
      this.#tipRead = read.records.length === 0 && read.millisBehindLatest === 0 ? readNumber : undefined;
      this.#accept(read);
      await this.#pause(readAtMs);
    }
  }

  /** One read from the iterator, or from a new one; `undefined` when it failed and has to be tried again. */
  async #readFrom(iterator: string | undefined): Promise<ShardRead | undefined> {
    const { source, pace } = this.#context;
    try {
      const opened = iterator ?? (await this.#openIterator());
      return await source.readRecords(opened, pace.readLimit);
    } catch (error) {
      await this.#afterFailure(error);
      return undefined;
    }
  }

  async #openIterator(): Promise<string> {
    const position = this.#resumePosition();
    const iterator = await this.#context.source.openIterator(this.#start.shardId, position);
    this.#hasOpened = true;
    return iterator;
  }

  #accept(read: ShardRead): void {
    const { observe, clock } = this.#context;
    const { shardId } = this.#start;
    const fresh = read.records.filter((record) => this.#isNew(record));
    this.#isExhausted = read.nextIterator === undefined;
    observe({
      type: 'polled',
      shardId,
      atMs: clock.now(),
      records: fresh.length,
      repeated: read.records.length - fresh.length,
      millisBehindLatest: read.millisBehindLatest,
    });
    this.#distribute(fresh);
    if (this.#progress.unresolved === 0) this.#start.onQuiet();
  }

  /** Sources may give a record again, above all after an expired iterator. */
  #isNew({ sequenceNumber }: StreamRecord): boolean {
    if (!isAfter(sequenceNumber, this.#lastSeen)) return false;
    this.#lastSeen = sequenceNumber;
    return true;
  }

  #distribute(records: readonly StreamRecord[]): void {
    const perLane: MappingRecord[][] = this.#lanes.map(() => []);
    const filteredOut: number[] = [];
    for (const record of records) {
      const ordinal = this.#progress.nextOrdinal;
      this.#progress.add(record.sequenceNumber);
      if (!this.#passes(record)) {
        filteredOut.push(ordinal);
        continue;
      }
      const encoded = this.#encode(record, ordinal);
      this.#unresolvedBytes += encoded.bytes;
      perLane[laneOf(record.partitionKey, perLane.length)]?.push(encoded);
    }
    this.#dropFiltered(filteredOut);
    this.#lanes.forEach((lane, index) => {
      const part = perLane[index] ?? [];
      if (part.length > 0) lane.push(part);
    });
  }

  #dropFiltered(ordinals: readonly number[]): void {
    if (ordinals.length === 0) return;
    const { observe, clock } = this.#context;
    const { shardId } = this.#start;
    observe({ type: 'filtered', shardId, atMs: clock.now(), records: ordinals.length });
    this.#moveCheckpoint(ordinals);
  }

  #onResolved(records: readonly MappingRecord[]): void {
    for (const { bytes } of records) this.#unresolvedBytes -= bytes;
    this.#moveCheckpoint(records.map(({ ordinal }) => ordinal));
    this.#resolved.notify();
    if (this.#progress.unresolved === 0) this.#start.onQuiet();
  }

  #moveCheckpoint(ordinals: readonly number[]): void {
    if (!this.#progress.resolve(ordinals)) return;
    const { checkpoint } = this.#progress;
    if (checkpoint === undefined) return;
    const { observe, clock } = this.#context;
    observe({
      type: 'checkpoint',
      shardId: this.#start.shardId,
      sequenceNumber: checkpoint,
      atMs: clock.now(),
    });
  }

  /** Some lane has a full batch waiting whenever this holds, so reading always goes on in the end. */
  #isFarAhead(): boolean {
    const { batchSize, parallelizationFactor } = this.#context.settings;
    const batches = BATCHES_AHEAD * parallelizationFactor;
    return (
      this.#progress.unresolved >= batches * batchSize || this.#unresolvedBytes >= batches * LAMBDA_MAX_PAYLOAD_BYTES
    );
  }

  /** After the checkpoint if there is one: going back to the starting position would replay or lose records. */
  #resumePosition(): ShardPosition {
    const { checkpoint } = this.#progress;
    if (checkpoint !== undefined) return { kind: 'after-sequence-number', sequenceNumber: checkpoint };
    const { position } = this.#start;
    return position.kind === 'latest' && this.#hasOpened
      ? { kind: 'at-timestamp', timestampMs: this.#openedAtMs }
      : position;
  }

  async #afterFailure(error: unknown): Promise<void> {
    const { observe, clock, signal } = this.#context;
    const reason = failureReason(error);
    const message = error instanceof Error ? error.message : String(error);
    observe({ type: 'poll-failed', shardId: this.#start.shardId, atMs: clock.now(), reason, message });
    if (reason !== 'iterator-expired') await clock.sleep(READ_FAILURE_WAIT_MS, signal);
  }

  async #pause(readAtMs: number): Promise<void> {
    const { clock, pace, signal } = this.#context;
    const interval = this.#tipRead !== undefined ? pace.idlePollMs : pace.minReadIntervalMs;
    const waitMs = readAtMs + interval - clock.now();
    if (waitMs > 0 && !this.#isExhausted) await clock.sleep(waitMs, signal);
  }
}

/** Decimal digits of one length compare as text, which is many times cheaper than as numbers of 56 digits. */
function isAfter(sequenceNumber: string, lastSeen: string): boolean {
  if (sequenceNumber.length === lastSeen.length) return sequenceNumber > lastSeen;
  return lastSeen === '' || BigInt(sequenceNumber) > BigInt(lastSeen);
}

function failureReason(error: unknown): 'iterator-expired' | 'throttled' | 'error' {
  if (error instanceof ExpiredIteratorError) return 'iterator-expired';
  return error instanceof ReadThrottledError ? 'throttled' : 'error';
}
