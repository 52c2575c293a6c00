import type { Calls } from '../call-with-retry.ts';
import { asHold, callWithRetry, fixable, HoldError, transientHold } from '../call-with-retry.ts';
import type { EncodedEvent, EncodedItem } from '../project/project-items.ts';
import type { QuarantineRequest } from '../quarantine/batch-fuse.ts';
import { BatchFuse } from '../quarantine/batch-fuse.ts';
import type { EncodedRejection } from '../quarantine/encode-rejection.ts';
import { encodeRejection } from '../quarantine/encode-rejection.ts';
import type { FuseSettings } from '../quarantine/fuse.ts';
import type { SkippedEvent } from '../decode/item.ts';
import { rejectEvent } from '../decode/item.ts';
import type { Chunk } from '../plan-chunks.ts';
import { payloadParts } from '../quarantine/payload-parts.ts';
import { bisectChunk, planChunks } from '../plan-chunks.ts';
import type { WriteContext } from './write-parameters.ts';
import { closeParameters, writeParameters } from './write-parameters.ts';
import type { EventStore, FuseMemory, WriteCounts } from '../ports.ts';
import { DatabaseError } from '../../data-api/classify-error.ts';

/** What of a stretch of the batch travels in a statement. */
interface Sending {
  readonly items: Chunk<EncodedItem>;
  /** How often it was tried, this time included. */
  readonly attempts: number;
  /** Whether its one event was refused before, for a reason that may be over. */
  readonly isAgain?: boolean;
}

/** What writing needs. */
export interface ItemWriting {
  readonly store: EventStore;
  readonly context: WriteContext;
  readonly fuse: FuseSettings;
  readonly fuseMemory: FuseMemory;
}

/** How far a batch got. */
export interface WriteReport {
  /** Events whose effect is in the tables for the first time. */
  readonly written: number;
  /** Events that are new, whose every row lost to a newer version of it. */
  readonly superseded: number;
  /** Events that are new, whose rows were there already and are kept. */
  readonly existing: number;
  /** Events in effect now, be it from an earlier delivery. */
  readonly settledEvents: number;
  /** Items whose payload is in the quarantine, be it from an earlier delivery, or whose event is in effect anyway. */
  readonly rejections: readonly EncodedRejection[];
  /** Whether entries that wait are due to be tried again. */
  readonly hasDue: boolean;
  /** Index of the first record that is not committed; the number of records when all are. */
  readonly committedRecords: number;
  /** Events that the projection does not want, of records that are committed. */
  readonly skipped: readonly SkippedEvent[];
  /** Why the batch ended early, if it did. */
  readonly hold: HoldError | undefined;
}

/**
 * Writes the chunks of a batch one after the other, which keeps the order per partition key.
 *
 * A chunk that takes the database too long is cut in halves, which one after the other may be quick enough. A chunk
 * that the database does not take is bisected until the rejected event stands alone: O(log n) statements per event, and
 * everything else is committed. A rejected payload that no request can hold is sent ahead of its chunk, in parts, which
 * the chunk's statement puts together.
 *
 * The fuse sees all rejections of a batch before any of them is quarantined. What decoding and projecting rejected it
 * sees before the first write; it then travels with the events of its chunk when the database takes them. What the
 * database rejected, and with it what stood beside it in its chunk, waits and is quarantined in one statement at the
 * end. A batch that ends early quarantines what it found so far, for which time is kept back: a search that never ended
 * in time would otherwise start anew with every delivery.
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
    await run.checkFuse();
    for (const chunk of chunks) await run.write(chunk);
  } catch (error) {
    hold = asHold(error);
  }
  // The first hold is the cause, and a later one at most a consequence. Only the fuse says more.
  const laterHold = run.fuseHold === undefined ? await run.quarantine() : undefined;
  hold = run.fuseHold ?? hold ?? laterHold;
  if (hold === undefined) await run.releaseBuild();
  return { ...run.report(recordCount), hold };
}

/** SQLSTATE of a row whose parent row is missing. */
const MISSING_PARENT = '23503';

/** SQLSTATE of a row whose key is there already. */
const TAKEN_KEY = '23505';

/** Events that are tried in one call; each is a statement of its own inside it. */
const MAX_TRIED_EVENTS = 200;

/** Time kept back for each statement that the quarantine will take, in milliseconds: enough for one of full size. */
const QUARANTINE_MS = 2_000;

/** What the database says of the missing parents, by event. */
type Orphans = ReadonlyMap<EncodedItem, string>;

type Refusal = Pick<DatabaseError, 'sqlState' | 'message'>;

/** What the parameters of a chunk are made with, the rows of which may be some of the batch's. */
type ChunkContext = Parameters<typeof writeParameters>[1];

/** The state of writing one batch. */
class WriteRun {
  readonly #writing: ItemWriting;
  readonly #calls: Calls;
  readonly #fuse: BatchFuse;
  readonly #items: readonly EncodedItem[];
  /** What decoding and projecting rejected. */
  readonly #rejectedBefore: readonly EncodedRejection[];
  /** Items from the front that are committed, or rejected and waiting for the quarantine. */
  #settled = 0;
  #written = 0;
  #superseded = 0;
  #existing = 0;
  #settledEvents = 0;
  #committedRejections: EncodedRejection[] = [];
  #committedSkips: SkippedEvent[] = [];
  /** Rejections, and what is skipped beside an event that the database rejected. */
  #waiting: (EncodedRejection | SkippedEvent)[] = [];
  /** What the database rejected. */
  readonly #rejectedByDatabase: EncodedRejection[] = [];
  /** Rejections whose payload is in the database in parts. */
  readonly #sentAhead = new Set<EncodedRejection>();
  /** Whether the database has said that it takes the statement, whatever it says about rows. */
  #isStatementTaken = false;
  #hasDue = false;

  constructor(chunks: readonly Chunk<EncodedItem>[], writing: ItemWriting, calls: Calls) {
    const { fuse: settings, fuseMemory: memory, context } = writing;
    const { shardId, codeVersion } = context;
    this.#items = chunks.flat();
    this.#rejectedBefore = this.#items.filter(isRejection);
    this.#writing = writing;
    this.#calls = calls;
    this.#fuse = new BatchFuse({ settings, memory, calls, shardId, codeVersion });
  }

  /** The verdict of the fuse, when that is what ended the batch. */
  get fuseHold(): HoldError | undefined {
    return this.#fuse.hold;
  }

  /** All of the batch is committed: what the build was held for, if it was, is over. */
  async releaseBuild(): Promise<void> {
    await this.#fuse.release();
  }

  /** Looks at the whole batch, as if the database took all that it has not rejected so far. */
  async checkFuse(): Promise<void> {
    await this.#admit(this.#rejectedBefore, { events: countWanted(this.#items), isFinal: false });
  }

  /** Judges only the settled part of a batch that ended early. */
  async #admitSettled(): Promise<void> {
    const settled = this.#items.slice(0, this.#settled);
    await this.#admit(settled.filter(isRejection), { events: countWanted(settled), isFinal: true });
  }

  async #admit(
    before: readonly EncodedRejection[],
    { events, isFinal }: Pick<QuarantineRequest, 'events' | 'isFinal'>,
  ): Promise<void> {
    // A row that is missing may still arrive, so it does not count against the build.
    const all = [...before, ...this.#rejectedByDatabase];
    const rejections = all.filter(({ waits }) => !waits);
    const taken = this.#settledEvents;
    const repeated = taken - this.#written - this.#superseded - this.#existing;
    await this.#fuse.admit({ events: events - (all.length - rejections.length), rejections, taken, repeated, isFinal });
  }

  async write(chunk: Chunk<EncodedItem>): Promise<void> {
    await this.#writePart(chunk, { items: chunk, attempts: 1 });
  }

  /**
   * Writes a stretch of the batch.
   *
   * @param part the stretch, of which nothing is settled
   * @param sending what of it travels in the statement, and how
   */
  async #writePart(part: Chunk<EncodedItem>, sending: Sending): Promise<void> {
    const { items, isAgain = false } = sending;
    const hasEvents = part.some(isEvent);
    const failure = hasEvents ? await this.#send(items, { isAgain }) : undefined;
    if (failure !== undefined) return this.#narrow(part, sending, failure);
    if (!hasEvents) await this.#noteSkips(part);
    // Rejections without an event beside them prove nothing about the build, so they wait for the last verdict.
    if (!hasEvents || items.length < part.length) this.#waiting.push(...part.filter(isRejection));
    this.#settled += part.length;
  }

  /** Commits skipped events that have no event beside them, by an entry of the batch log. */
  async #noteSkips(part: Chunk<EncodedItem>): Promise<void> {
    const skipped = part.filter(isSkipped);
    if (skipped.length > 0) await this.#execute(skipped, this.#itemCalls());
  }

  /** Tries less of a part that the database did not take, until the event to blame stands alone. */
  async #narrow(part: Chunk<EncodedItem>, { items, ...tried }: Sending, failure: DatabaseError): Promise<void> {
    const attempts = tried.attempts + 1;
    if (failure.sqlState === MISSING_PARENT && (await this.#tellOrphans(part, tried.attempts))) return;
    if (items.filter(isEvent).length > 1 || items.some(isRejection)) {
      for (const piece of cutBetweenEvents(part)) {
        await this.#writePart(piece, { items: piece.filter((item) => !isRejection(item)), attempts });
      }
    } else if (failure.kind === 'timeout') {
      throw transientHold(failure);
    } else if (tried.isAgain !== true && (failure.isInternal || failure.isAboutStatement)) {
      // A change of the table or of a grant at the same moment may be the cause, and be over.
      await this.#writePart(part, { items, attempts, isAgain: true });
    } else {
      await this.#setAside(part, failure, tried.attempts);
    }
  }

  /**
   * Tells the events of a part that lack a parent row from the others, which are written together: of children whose
   * parents are missing there may be many, and halving would take two statements for each. What may have had its parent
   * among the others is asked about once more.
   *
   * @returns false when that is not to be done, or when the database refuses an event for another reason
   */
  async #tellOrphans(part: Chunk<EncodedItem>, attempts: number): Promise<boolean> {
    const events = part.filter(isEvent);
    if (events.length < 2 || events.length > MAX_TRIED_EVENTS) return false;
    const orphans = await this.#writeAllBut(events, part);
    if (orphans === undefined) return false;
    for (const item of part) {
      const message = orphans.get(item);
      if (!isEvent(item)) this.#waiting.push(item);
      else if (message !== undefined) this.#rejectByDatabase(item, { message, sqlState: MISSING_PARENT }, attempts);
    }
    this.#settled += part.length;
    await this.checkFuse();
    return true;
  }

  /** Writes the events of a part that lack no parent; undefined when something else is wrong. */
  async #writeAllBut(events: readonly EncodedEvent[], part: Chunk<EncodedItem>): Promise<Orphans | undefined> {
    let orphans = await this.#askForParents(events);
    // What the database takes one by one and not together is not for a lack of parents.
    if (orphans?.size === 0) return undefined;
    for (let left = events; orphans !== undefined;) {
      const found = orphans;
      const sound = left.filter((event) => !found.has(event));
      if (sound.length > 0 && !(await this.#writeBeside(part, sound))) return undefined;
      left = left.filter((event) => found.has(event));
      if (sound.length === 0 || left.length === 0) return found;
      orphans = await this.#askForParents(left);
    }
    return undefined;
  }

  /** Asks for the missing parents; undefined when it refuses one for another reason. */
  async #askForParents(events: readonly EncodedEvent[]): Promise<Orphans | undefined> {
    const { store, context } = this.#writing;
    const parameters = events.map((event) => writeParameters([event], context));
    try {
      const found = await callWithRetry((options) => store.missingParents(parameters, options), this.#itemCalls());
      return new Map(events.flatMap((event, index) => (found.has(index) ? [[event, found.get(index) ?? '']] : [])));
    } catch (error) {
      if (error instanceof DatabaseError && error.kind !== 'configuration') return undefined;
      throw error;
    }
  }

  /** Writes some events of a part, whatever lies between them: the log tells no position beyond the first that is left. */
  async #writeBeside(part: Chunk<EncodedItem>, events: Chunk<EncodedEvent>): Promise<boolean> {
    const { context } = this.#writing;
    const place = part.findIndex((item) => isEvent(item) && !events.includes(item));
    const covered = place === -1 ? context.covered : (context.covered ?? part[Math.max(0, place - 1)]);
    const rows = context.rows.only(events.map(({ n }) => n));
    return (await this.#send(events, { isAgain: false, context: { ...context, rows, covered } })) === undefined;
  }

  /** Puts what waits into the quarantine; a hold is returned, so that an earlier one is not lost. */
  async quarantine(): Promise<HoldError | undefined> {
    if (this.#waiting.length === 0) return undefined;
    try {
      await this.#admitSettled();
      const chunks = planChunks(this.#waiting, this.#writing.context.maxItemBytes);
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
      existing: this.#existing,
      settledEvents: this.#settledEvents,
      rejections: this.#committedRejections,
      hasDue: this.#hasDue,
      skipped: this.#committedSkips,
      committedRecords: Math.min(...firstUncommitted),
    };
  }

  #itemCalls(): Calls {
    if (this.#waiting.length === 0) return this.#calls;
    const statements = this.#waiting.reduce((sum, item) => sum + (isRejection(item) ? item.parts : 0), 1);
    return { ...this.#calls, budgetMs: () => this.#calls.budgetMs() - statements * QUARANTINE_MS };
  }

  /** Executes a chunk; a failure that a smaller one can avoid, or that its event is to blame for, is returned. */
  async #send(
    items: Chunk<EncodedItem>,
    { isAgain, context }: { readonly isAgain: boolean; readonly context?: ChunkContext },
  ): Promise<DatabaseError | undefined> {
    try {
      await this.#execute(items, this.#itemCalls(), context);
      return undefined;
    } catch (error) {
      if (!(error instanceof DatabaseError) || !isForLess(error)) throw error;
      // Before an event is blamed, an earlier answer does not count.
      const isOpen = isAgain || !this.#isStatementTaken;
      if (error.kind === 'refused' && error.isAboutStatement && isOpen) await this.#askForStatement();
      return error;
    }
  }

  /**
   * A missing table or grant is no fault of a row, and every row would meet it. A trigger may raise the same code for
   * one row; the database tells the two apart when it is asked for the statement without a row.
   */
  async #askForStatement(): Promise<void> {
    const { store, context } = this.#writing;
    try {
      await callWithRetry((options) => store.explain(writeParameters([], context), options), this.#calls);
      this.#isStatementTaken = true;
    } catch (error) {
      throw asHold(error);
    }
  }

  async #execute(
    chunk: Chunk<EncodedItem>,
    calls: Calls,
    context: ChunkContext = this.#writing.context,
  ): Promise<void> {
    const { store } = this.#writing;
    const rejections = chunk.filter(isRejection);
    for (const rejection of rejections) await this.#sendAhead(rejection, calls);
    const parameters = writeParameters(chunk, context);
    const counts = await callWithRetry((options) => store.write(parameters, options), calls);
    this.#count(counts);
    this.#committedRejections = this.#committedRejections.concat(rejections);
    this.#committedSkips = this.#committedSkips.concat(chunk.filter(isSkipped));
    this.#settledEvents += countWanted(chunk) - rejections.length;
    if (counts.hasUnidentified) await this.#closeUnidentified(chunk.filter(isEvent), calls);
  }

  #count({ written, superseded, existing, hasDue }: WriteCounts): void {
    this.#written += written;
    this.#superseded += superseded;
    this.#existing += existing;
    this.#hasDue ||= hasDue;
  }

  /** The entry of an event that an earlier build could not even decode is known by its payload. */
  async #closeUnidentified(events: readonly EncodedEvent[], calls: Calls): Promise<void> {
    if (events.length === 0) return;
    const { store, context } = this.#writing;
    const parameters = closeParameters(events, context);
    await callWithRetry((options) => store.closeUnidentified(parameters, options), calls);
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

  /** Rejects the one event of a part; all rejections of the part wait for the quarantine. */
  async #setAside(part: Chunk<EncodedItem>, failure: DatabaseError, attempts: number): Promise<void> {
    for (const item of part) {
      if (isEvent(item)) this.#rejectByDatabase(item, failure, attempts);
      else this.#waiting.push(item);
    }
    this.#settled += part.length;
    await this.checkFuse();
  }

  #rejectByDatabase(event: EncodedEvent, refusal: Refusal, attempts: number): void {
    const rejection = this.#reject(event, refusal, attempts);
    this.#waiting.push(rejection);
    this.#rejectedByDatabase.push(rejection);
  }

  #reject(event: EncodedEvent, { sqlState, message }: Refusal, attempts: number): EncodedRejection {
    const { context } = this.#writing;
    const mayHeal = sqlState === MISSING_PARENT;
    const detail = sqlState === TAKEN_KEY ? `${message}${adviseToKeep(context)}` : message;
    const rejection = { ...rejectEvent(event, 'database', detail), mayHeal, ...(sqlState && { sqlState }) };
    return encodeRejection(rejection, { ...context, attempts });
  }
}

function isEvent(item: EncodedItem): item is EncodedEvent {
  return item.kind === 'event';
}

function isRejection(item: EncodedItem): item is EncodedRejection {
  return item.kind === 'rejection';
}

function isSkipped(item: EncodedItem): item is SkippedEvent {
  return item.kind === 'skip';
}

/** Counts items without the skipped ones, which say nothing about the build. */
function countWanted(items: readonly EncodedItem[]): number {
  return items.length - items.filter(isSkipped).length;
}

/** Cuts a part in two with as many events each; a part with one event stays whole, to be tried without its rejections. */
function cutBetweenEvents(part: Chunk<EncodedItem>): readonly Chunk<EncodedItem>[] {
  const events = part.filter(isEvent);
  const [, second] = bisectChunk(events);
  const [firstOfSecond] = events.length > 1 ? second : [];
  if (firstOfSecond === undefined) return [part];
  const middle = part.indexOf(firstOfSecond);
  return [part.slice(0, middle), part.slice(middle)];
}

/** Which constraint it was is in the message only, and nothing here depends on texts: the advice is true in any case. */
function adviseToKeep({ refusingTables = [] }: WriteContext): string {
  const names = refusingTables.map((name) => `\`${name}\``).join(', ');
  return names === '' ? '' : `; where rows of ${names} may be there already, declare it with \`existing: 'keep'\``;
}

/** Failures that a smaller chunk can avoid: one with fewer rows to refuse, or to spend time on. */
function isForLess({ kind }: DatabaseError): boolean {
  return kind === 'rejection' || kind === 'refused' || kind === 'timeout';
}

function quarantineHold(error: DatabaseError): HoldError {
  return new HoldError('configuration', `the quarantine can't be written: ${fixable(error)}`, {
    cause: error,
  });
}
