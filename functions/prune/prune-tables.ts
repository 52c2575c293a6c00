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

/** Rows per statement: well inside the 45 seconds of a Data API statement. */
const ROWS_PER_STATEMENT = 10_000;

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
  let rows = 0;
  while (options.remainingMs() > RESERVE_MS) {
    const deleted = await deleteSome(options, old);
    rows += deleted;
    if (deleted < ROWS_PER_STATEMENT) return { rows, complete: true };
  }
  return { rows, complete: false };
}

async function deleteSome(
  { execute, environment }: PruneOptions,
  { table, hours, column = 'committed_at', condition = 'true' }: OldRows,
): Promise<number> {
  const { updated } = await execute(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table}
      WHERE function_name = CAST(:function_name AS text)
        AND ${column} < now() - make_interval(hours => CAST(:hours AS integer)) AND ${condition}
      LIMIT ${ROWS_PER_STATEMENT}))`,
    { function_name: environment.functionName, hours: String(hours) },
  );
  return updated;
}
