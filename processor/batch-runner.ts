import type { CarefulParts, Invocation } from './careful-run.ts';
import { CarefulRun } from './careful-run.ts';
import type { KinesisRecord } from './decode/item.ts';
import type { BatchReport } from './process-batch.ts';
import { processBatch, shardOf } from './process-batch.ts';
import { ProcessMemory } from './quarantine/process-memory.ts';

/** Processes one batch after the other, for as long as the process lives. */
export type RunBatch = (records: readonly KinesisRecord[], invocation: Invocation) => Promise<BatchReport>;

/**
 * Processes batches so that a record which ends the process does not do so for ever.
 *
 * A batch that is new to the process is noted in the database before any code of the user's runs, and the note is taken
 * away afterwards: two calls, in the first invocation of an environment and hardly ever again. A note that is still there
 * when the records come again tells of a death. Then the records are tried first, in pieces and without writing, each piece
 * noted, so that every further death narrows the range; a record that ends processes all by itself is condemned, and the
 * batch goes its usual way with that record as a rejection.
 */
export function createBatchRunner(parts: Omit<CarefulParts, 'memory'>): RunBatch {
  const memory = new ProcessMemory(parts.engine.clock);
  const all = { ...parts, memory };
  return async (records, invocation) => {
    const shardId = shardOf(records);
    const isNew = memory.isNew(shardId, records);
    const report = await (isNew
      ? new CarefulRun(records, invocation, all).run()
      : runUnnoted(records, invocation, all));
    memory.survive(shardId, records);
    return report;
  };
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
    // The next delivery is noted, and looks for the record that the engine fails with.
    memory.lookAgain();
    throw error;
  }
}
