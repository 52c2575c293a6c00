import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { PruneEnvironment } from '../../contract/maintenance-environment.ts';
import type { Execute } from '../../data-api/execute.ts';
import { readRetentionHours } from '../../kinesis/describe-stream.ts';

/** What is pruned, and with what. */
export interface PruneOptions {
  readonly kinesis: KinesisClient;
  /** Runs a statement, with {@link PATIENCE}. */
  readonly execute: Execute;
  readonly environment: PruneEnvironment;
  /** Milliseconds left for this run. */
  readonly remainingMs: () => number;
  /** Milliseconds since 1970: which part of a large table is due. */
  readonly now: () => number;
}

/** Rows deleted per table, and whether time ran out before the last one. */
export interface PruneReport {
  readonly ledger: number;
  readonly batchLog: number;
  readonly quarantineParts: number;
  readonly inFlight: number;
  readonly heldPositions: number;
  readonly tombstones: number;
  readonly complete: boolean;
}

/**
 * Pages that one statement looks at, 16 MB: seconds, also where each of them comes from the storage of a small cluster and
 * all of their rows are deleted. A Data API statement has 45.
 */
const PAGES_PER_STATEMENT = 2_000;

/** A table of up to so many pages, 40 MB, is looked through in every run; a larger one in parts, one after the other. */
const PAGES_PER_PART = 5_000;

/** However large a table is, each of its pages is looked at once in so many runs, which is once a day. */
const MAX_PARTS = 24;

const HOUR_MS = 3_600_000;

/** What a statement and a database that is not ready may take. */
export const PATIENCE = { timeoutMs: 50_000, maxWaitMs: 30_000 } as const;

/** Longer than the last attempt of a statement may take, so that no run is killed inside one. */
const RESERVE_MS = PATIENCE.timeoutMs + PATIENCE.maxWaitMs;

/**
 * A record can be delivered until the stream forgets it, and a day more covers a delivery under way. This is asked of
 * the stream at every run: retention is what people raise during an incident.
 */
const MARGIN_HOURS = 24;

/** A part or a note is needed for as long as its invocation, 15 minutes at most; one that is older was left behind. */
const LEFT_BEHIND_HOURS = 24;

/** Far longer than a statement may take: until then, one that began before a row was created may still remove it. */
const TRACE_HOURS = 1;

/**
 * Deletes rows that nothing can need any more: events older than any delivery, old rows of the batch log, parts of
 * payloads whose batch was never written, notes about records that nobody delivers any more, and about positions that
 * nobody holds any more, and tombstones that no older event can meet.
 *
 * @returns what was deleted
 */
export async function pruneTables(options: PruneOptions): Promise<PruneReport> {
  const { environment, kinesis } = options;
  const needed = (await readRetentionHours(kinesis, environment.streamArn)) + MARGIN_HOURS;
  const ledgerHours = Math.max(environment.ledgerRetentionHours, needed);
  const ledger = await deleteOld(options, { table: FRAMEWORK_TABLES.ledger, hours: ledgerHours });
  const batchLog = await deleteOld(options, {
    table: FRAMEWORK_TABLES.batchLog,
    hours: Math.max(environment.batchLogRetentionHours, needed),
  });
  const parts = await deleteOld(options, { table: FRAMEWORK_TABLES.quarantinePart, hours: LEFT_BEHIND_HOURS });
  const notes = await deleteOld(options, {
    table: FRAMEWORK_TABLES.inFlight,
    hours: LEFT_BEHIND_HOURS,
    column: 'started_at',
  });
  const tombstones = await deleteOld(options, { table: FRAMEWORK_TABLES.tombstone, hours: ledgerHours });
  const traces = await deleteOld(options, {
    table: FRAMEWORK_TABLES.tombstone,
    hours: TRACE_HOURS,
    condition: 'version IS NULL',
  });
  const held = await deleteOld(options, {
    table: FRAMEWORK_TABLES.heldPosition,
    hours: LEFT_BEHIND_HOURS,
    column: 'last_held_at',
  });
  return {
    ledger: ledger.rows,
    batchLog: batchLog.rows,
    quarantineParts: parts.rows,
    inFlight: notes.rows,
    heldPositions: held.rows,
    tombstones: tombstones.rows + traces.rows,
    complete: [ledger, batchLog, parts, notes, held, tombstones, traces].every(({ complete }) => complete),
  };
}

interface OldRows {
  readonly table: string;
  readonly hours: number;
  /** Column with the age of a row. @defaultValue committed_at */
  readonly column?: string;
  /** SQL of what else is true of a row. @defaultValue nothing */
  readonly condition?: string;
}

async function deleteOld(
  options: PruneOptions,
  old: OldRows,
): Promise<{ readonly rows: number; readonly complete: boolean }> {
  const { from, to } = dueStretch(await countPages(options, old.table), options.now());
  let rows = 0;
  for (let page = from; page < to; page += PAGES_PER_STATEMENT) {
    if (options.remainingMs() <= RESERVE_MS) return { rows, complete: false };
    rows += await deleteFrom(options, old, { from: page, to: Math.min(to, page + PAGES_PER_STATEMENT) });
  }
  return { rows, complete: true };
}

/** Pages of a table, from the first to before the last. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * The pages that are due at a time, so that runs an hour apart get through the whole table, without anything to remember.
 *
 * @param pages of the table, from 0
 * @param now milliseconds since 1970
 */
export function dueStretch(pages: number, now: number): Stretch {
  const parts = Math.min(MAX_PARTS, Math.max(1, Math.ceil(pages / PAGES_PER_PART)));
  const part = Math.floor(now / HOUR_MS) % parts;
  return { from: Math.floor((part * pages) / parts), to: Math.floor(((part + 1) * pages) / parts) };
}

async function countPages({ execute }: PruneOptions, table: string): Promise<number> {
  const { rows } = await execute(
    `SELECT pg_relation_size(CAST(:table AS regclass)) / CAST(current_setting('block_size') AS integer)`,
    { table },
  );
  return rows[0]?.[0]?.longValue ?? 0;
}

/**
 * Deletes what is old on some pages. An index on the age would not find it: rows come into the places of those deleted
 * before them, so that in time every range of pages holds rows of all ages. The age stands in a form that no index serves, as
 * a range of pages is the one way in which the work is bounded.
 */
async function deleteFrom(
  { execute, environment }: PruneOptions,
  { table, hours, column = 'committed_at', condition = 'true' }: OldRows,
  { from, to }: Stretch,
): Promise<number> {
  const { updated } = await execute(
    `DELETE FROM ${table} WHERE ctid >= CAST(:from AS tid) AND ctid < CAST(:to AS tid)
      AND function_name = CAST(:function_name AS text)
      AND now() - ${column} > make_interval(hours => CAST(:hours AS integer)) AND ${condition}`,
    { function_name: environment.functionName, hours: String(hours), from: `(${from},0)`, to: `(${to},0)` },
  );
  return updated;
}
