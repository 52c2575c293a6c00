import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Calls } from './call-with-retry.ts';
import { HoldError } from './call-with-retry.ts';
import type { CompiledProjection } from './compile-projection.ts';
import type { DecodedItem } from './decode/item.ts';
import type { OwnLookup } from './lookup/own-rows.ts';
import { Round } from './lookup/own-rows.ts';
import { resolveLookups } from './lookup/resolve-lookups.ts';
import type { Chunk } from './plan-chunks.ts';
import { planChunks } from './plan-chunks.ts';
import type { Clock, EventStore, FuseMemory, LookupCache, LookupSource, WaitingEntries } from './ports.ts';
import type { EncodedBatch, EncodedItem, ItemEncoding } from './project/project-items.ts';
import { projectItems } from './project/project-items.ts';
import type { EncodedRejection } from './quarantine/encode-rejection.ts';
import type { FuseSettings } from './quarantine/fuse.ts';
import type { WriteReport } from './write/write-items.ts';
import { writeItems } from './write/write-items.ts';
import type { WriteContext } from './write/write-parameters.ts';

/** What the engine works with; made once per execution environment. */
export interface Engine {
  readonly compiled: CompiledProjection;
  readonly store: EventStore;
  readonly lookupSource: LookupSource;
  readonly lookupCache: LookupCache;
  readonly clock: Clock;
  readonly fuse: FuseSettings;
  readonly fuseMemory: FuseMemory;
  readonly waitingEntries: WaitingEntries;
  /** Largest request that may be sent, in bytes. */
  readonly maxRequestBytes: number;
  /** Names the running code in the quarantine and the batch log. */
  readonly codeVersion: string;
}

/** The stages of a batch, in order. */
export const STAGES = ['decode', 'lookup', 'project', 'plan', 'write'] as const;

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** A batch under way. */
export interface Run {
  readonly engine: Engine;
  readonly recordCount: number;
  /** The same for all of its items. */
  readonly encoding: ItemEncoding;
  readonly calls: Calls;
  readonly stageMs: Record<Stage, number>;
  readonly evictionsBefore: number;
  readonly time: <T>(stage: Stage, work: () => T | Promise<T>) => Promise<T>;
}

/** What came of the rounds of a batch. */
export interface Finished {
  readonly events: number;
  readonly outcome: WriteReport;
  readonly lookups: number;
  readonly misses: number;
}

/** The result of a batch that has not begun. */
export const NOTHING_YET: Finished = {
  events: 0,
  outcome: {
    written: 0,
    superseded: 0,
    existing: 0,
    settledEvents: 0,
    rejections: [],
    skipped: [],
    hasDue: false,
    committedRecords: 0,
    hold: undefined,
  },
  lookups: 0,
  misses: 0,
};

/**
 * Begins a batch.
 *
 * @param batch where it came from, and how many records it has
 * @param engine parts that outlive it
 * @param budgetMs time left for database calls and waits, in milliseconds
 */
export function startRun(
  { shardId, recordCount }: { readonly shardId: string; readonly recordCount: number },
  engine: Engine,
  budgetMs: () => number,
): Run {
  const stageMs = { decode: 0, lookup: 0, project: 0, plan: 0, write: 0 };
  const { clock, compiled, codeVersion, maxRequestBytes, lookupCache } = engine;
  return {
    engine,
    recordCount,
    encoding: {
      shardId,
      codeVersion,
      healForSeconds: compiled.healForSeconds,
      keepsPlace: compiled.projection.keepsPlace,
      maxItemBytes: maxRequestBytes - compiled.fixedRequestBytes,
    },
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

/**
 * Writes a batch: in one round, or in several where lookups see rows that the batch writes. A round writes what waits for
 * nothing, so the records behind the first one that waits may be committed before it; they count when it is, too.
 */
export async function writeRounds(decoded: readonly DecodedItem[], run: Run): Promise<Finished> {
  let finished: Finished = { ...NOTHING_YET, events: decoded.length };
  for (let rest = decoded; ;) {
    const projected = await project(rest, run, run.engine.compiled.ownLookups);
    if (projected instanceof HoldError) {
      const committedRecords = rest[0]?.origin.recordIndex ?? 0;
      return { ...finished, outcome: { ...finished.outcome, committedRecords, hold: projected } };
    }
    const next = projected.waiting.flatMap((n) => rest[n] ?? []);
    const outcome = await writeRound(projected, next[0], run);
    finished = {
      events: finished.events,
      outcome: addOutcome(finished.outcome, outcome, next[0]?.origin.recordIndex ?? run.recordCount),
      lookups: finished.lookups + projected.lookups,
      misses: finished.misses + projected.misses,
    };
    if (outcome.hold !== undefined || next.length === 0) return finished;
    rest = next;
  }
}

async function writeRound(
  { items, rows }: EncodedBatch,
  waiting: DecodedItem | undefined,
  run: Run,
): Promise<WriteReport> {
  const { isRetry, maxItemBytes } = run.encoding;
  // What is rejected once more is in the quarantine already.
  const [again, sent] = isRetry ? [items.filter(isRejection), items.filter((item) => !isRejection(item))] : [[], items];
  const chunks = await run.time('plan', () => planChunks(sent, maxItemBytes));
  const outcome = await run.time('write', () => write(chunks, { rows, covered: coveredBefore(waiting, sent) }, run));
  return { ...outcome, rejections: outcome.rejections.concat(again) };
}

/** The last item before the first one that waits; everything up to it is written by this round. */
function coveredBefore(waiting: DecodedItem | undefined, items: readonly EncodedItem[]): EncodedItem | undefined {
  if (waiting === undefined) return undefined;
  const { recordIndex } = waiting.origin;
  return items.findLast(({ origin }) => origin.recordIndex < recordIndex) ?? items[0];
}

function addOutcome(before: WriteReport, outcome: WriteReport, firstWaiting: number): WriteReport {
  return {
    written: before.written + outcome.written,
    superseded: before.superseded + outcome.superseded,
    existing: before.existing + outcome.existing,
    settledEvents: before.settledEvents + outcome.settledEvents,
    rejections: before.rejections.concat(outcome.rejections),
    skipped: before.skipped.concat(outcome.skipped),
    hasDue: before.hasDue || outcome.hasDue,
    committedRecords: Math.min(outcome.committedRecords, firstWaiting),
    hold: outcome.hold,
  };
}

/** The stages between decoding and the first write of a round. */
export async function project(items: readonly DecodedItem[], run: Run, ownLookups: readonly OwnLookup[]) {
  const { encoding } = run;
  const looked = await run.time('lookup', () => lookUp(items, run));
  if (looked instanceof HoldError) return looked;
  const { resolved, asked, requests: lookups, misses, isChained } = looked;
  const round = ownLookups.length === 0 ? undefined : new Round(ownLookups, { asked, isChained });
  const context = { resolved, asked, round, encoding };
  const projected = await run.time('project', () => projectItems(looked.items, run.engine.compiled.step, context));
  // A promise that nobody awaits and that has failed by now ends the process here, while nothing is written.
  await nextTurn();
  return { ...projected, lookups, misses };
}

async function lookUp(decoded: readonly DecodedItem[], { engine, calls, encoding }: Run) {
  const { isRetry, maxItemBytes } = encoding;
  const { projection } = engine.compiled;
  const { lookups } = projection;
  const cache = isRetry ? withoutAbsent(engine.lookupCache) : engine.lookupCache;
  const reading = { lookups, cache, source: engine.lookupSource, maxKeyBytes: maxItemBytes };
  try {
    return await resolveLookups(decoded, { plan: projection, reading }, calls);
  } catch (error) {
    if (error instanceof HoldError) return error;
    throw error;
  }
}

/** Forgets which keys had no row: an event is retried because the row may have arrived. */
function withoutAbsent(cache: LookupCache): LookupCache {
  return {
    get: (lookup, key) => cache.get(lookup, key) ?? undefined,
    set: (lookup, key, row) => {
      cache.set(lookup, key, row);
    },
    evictions: cache.evictions,
  };
}

function write(
  chunks: readonly Chunk<EncodedItem>[],
  written: Pick<WriteContext, 'rows' | 'covered'>,
  run: Run,
): Promise<WriteReport> {
  const { engine, encoding, recordCount, calls } = run;
  const { compiled, store, fuse, fuseMemory } = engine;
  const context = {
    ...encoding,
    functionName: compiled.projection.name,
    batchSequenceNumber: chunks[0]?.[0]?.origin.sequenceNumber,
    tableCount: compiled.tableCount,
    refusingTables: compiled.refusingTables,
    ...written,
    frameworkLedger: compiled.step.ownLedger === undefined,
  };
  return writeItems({ chunks, recordCount }, { store, context, fuse, fuseMemory }, calls);
}

function isRejection(item: EncodedItem): item is EncodedRejection {
  return item.kind === 'rejection';
}
