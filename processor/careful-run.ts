import type { Calls } from './call-with-retry.ts';
import { addTallies, asHold, HoldError } from './call-with-retry.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { Condemnation, KinesisRecord } from './decode/item.ts';
import { arrivedAtMs, errorText, shardOf } from './decode/item.ts';
import type { InFlightNote, InFlightNotes, SequenceRange } from './ports.ts';
import type { BatchReport } from './process-batch.ts';
import type { Engine } from './batch-rounds.ts';
import { tryRecords, untouchedReport, writeBatch } from './process-batch.ts';
import { NoteKeeper } from './quarantine/note-keeper.ts';
import type { ProcessMemory } from './quarantine/process-memory.ts';
import type { CrashFinding, Suspect } from './quarantine/suspects.ts';
import { assess, rangeOf } from './quarantine/suspects.ts';

/** What a batch has to know of its invocation. */
export interface Invocation {
  /** Stays the same over all retries of a batch. */
  readonly requestId: string;
  /** Milliseconds until Lambda ends it. */
  readonly remainingMs: () => number;
  /** Milliseconds that database calls and waits may still take: what remains, less the time for answering. */
  readonly budgetMs: () => number;
}

/** What a careful run needs beside the batch. */
export interface CarefulParts {
  readonly engine: Engine;
  readonly notes: InFlightNotes;
  readonly memory: ProcessMemory;
  /** Hears of deaths before anything runs that may end this process too. */
  readonly onCrash: (crash: CrashFinding) => void;
}

/** Pieces in which suspects are tried: two deaths find one record among a thousand. */
const PIECES = 32;

/** How long a piece stays noted after it ran: a promise that rejects late ends the process within this time. */
const SETTLE_MS = 100;

/** The same for promises that other batches left behind, before a record is tried on its own. */
const QUIET_MS = 1_000;

/** Time kept back for deleting the notes: this much, or a share of what the invocation has. */
const NOTES_MS = 1_000;
const MAX_NOTES_SHARE = 0.25;

/** Processes one batch that is noted in the database, searching for a record that ends the process where one may be. */
export class CarefulRun {
  readonly #records: readonly KinesisRecord[];
  readonly #parts: CarefulParts;
  readonly #invocation: Invocation;
  readonly #budgetMs: () => number;
  readonly #startBudgetMs: number;
  readonly #tally: Calls['tally'] = { calls: 0, errors: 0 };
  readonly #keeper: NoteKeeper;
  #verdicts: readonly InFlightNote[] = [];
  #condemned = new Map<number, Condemnation>();
  /** Suspects that have not been tried yet. */
  #left: readonly InFlightNote[] = [];
  #crashesFound = 0;
  /** Whether only records from the front were written. */
  #isPart = false;
  /** Index of the only record that has run in this invocation; `undefined` when none has, null when several have. */
  #onlyRun: number | null | undefined;

  constructor(records: readonly KinesisRecord[], invocation: Invocation, parts: CarefulParts) {
    this.#records = records;
    this.#invocation = invocation;
    this.#parts = parts;
    this.#startBudgetMs = invocation.budgetMs();
    const reserveMs = Math.min(NOTES_MS, this.#startBudgetMs * MAX_NOTES_SHARE);
    this.#budgetMs = () => invocation.budgetMs() - reserveMs;
    const { requestId } = invocation;
    const { clock } = parts.engine;
    const [first] = records;
    const arrived = first === undefined ? clock.now() : arrivedAtMs(first);
    const batch = { shardId: shardOf(records), requestId, arrivedAtMs: arrived };
    this.#keeper = new NoteKeeper(parts.notes, () => ({ ...batch, remainingMs: invocation.remainingMs() }), {
      clock,
      budgetMs: this.#budgetMs,
      tally: this.#tally,
    });
  }

  async run(): Promise<BatchReport> {
    const report = await this.#process().catch((error: unknown) => {
      if (error instanceof HoldError) return untouchedReport(this.#records, this.#parts.engine, error);
      throw error;
    });
    await this.#takeNotesAway(report.committedRecords);
    return {
      ...report,
      records: this.#records.length,
      calls: addTallies(report.calls, this.#tally),
      crashesFound: this.#crashesFound,
    };
  }

  async #process(): Promise<BatchReport> {
    let suspect = await this.#look();
    for (;;) {
      const end = suspect === undefined ? this.#records.length : await this.#search(suspect);
      try {
        return await this.#write(end, suspect);
      } catch (error) {
        suspect = this.#blame(this.#live(0, end), error);
      }
    }
  }

  async #look(): Promise<Suspect | undefined> {
    const { memory, onCrash } = this.#parts;
    memory.look();
    // A death here only raises suspicion: that the record was alone counts in a trial, not yet.
    const batch = { ...this.#note(this.#live(0, this.#records.length)), alone: false };
    const assessment = assess(this.#records, await this.#keeper.begin(batch));
    this.#keeper.adopt(assessment.notes);
    this.#verdicts = assessment.verdicts;
    this.#condemned = new Map(assessment.condemned);
    this.#crashesFound = assessment.crashes.length;
    for (const crash of assessment.crashes) onCrash(crash);
    return assessment.suspect;
  }

  /**
   * Tries the suspects. A death ends it, and the next process finds a smaller piece.
   *
   * @returns how many records from the front to write now: all, when one was found that fails in this process without
   *   ending it. When none does it by itself they were too many at once, so half of those up to the last suspect are
   *   written and answered, and the rest comes in a delivery of its own.
   */
  async #search(suspect: Suspect): Promise<number> {
    const before = this.#condemned.size;
    await this.#tryPieces(suspect);
    const upTo = this.#live(0, suspect.to);
    const half = upTo[Math.ceil(upTo.length / 2) - 1];
    return half === undefined || this.#condemned.size > before ? this.#records.length : half + 1;
  }

  async #tryPieces(suspect: Suspect): Promise<void> {
    const live = this.#live(suspect.from, suspect.to);
    const size = Math.ceil(live.length / PIECES);
    if (live.length === 1) await this.#becomeQuiet(live, suspect);
    for (let at = 0; at < live.length; at += size) {
      this.#left = [{ ...this.#note(live.slice(at), suspect), alone: false, state: 'suspect' }];
      if (at > 0 && this.#budgetMs() < this.#startBudgetMs / 2) throw unfinished();
      await this.#tryPiece(live.slice(at, at + size), suspect);
    }
    this.#left = [];
  }

  /** Gives anything else that may end this process the time to do so before the suspect runs. */
  async #becomeQuiet(live: readonly number[], suspect: Suspect): Promise<void> {
    const { engine, memory } = this.#parts;
    if (memory.isFresh || this.#onlyRun !== undefined) return;
    await this.#noteOnly({ ...this.#note(live, suspect), state: 'suspect' });
    await engine.clock.sleep(QUIET_MS);
  }

  async #tryPiece(piece: readonly number[], suspect: Suspect): Promise<void> {
    const { engine } = this.#parts;
    const records = this.#take(piece);
    const note = this.#note(piece, suspect);
    await this.#noteOnly(note);
    this.#run(piece);
    try {
      if (note.alone) await this.#noteEventId(records, note);
      const { hold, calls } = await tryRecords(records, engine, this.#budgetMs);
      this.#tally.calls += calls.calls;
      this.#tally.errors += calls.errors;
      if (hold !== undefined) throw hold;
    } catch (error) {
      const smaller = this.#blame(piece, error);
      if (smaller !== undefined) await this.#tryPieces({ ...smaller, crashes: suspect.crashes });
      return;
    }
    await engine.clock.sleep(SETTLE_MS);
  }

  /** Notes the id of a single event, so that one that took effect before it ended the process is not quarantined. */
  async #noteEventId(records: readonly KinesisRecord[], note: InFlightNote): Promise<void> {
    const [item, ...more] = await decodeRecords(records, this.#parts.engine.compiled.projection);
    if (item?.kind !== 'event' || more.length > 0 || item.unidentified !== undefined) return;
    if (item.eventId === note.eventId) return;
    await this.#noteOnly({ ...note, eventId: item.eventId });
  }

  /** Where to look next among records that fail without ending the process; a single one is condemned. */
  #blame(failed: readonly number[], error: unknown): Suspect | undefined {
    if (error instanceof HoldError) throw error;
    const [first, ...more] = failed;
    const last = more.at(-1);
    if (first === undefined) throw error;
    if (last !== undefined) return { from: first, to: last + 1, crashes: 0, eventId: null };
    const detail = `processing the record fails, but not in the code of the projection: ${errorText(error)}`;
    this.#condemned.set(first, { detail });
    this.#verdicts = [...this.#verdicts, { ...this.#note(failed), verdict: detail, state: 'suspect' }];
    return undefined;
  }

  /** Processes records from the front as one batch, so that the fuse sees what is rejected beside what is not. */
  async #write(end: number, suspect: Suspect | undefined): Promise<BatchReport> {
    const { engine } = this.#parts;
    const live = this.#live(0, end);
    const [only, ...more] = live;
    if (only !== undefined && !this.#keeper.hasOnly(this.#range(live))) {
      await this.#noteOnly(this.#note(live, more.length === 0 && suspect?.from === only ? suspect : undefined));
    }
    this.#run(live);
    this.#isPart = end < this.#records.length;
    const records = this.#records.slice(0, end).map((record, index) => {
      const condemned = this.#condemned.get(index);
      return condemned === undefined ? record : { ...record, condemned };
    });
    return writeBatch(records, engine, this.#budgetMs);
  }

  /** Deletes the notes of what is committed. A verdict stays until its record is in the quarantine. */
  async #takeNotesAway(committedRecords: number): Promise<void> {
    const { memory } = this.#parts;
    const rest = new Set(this.#records.slice(committedRecords).map(({ kinesis }) => kinesis.sequenceNumber));
    const kept = [...this.#verdicts.filter(({ first }) => rest.has(first)), ...this.#left];
    await this.#keeper.replace(kept, this.#invocation.budgetMs).catch(asHold);
    // Notes that are left, on purpose or not, are read again; so are those of the rest of a batch that was too large.
    if (!this.#keeper.isEmpty || this.#isPart) memory.lookAgain();
  }

  /** Replaces all notes by one, beside the verdicts: at most one piece is at work at a time. */
  #noteOnly(note: InFlightNote): Promise<void> {
    return this.#keeper.replace([...this.#verdicts, note]);
  }

  #note(indices: readonly number[], suspect?: Suspect): InFlightNote {
    const eventId = indices.length === 1 ? (suspect?.eventId ?? null) : null;
    const alone = indices.length === 1 && (this.#onlyRun === undefined || this.#onlyRun === indices[0]);
    return { ...this.#range(indices), crashes: suspect?.crashes ?? 0, alone, eventId, verdict: null, state: 'at-work' };
  }

  /** Remembers that the user's code is about to see these records. */
  #run(indices: readonly number[]): void {
    if (indices.length === 0) return;
    const isSame = this.#onlyRun === undefined || this.#onlyRun === indices[0];
    this.#onlyRun = indices.length === 1 && isSame ? (indices[0] ?? null) : null;
    this.#parts.memory.work();
  }

  #range(indices: readonly number[]): SequenceRange {
    return rangeOf(this.#take(indices));
  }

  /** Indices, from `from` up to but not including `to`, of records that may run. */
  #live(from: number, to: number): readonly number[] {
    const indices: number[] = [];
    for (let index = from; index < to; index += 1) if (!this.#condemned.has(index)) indices.push(index);
    return indices;
  }

  #take(indices: readonly number[]): readonly KinesisRecord[] {
    return indices.flatMap((index) => this.#records[index] ?? []);
  }
}

function unfinished(): HoldError {
  return new HoldError(
    'deadline',
    'the search for the record that crashes the process takes longer than one invocation; the next delivery continues it',
  );
}
