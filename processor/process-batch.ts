import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Calls } from './call-with-retry.ts';
import { HoldError } from './call-with-retry.ts';
import type { CompiledProjection } from './compile-projection.ts';
import { completeRecords } from './decode/complete-records.ts';
import { decodeRecords } from './decode/decode-records.ts';
import type { EncodedItem } from './project/project-items.ts';
import type { EncodedRejection } from './quarantine/encode-rejection.ts';
import type { FuseSettings } from './quarantine/fuse.ts';
import type { DecodedItem, KinesisRecord } from './decode/item.ts';
import { shardIdOf } from './decode/item.ts';
import { countByReason } from './decode/skip.ts';
import type { Chunk } from './plan-chunks.ts';
import { planChunks } from './plan-chunks.ts';
import { projectItems } from './project/project-items.ts';
import type { RowLists } from './project/row-lists.ts';
import type { Clock, EventStore, FuseMemory, LookupCache, LookupSource } from './ports.ts';
import { resolveLookups } from './lookup/resolve-lookups.ts';
import type { WriteReport } from './write/write-items.ts';
import { writeItems } from './write/write-items.ts';

/** What the engine works with; made once per execution environment. */
export interface Engine {
  readonly compiled: CompiledProjection;
  readonly store: EventStore;
  readonly lookupSource: LookupSource;
  readonly lookupCache: LookupCache;
  readonly clock: Clock;
  readonly fuse: FuseSettings;
  readonly fuseMemory: FuseMemory;
  /** Largest request that may be sent, in bytes. */
  readonly maxRequestBytes: number;
  /** Names the running code in the quarantine and the batch log. */
  readonly codeVersion: string;
}

/** The stages of a batch, in order. */
export const STAGES = ['decode', 'lookup', 'project', 'plan', 'write'] as const;

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

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
  readonly duplicates: number;
  readonly rejections: readonly EncodedRejection[];
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
 * Processes one batch: decode, look up, project, plan, write. Every record that counts as committed has its effect or
 * its quarantine entry in the database; the position of the first one that has not is in the report.
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
  const { run, decoded, projected } = await prepare(records, engine, budgetMs);
  if (projected instanceof HoldError) return heldReport(decoded, projected, run);
  const { items, rows, lookups, misses } = projected;
  const chunks = await run.time('plan', () => planChunks(items, run.maxItemBytes));
  const outcome = await run.time('write', () => write(chunks, rows, run));
  return report({ items, outcome, lookups, misses }, run);
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
  const { run, projected } = await prepare(records, engine, budgetMs);
  return { hold: projected instanceof HoldError ? projected : undefined, calls: run.calls.tally };
}

/** The stages before the first write. */
async function prepare(received: readonly KinesisRecord[], engine: Engine, budgetMs: () => number) {
  const records = completeRecords(received, engine.clock.now());
  const run = startRun(records, engine, budgetMs);
  const { projection, step } = engine.compiled;
  const decoded = await run.time('decode', () => decodeRecords(records, projection));
  const resolved = await run.time('lookup', () => lookUp(decoded, run));
  if (resolved instanceof HoldError) return { run, decoded: decoded.length, projected: resolved };
  const { items, rows } = await run.time('project', () =>
    projectItems(resolved.items, step, {
      resolved: resolved.resolved,
      asked: resolved.asked,
      encoding: { shardId: run.shardId, codeVersion: engine.codeVersion, maxItemBytes: run.maxItemBytes },
    }),
  );
  // A promise that nobody awaits and that has failed by now ends the process here, while nothing is written.
  await nextTurn();
  const { requests: lookups, misses } = resolved;
  return { run, decoded: decoded.length, projected: { items, rows, lookups, misses } };
}

/**
 * The report of a batch of which nothing was begun.
 *
 * @param records at least one
 * @param hold why
 */
export function untouchedReport(records: readonly KinesisRecord[], engine: Engine, hold: HoldError): BatchReport {
  return heldReport(
    0,
    hold,
    startRun(records, engine, () => 0),
  );
}

interface Run {
  readonly engine: Engine;
  readonly shardId: string;
  readonly recordCount: number;
  readonly maxItemBytes: number;
  readonly calls: Calls;
  readonly stageMs: Record<Stage, number>;
  readonly evictionsBefore: number;
  readonly time: <T>(stage: Stage, work: () => T | Promise<T>) => Promise<T>;
}

/** Shard of a batch, which is in the id of each of its records. */
export function shardOf(records: readonly KinesisRecord[]): string {
  return shardIdOf(records[0]?.eventID ?? '');
}

function startRun(records: readonly KinesisRecord[], engine: Engine, budgetMs: () => number): Run {
  const stageMs = { decode: 0, lookup: 0, project: 0, plan: 0, write: 0 };
  const { clock, compiled, maxRequestBytes, lookupCache } = engine;
  return {
    engine,
    shardId: shardOf(records),
    recordCount: records.length,
    maxItemBytes: maxRequestBytes - compiled.fixedRequestBytes,
    calls: { clock, budgetMs, tally: { calls: 0, errors: 0 } },
    stageMs,
    evictionsBefore: lookupCache.evictions,
    time: async (stage, work) => {
      const startedAt = clock.monotonicMs();
      try {
        return await work();
      } finally {
        stageMs[stage] += clock.monotonicMs() - startedAt;
      }
    },
  };
}

async function lookUp(decoded: readonly DecodedItem[], { engine, calls, maxItemBytes }: Run) {
  const { projection } = engine.compiled;
  const { lookups } = projection;
  const reading = { lookups, cache: engine.lookupCache, source: engine.lookupSource, maxKeyBytes: maxItemBytes };
  try {
    return await resolveLookups(decoded, { plan: projection, reading }, calls);
  } catch (error) {
    if (error instanceof HoldError) return error;
    throw error;
  }
}

function write(chunks: readonly Chunk<EncodedItem>[], rows: RowLists, run: Run): Promise<WriteReport> {
  const { engine, shardId, recordCount, maxItemBytes, calls } = run;
  const { compiled, store, fuse, fuseMemory, codeVersion } = engine;
  const context = {
    functionName: compiled.projection.name,
    shardId,
    codeVersion,
    tableCount: compiled.tableCount,
    rows,
    frameworkLedger: compiled.step.ownLedger === undefined,
  };
  return writeItems({ chunks, recordCount }, { store, context, fuse, fuseMemory, maxItemBytes }, calls);
}

function heldReport(events: number, hold: HoldError, run: Run): BatchReport {
  const outcome = {
    written: 0,
    superseded: 0,
    settledEvents: 0,
    rejections: [],
    skipped: [],
    committedRecords: 0,
    hold,
  };
  return report({ items: { length: events }, outcome, lookups: 0, misses: 0 }, run);
}

interface Finished {
  readonly items: { readonly length: number };
  readonly outcome: WriteReport;
  readonly lookups: number;
  readonly misses: number;
}

function report({ items, outcome, lookups, misses }: Finished, run: Run): BatchReport {
  return {
    shardId: run.shardId,
    records: run.recordCount,
    events: items.length,
    committedRecords: outcome.committedRecords,
    written: outcome.written,
    superseded: outcome.superseded,
    duplicates: outcome.settledEvents - outcome.written - outcome.superseded,
    rejections: outcome.rejections,
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
