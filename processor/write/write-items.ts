import type { Calls } from '../call-with-retry.ts';
import { asHold, callWithRetry, fixable, HoldError, transientHold } from '../call-with-retry.ts';
import type { EncodedItem } from '../project/project-items.ts';
import type { EncodedRejection } from '../quarantine/encode-rejection.ts';
import { encodeRejection } from '../quarantine/encode-rejection.ts';
import type { FuseSettings } from '../quarantine/fuse.ts';
import { isFuseBlown } from '../quarantine/fuse.ts';
import type { Chunk } from '../plan-chunks.ts';
import { payloadParts } from '../quarantine/payload-parts.ts';
import { bisectChunk, planChunks } from '../plan-chunks.ts';
import type { WriteContext } from './write-parameters.ts';
import { writeParameters } from './write-parameters.ts';
import type { EventStore } from '../ports.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';

/** What writing needs. */
export interface ItemWriting {
  readonly store: EventStore;
  readonly context: WriteContext;
  readonly fuse: FuseSettings;
  /** Bytes of items that one request may carry. */
  readonly maxItemBytes: number;
}

/** How far a batch got. */
export interface WriteReport {
  /** Events whose effect is in the tables for the first time. */
  readonly written: number;
  /** Events that are new, whose every row lost to a newer version of it. */
  readonly superseded: number;
  /** Events in effect now, be it from an earlier delivery. */
  readonly settledEvents: number;
  /** Items whose payload is in the quarantine, be it from an earlier delivery, or whose event is in effect anyway. */
  readonly rejections: readonly EncodedRejection[];
  /** Index of the first record that is not committed; the number of records when all are. */
  readonly committedRecords: number;
  /** Why the batch ended early, if it did. */
  readonly hold: HoldError | undefined;
}

/**
 * Writes the chunks of a batch one after the other, which keeps the order per partition key.
 *
 * A chunk that takes the database too long is cut in halves, which one after the other may be quick enough. A chunk
 * that the database rejects is bisected until the rejected item stands alone: O(log n) statements per item, and
 * everything else is committed. A rejected payload that no request can hold is sent ahead of its chunk, in parts, which
 * the chunk's statement puts together. What the database rejected is quarantined in one statement at the end, so that the
 * fuse sees all of it before any of it is set aside. A batch that ends early quarantines what it found so far, for which
 * time is kept back: a search that never ended in time would otherwise start anew with every delivery.
 *
 * @param chunks the whole batch, in stream order
 * @param recordCount number of records of the batch
 */
export async function writeItems(
  { chunks, recordCount }: { readonly chunks: readonly Chunk<EncodedItem>[]; readonly recordCount: number },
  writing: ItemWriting,
  calls: Calls,
): Promise<WriteReport> {
  const run = new WriteRun(chunks, writing, calls);
  let hold: HoldError | undefined;
  try {
    run.checkFuse();
    for (const chunk of chunks) await run.write(chunk, 1);
  } catch (error) {
    hold = asHold(error);
  }
  // The first hold is the cause; what comes after it is at most a consequence. Only the fuse says more.
  const laterHold = hold?.reason === 'fuse' ? undefined : await run.quarantine();
  return { ...run.report(recordCount), hold: laterHold?.reason === 'fuse' ? laterHold : (hold ?? laterHold) };
}

/** Kept back for each statement that what waits for the quarantine takes: time for one of full size. */
const QUARANTINE_MS = 2_000;

/** The state of writing one batch. */
class WriteRun {
  readonly #writing: ItemWriting;
  readonly #calls: Calls;
  readonly #items: readonly EncodedItem[];
  /** Items from the front that are committed, or rejected by the database and waiting for the quarantine. */
  #settled = 0;
  #written = 0;
  #superseded = 0;
  #settledEvents = 0;
  #committedRejections: EncodedRejection[] = [];
  #waiting: EncodedRejection[] = [];
  /** Rejections whose payload is in the database in parts. */
  readonly #sentAhead = new Set<EncodedRejection>();

  constructor(chunks: readonly Chunk<EncodedItem>[], writing: ItemWriting, calls: Calls) {
    this.#items = chunks.flat();
    this.#writing = writing;
    this.#calls = calls;
  }

  /** Looks at the whole batch: what decoding and projecting rejected in it, and what the database has so far. */
  checkFuse(): void {
    this.#checkFuseOver(this.#items);
  }

  #checkFuseOver(items: readonly EncodedItem[]): void {
    const rejected = items.filter(({ kind }) => kind === 'rejection').length + this.#waiting.length;
    if (!isFuseBlown(rejected, items.length, this.#writing.fuse)) return;
    throw new HoldError(
      'fuse',
      `${rejected} of ${items.length} events would be quarantined, more than ${this.#writing.fuse.thresholdPercent} %: ` +
        'a bad deploy is likelier than bad data; roll back, or raise the fuse threshold if the data really is bad',
    );
  }

  async write(chunk: Chunk<EncodedItem>, attempts: number): Promise<void> {
    try {
      await this.#execute(chunk, this.#itemCalls());
      this.#settled += chunk.length;
    } catch (error) {
      const failure = asChunkFailure(error);
      const [item] = chunk;
      if (chunk.length > 1) {
        for (const half of bisectChunk(chunk)) await this.write(half, attempts + 1);
      } else if (failure.kind === 'timeout') {
        throw transientHold(failure);
      } else if (item !== undefined) {
        this.#setAside(item, failure, attempts);
      }
    }
  }

  /** Puts what the database rejected into the quarantine; a hold is returned, so that an earlier one is not lost. */
  async quarantine(): Promise<HoldError | undefined> {
    try {
      // Of a batch that ended early only the settled part was seen, so only that can be judged.
      if (this.#waiting.length > 0) this.#checkFuseOver(this.#items.slice(0, this.#settled));
      const chunks = planChunks(this.#waiting, this.#writing.maxItemBytes);
      for (const chunk of chunks) {
        await this.#execute(chunk, this.#calls);
        this.#waiting = this.#waiting.slice(chunk.length);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof DatabaseError)) return asHold(error);
      return error.kind === 'timeout' ? transientHold(error) : quarantineHold(error);
    }
  }

  report(recordCount: number): Omit<WriteReport, 'hold'> {
    const firstUncommitted = [this.#items[this.#settled], this.#waiting[0]].map(
      (item) => item?.origin.recordIndex ?? recordCount,
    );
    return {
      written: this.#written,
      superseded: this.#superseded,
      settledEvents: this.#settledEvents,
      rejections: this.#committedRejections,
      committedRecords: Math.min(...firstUncommitted),
    };
  }

  #itemCalls(): Calls {
    if (this.#waiting.length === 0) return this.#calls;
    const statements = this.#waiting.reduce((sum, { parts }) => sum + parts, 1);
    return { ...this.#calls, budgetMs: () => this.#calls.budgetMs() - statements * QUARANTINE_MS };
  }

  async #execute(chunk: Chunk<EncodedItem>, calls: Calls): Promise<void> {
    const { store, context } = this.#writing;
    const rejections = chunk.filter((item) => item.kind === 'rejection');
    for (const rejection of rejections) await this.#sendAhead(rejection, calls);
    const parameters = writeParameters(chunk, context);
    const hasParts = rejections.some(({ parts }) => parts > 0);
    const { written, superseded } = await callWithRetry(
      (options) => (hasParts ? store.writeWithParts(parameters, options) : store.write(parameters, options)),
      calls,
    );
    this.#written += written;
    this.#superseded += superseded;
    this.#committedRejections = this.#committedRejections.concat(rejections);
    this.#settledEvents += chunk.length - rejections.length;
  }

  /** Once per delivery, also where the chunk is cut later: the parts stay until the write that uses them up. */
  async #sendAhead(rejection: EncodedRejection, calls: Calls): Promise<void> {
    const { origin, parts } = rejection;
    if (parts === 0 || this.#sentAhead.has(rejection)) return;
    const { store, context } = this.#writing;
    for (const part of payloadParts(origin, { ...context, parts })) {
      await callWithRetry((options) => store.storePart(part, options), calls);
    }
    this.#sentAhead.add(rejection);
  }

  #setAside(item: EncodedItem, error: DatabaseError, attempts: number): void {
    // An item that writes no rows of the user's was refused by the framework's own tables: no data is to blame.
    if (item.kind !== 'event') throw quarantineHold(error);
    const { origin, eventId } = item;
    const { maxItemBytes, context } = this.#writing;
    const { shardId, codeVersion } = context;
    const { sqlState, message } = error;
    this.#waiting.push(
      encodeRejection(
        { kind: 'rejection', origin, reason: 'database', detail: message, eventId, ...(sqlState && { sqlState }) },
        { shardId, codeVersion, attempts, maxItemBytes },
      ),
    );
    this.#settled += 1;
    this.checkFuse();
  }
}

/** Failures that a smaller chunk can mend: one with fewer rows to refuse, or to spend time on. */
function asChunkFailure(error: unknown): DatabaseError {
  if (error instanceof DatabaseError && (error.kind === 'rejection' || error.kind === 'timeout')) return error;
  throw error;
}

function quarantineHold(error: DatabaseError): HoldError {
  return new HoldError('configuration', `the quarantine can't be written: ${fixable(error)}`, {
    cause: error,
  });
}
