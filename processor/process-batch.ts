import type { Calls } from './call-with-retry.ts';
import { addTallies, HoldError } from './call-with-retry.ts';
import type { Engine, Finished, Run, Stage } from './batch-rounds.ts';
import { NOTHING_YET, project, startRun, writeRounds } from './batch-rounds.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { KinesisRecord } from './decode/item.ts';
import { shardOf } from './decode/item.ts';
import { countByReason } from './decode/skip.ts';
import type { Retried } from './retry-entries.ts';
import { retryEntries } from './retry-entries.ts';
import type { EncodedRejection } from './quarantine/encode-rejection.ts';

/** Everything there is to say about one batch. */
export interface BatchReport {
  readonly shardId: string;
  readonly records: number;
  /** Events that the records decoded to, rejected and skipped ones among them. */
  readonly events: number;
  /** Records from the front that are committed; the rest is held. */
  readonly committedRecords: number;
  readonly written: number;
  readonly superseded: number;
  /** Events whose rows were there already and are kept as they are. */
  readonly existing: number;
  readonly duplicates: number;
  /** What is quarantined. */
  readonly rejections: readonly EncodedRejection[];
  /** Events that wait for what may still come, and are tried again by themselves. */
  readonly waiting: number;
  /** Whether entries that wait are due to be tried again. */
  readonly hasDue: boolean;
  /** Events that waited before, and came into effect after this batch. */
  readonly healed: number;
  /** Events that the projection does not want. */
  readonly skipped: number;
  readonly skippedByReason: Readonly<Record<string, number>>;
  readonly hold: HoldError | undefined;
  /** Reference keys asked for, each time an event asked. */
  readonly lookups: number;
  /** Keys that had to be read from the database. */
  readonly cacheMisses: number;
  readonly cacheEvictions: number;
  readonly calls: Calls['tally'];
  /** Processes that are known to have died while they worked on these records, and were not known before. */
  readonly crashesFound: number;
  readonly stageMs: Readonly<Record<Stage, number>>;
}

/**
 * Processes one batch, and behind it entries that wait and are due.
 *
 * @param records of one shard in stream order, at least one
 * @param engine parts that outlive the batch
 * @param budgetMs time left for database calls and waits, in milliseconds
 * @throws whatever a bug throws: the mapping then delivers the batch again, which is safe
 */
export async function processBatch(
  records: readonly KinesisRecord[],
  engine: Engine,
  budgetMs: () => number,
): Promise<BatchReport> {
  return retryBehind(await writeBatch(records, engine, budgetMs), engine, budgetMs);
}

/** Behind a batch the records that come next must not wait for long. */
const GROUPS_BEHIND_A_BATCH = 1;

/** Tries entries that wait and are due, if the batch came to its end. */
export async function retryBehind(report: BatchReport, engine: Engine, budgetMs: () => number): Promise<BatchReport> {
  if (!report.hasDue || report.hold !== undefined) return report;
  return addRetried(report, await retryEntries(engine, budgetMs, GROUPS_BEHIND_A_BATCH));
}

/**
 * Tries the entries that wait and are due, all of them, without a batch: where no record comes, nothing else would. Half
 * of the time is enough for them: an invocation that takes all of it looks like one that is stuck.
 */
export async function retryAlone(engine: Engine, budgetMs: () => number): Promise<BatchReport> {
  const nothing = report(NOTHING_YET, startRun({ shardId: '', recordCount: 0 }, engine, budgetMs));
  const keptMs = budgetMs() / 2;
  return addRetried(nothing, await retryEntries(engine, () => budgetMs() - keptMs, Infinity));
}

function addRetried(before: BatchReport, { healed, calls }: Retried): BatchReport {
  return { ...before, healed, calls: addTallies(before.calls, calls) };
}

/**
 * Writes one batch: decode, look up, project, plan, write. Every record that counts as committed has its effect or
 * its quarantine entry in the database; the position of the first one that has not is in the report.
 *
 * @param records of one shard in stream order, at least one
 * @param engine parts that outlive the batch
 * @param budgetMs time left for database calls and waits, in milliseconds
 * @throws whatever a bug throws: the mapping then delivers the batch again, which is safe
 */
export async function writeBatch(
  records: readonly KinesisRecord[],
  engine: Engine,
  budgetMs: () => number,
): Promise<BatchReport> {
  const { run, decoded } = await decode(records, engine, budgetMs);
  return report(await writeRounds(decoded, run), run);
}

/** What became of records that were tried. */
export interface TrialReport {
  /** Why the trial ended before its end: the lookups could not be read. */
  readonly hold: HoldError | undefined;
  readonly calls: Calls['tally'];
}

/**
 * Runs everything of the user's over records and leaves no trace: decode, look up, project, but no write. Shows whether
 * a process survives them.
 *
 * @param records of one shard in stream order, at least one
 * @param engine parts that outlive the batch
 * @param budgetMs time left for database calls and waits, in milliseconds
 */
export async function tryRecords(
  records: readonly KinesisRecord[],
  engine: Engine,
  budgetMs: () => number,
): Promise<TrialReport> {
  const { run, decoded } = await decode(records, engine, budgetMs);
  // No round has written what the next one would look at: all events run in one.
  const projected = await project(decoded, run, []);
  return { hold: projected instanceof HoldError ? projected : undefined, calls: run.calls.tally };
}

async function decode(records: readonly KinesisRecord[], engine: Engine, budgetMs: () => number) {
  const run = startRun({ shardId: shardOf(records), recordCount: records.length }, engine, budgetMs);
  return { run, decoded: await run.time('decode', () => decodeRecords(records, engine.compiled.projection)) };
}

/**
 * The report of a batch of which nothing was begun.
 *
 * @param records at least one
 * @param hold why
 */
export function untouchedReport(records: readonly KinesisRecord[], engine: Engine, hold: HoldError): BatchReport {
  const run = startRun({ shardId: shardOf(records), recordCount: records.length }, engine, () => 0);
  return report({ ...NOTHING_YET, outcome: { ...NOTHING_YET.outcome, hold } }, run);
}

function report({ events, outcome, lookups, misses }: Finished, run: Run): BatchReport {
  return {
    shardId: run.encoding.shardId,
    records: run.recordCount,
    events,
    committedRecords: outcome.committedRecords,
    written: outcome.written,
    superseded: outcome.superseded,
    existing: outcome.existing,
    duplicates: outcome.settledEvents - outcome.written - outcome.superseded - outcome.existing,
    rejections: outcome.rejections.filter(({ waits }) => !waits),
    waiting: outcome.rejections.filter(({ waits }) => waits).length,
    hasDue: outcome.hasDue,
    healed: 0,
    skipped: outcome.skipped.length,
    skippedByReason: countByReason(outcome.skipped),
    hold: outcome.hold,
    lookups,
    cacheMisses: misses,
    cacheEvictions: run.engine.lookupCache.evictions - run.evictionsBefore,
    calls: run.calls.tally,
    crashesFound: 0,
    stageMs: run.stageMs,
  };
}
