import { DatabaseError } from '../data-api/classify-error.ts';
import type { CarefulParts, Invocation } from './careful-run.ts';
import { CarefulRun } from './careful-run.ts';
import { addTallies } from './call-with-retry.ts';
import type { KinesisRecord } from './decode/item.ts';
import { arrivedAtMs, shardOf } from './decode/item.ts';
import type { PositionNotes } from './ports.ts';
import type { BatchReport } from './process-batch.ts';
import { processBatch, retryAlone, retryBehind } from './process-batch.ts';
import { ProcessMemory } from './quarantine/process-memory.ts';

/** What running batches needs. */
export interface BatchRunnerParts extends Omit<CarefulParts, 'memory'> {
  readonly positions: PositionNotes;
}

/** Processes one batch after the other, for as long as the process lives. */
export type RunBatch = (records: readonly KinesisRecord[], invocation: Invocation) => Promise<BatchReport>;

/**
 * Processes batches so that a record which ends the process can't do so forever.
 *
 * Before any of the user's code runs on a batch that is new to the process, the batch is noted in the database; afterwards
 * the note is deleted. That takes two calls, in the first invocation of an environment and rarely again. If the note is
 * still there when the records are delivered again, a process died with them. Then they are first tried in pieces, without
 * writing, each piece noted, so that every further death narrows the search. A record that ends processes on its own is
 * condemned, and the batch is processed as usual with that record as a rejection.
 *
 * A batch that ends early leaves a note of its position, by which the watchdog recognizes a lane that is stuck. One that leaves
 * no time for its write is tried in a smaller portion the next time.
 *
 * A batch without records is the watchdog's request to retry waiting entries.
 */
export function createBatchRunner(parts: BatchRunnerParts): RunBatch {
  const memory = new ProcessMemory(parts.engine.clock);
  const portion = new Portion();
  const all = { ...parts, memory };
  return async (received, invocation) => {
    if (received.length === 0) {
      memory.work();
      return retryAlone(parts.engine, invocation.budgetMs);
    }
    const records = portion.of(received);
    const startBudgetMs = invocation.budgetMs();
    const shardId = shardOf(records);
    const isNew = memory.isNew(shardId, records);
    const report = await (isNew ? runNoted(records, invocation, all) : runUnnoted(records, invocation, all));
    memory.survive(shardId, records);
    portion.learn(report, 1 - invocation.budgetMs() / startBudgetMs);
    return noteHold({ ...report, records: received.length }, { records, invocation, parts });
  };
}

/** A portion that took less than this share of the time leaves enough of it when the next one has twice as many records. */
const ROOM_TO_DOUBLE = 1 / 3;

/**
 * How many records of a batch are processed at once. A projection so slow that it leaves no time for the write would do the same
 * with every delivery: then half of the records are, and Lambda delivers the rest again.
 */
class Portion {
  #maxRecords = Infinity;

  of(records: readonly KinesisRecord[]): readonly KinesisRecord[] {
    return records.length <= this.#maxRecords ? records : records.slice(0, this.#maxRecords);
  }

  /**
   * Learns from what came of a portion.
   *
   * @param taken share of the time that it took
   */
  learn({ hold, events, records, committedRecords }: BatchReport, taken: number): void {
    // Without an event nothing was decoded: what ran out of time is the search for a record that ends the process.
    if (hold?.reason === 'deadline' && events > 0 && committedRecords === 0) {
      this.#maxRecords = Math.ceil(Math.min(events, records) / 2);
    } else if (hold === undefined && committedRecords < records) {
      // More of them at once ended the process.
      this.#maxRecords = committedRecords;
    } else if (hold === undefined && taken < ROOM_TO_DOUBLE) this.#maxRecords *= 2;
  }
}

/** Entries are retried once the note of the batch is gone, so that the batch is not blamed for what they do. */
async function runNoted(
  records: readonly KinesisRecord[],
  invocation: Invocation,
  parts: CarefulParts,
): Promise<BatchReport> {
  const report = await new CarefulRun(records, invocation, parts).run();
  return retryBehind(report, parts.engine, invocation.budgetMs);
}

async function runUnnoted(
  records: readonly KinesisRecord[],
  { budgetMs }: Invocation,
  { engine, memory }: CarefulParts,
): Promise<BatchReport> {
  memory.work();
  try {
    return await processBatch(records, engine, budgetMs);
  } catch (error) {
    // The next delivery is noted, and searches for the record that makes the engine fail.
    memory.lookAgain();
    throw error;
  }
}

/** Longest time for the note of a held position: what the time reserve can spare. */
const NOTE_MS = 1_000;

/** A call with less time than this would only time out. */
const MIN_NOTE_MS = 100;

interface Held {
  readonly records: readonly KinesisRecord[];
  readonly invocation: Invocation;
  readonly parts: BatchRunnerParts;
}

/** One attempt, within the time reserved for answering. A note that can't be written changes nothing. */
async function noteHold(report: BatchReport, { records, invocation, parts }: Held): Promise<BatchReport> {
  const { hold, shardId, committedRecords } = report;
  const first = records[committedRecords];
  const timeoutMs = Math.min(NOTE_MS, invocation.remainingMs() / 2);
  if (hold === undefined || first === undefined || timeoutMs < MIN_NOTE_MS) return report;
  const { sequenceNumber } = first.kinesis;
  const position = {
    shardId,
    sequenceNumber,
    arrivedAtMs: arrivedAtMs(first),
    reason: hold.reason,
    detail: hold.message,
  };
  let errors = 0;
  try {
    await parts.positions.note(position, { timeoutMs });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    errors = 1;
  }
  return { ...report, calls: addTallies(report.calls, { calls: 1, errors }) };
}
