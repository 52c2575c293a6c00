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

/** What happened to one batch. */
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
  /** Events that wait for a missing row, and are retried automatically. */
  readonly waiting: number;
  /** Whether waiting entries are due for a retry. */
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
 * Processes one batch, and then waiting entries that are due.
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

/** After a batch only one group of entries is retried, because the next records are waiting. */
const GROUPS_BEHIND_A_BATCH = 1;

/** Retries waiting entries that are due, if the batch was processed to its end. */
export async function retryBehind(report: BatchReport, engine: Engine, budgetMs: () => number): Promise<BatchReport> {
  if (!report.hasDue || report.hold !== undefined) return report;
  return addRetried(report, await retryEntries(engine, budgetMs, GROUPS_BEHIND_A_BATCH));
}

/**
 * Retries all waiting entries that are due, without a batch: on an idle stream nothing else does. It takes at most half of
 * the time, because an invocation that uses all of it looks stuck.
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
  /** Why the trial ended early: the lookups could not be read. */
  readonly hold: HoldError | undefined;
  readonly calls: Calls['tally'];
}

/**
 * Runs the user's code on records without writing anything: decode, look up, project. Shows whether the process survives
 * them.
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
  // Nothing is written that a second round could read, so all events run in one.
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
