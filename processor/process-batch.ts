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
import type { WriteContext } from './write/write-parameters.ts';
import type { Clock, EventStore, FuseMemory, LookupCache, LookupSource } from './ports.ts';
import type { OwnLookup } from './lookup/own-rows.ts';
import { Round } from './lookup/own-rows.ts';
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

async function decode(received: readonly KinesisRecord[], engine: Engine, budgetMs: () => number) {
  const records = completeRecords(received, engine.clock.now());
  const run = startRun(records, engine, budgetMs);
  return { run, decoded: await run.time('decode', () => decodeRecords(records, engine.compiled.projection)) };
}

/**
 * Writes a batch: in one round, or in several where lookups see rows that the batch writes. A round writes what waits for
 * nothing, so the records behind the first one that waits may be committed before it; they count when it is, too.
 */
async function writeRounds(decoded: readonly DecodedItem[], run: Run): Promise<Finished> {
  let finished: Finished = { ...NOTHING_YET, events: decoded.length };
  for (let rest = decoded; ;) {
    const projected = await project(rest, run, run.engine.compiled.ownLookups);
    if (projected instanceof HoldError) {
      const committedRecords = rest[0]?.origin.recordIndex ?? 0;
      return { ...finished, outcome: { ...finished.outcome, committedRecords, hold: projected } };
    }
    const { items, rows, lookups, misses } = projected;
    const next = projected.waiting.flatMap((n) => rest[n] ?? []);
    const chunks = await run.time('plan', () => planChunks(items, run.maxItemBytes));
    const written = { rows, covered: coveredBefore(next[0], items) };
    const outcome = await run.time('write', () => write(chunks, written, run));
    finished = {
      events: finished.events,
      outcome: addOutcome(finished.outcome, outcome, next[0]?.origin.recordIndex ?? run.recordCount),
      lookups: finished.lookups + lookups,
      misses: finished.misses + misses,
    };
    if (outcome.hold !== undefined || next.length === 0) return finished;
    rest = next;
  }
}

/** The last item before one that waits: up to there nothing is missing. */
function coveredBefore(waiting: DecodedItem | undefined, items: readonly EncodedItem[]): EncodedItem | undefined {
  if (waiting === undefined) return undefined;
  const { recordIndex } = waiting.origin;
  return items.findLast(({ origin }) => origin.recordIndex < recordIndex) ?? items[0];
}

function addOutcome(before: WriteReport, outcome: WriteReport, firstWaiting: number): WriteReport {
  return {
    written: before.written + outcome.written,
    superseded: before.superseded + outcome.superseded,
    settledEvents: before.settledEvents + outcome.settledEvents,
    rejections: before.rejections.concat(outcome.rejections),
    skipped: before.skipped.concat(outcome.skipped),
    committedRecords: Math.min(outcome.committedRecords, firstWaiting),
    hold: outcome.hold,
  };
}

/** The stages between decoding and the first write of a round. */
async function project(items: readonly DecodedItem[], run: Run, ownLookups: readonly OwnLookup[]) {
  const { engine, shardId, maxItemBytes } = run;
  const { codeVersion, compiled } = engine;
  const looked = await run.time('lookup', () => lookUp(items, run));
  if (looked instanceof HoldError) return looked;
  const { resolved, asked, requests: lookups, misses, isChained } = looked;
  const round = ownLookups.length === 0 ? undefined : new Round(ownLookups, { asked, isChained });
  const { keepsPlace } = compiled.projection;
  const context = { resolved, asked, round, encoding: { shardId, codeVersion, keepsPlace, maxItemBytes } };
  const projected = await run.time('project', () => projectItems(looked.items, compiled.step, context));
  // A promise that nobody awaits and that has failed by now ends the process here, while nothing is written.
  await nextTurn();
  return { ...projected, lookups, misses };
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

function write(
  chunks: readonly Chunk<EncodedItem>[],
  written: Pick<WriteContext, 'rows' | 'covered'>,
  run: Run,
): Promise<WriteReport> {
  const { engine, shardId, recordCount, maxItemBytes, calls } = run;
  const { compiled, store, fuse, fuseMemory, codeVersion } = engine;
  const context = {
    functionName: compiled.projection.name,
    shardId,
    codeVersion,
    tableCount: compiled.tableCount,
    ...written,
    keepsPlace: compiled.projection.keepsPlace,
    frameworkLedger: compiled.step.ownLedger === undefined,
  };
  return writeItems({ chunks, recordCount }, { store, context, fuse, fuseMemory, maxItemBytes }, calls);
}

function heldReport(events: number, hold: HoldError, run: Run): BatchReport {
  return report({ ...NOTHING_YET, events, outcome: { ...NOTHING_YET.outcome, hold } }, run);
}

interface Finished {
  readonly events: number;
  readonly outcome: WriteReport;
  readonly lookups: number;
  readonly misses: number;
}

const NOTHING_YET: Finished = {
  events: 0,
  outcome: {
    written: 0,
    superseded: 0,
    settledEvents: 0,
    rejections: [],
    skipped: [],
    committedRecords: 0,
    hold: undefined,
  },
  lookups: 0,
  misses: 0,
};

function report({ events, outcome, lookups, misses }: Finished, run: Run): BatchReport {
  return {
    shardId: run.shardId,
    records: run.recordCount,
    events,
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
