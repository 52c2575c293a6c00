import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';

/** A record that was delivered and is not committed, and with it everything behind it in its lane. */
export interface HeldPosition {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** When the record arrived, in milliseconds since 1970. */
  readonly arrivalMs: number;
  /** When it was first held, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Kind of the hold as the processor names it, or `crash` where records ended the process. */
  readonly reason: string;
  /** What happened and what to do, in words that quote no row. */
  readonly detail: string;
  /** Build that holds it. */
  readonly codeVersion: string;
}

/** Which positions are asked for. */
export interface HeldPositionQuery {
  readonly functionName: string;
  /** Longest time between two deliveries of one batch: a note that is older belongs to one that is no longer delivered. */
  readonly deliveryGapSeconds: number;
  /** Lanes per shard. */
  readonly parallelizationFactor: number;
}

/** More say no more; the oldest come first. */
const MAX_POSITIONS = 1_000;

const EPOCH_MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

const SINCE = (name: string): string => `now() - CAST(:${name} AS integer) * interval '1 second'`;

/**
 * What the processor noted and nobody has committed since. The delivery after a hold begins with the very record, so a
 * commit that begins with it ends the hold; with a single lane any commit beyond it does.
 *
 * The notes of batches that a process died with count too, once it has: while it is alive it may just be at work.
 */
const HELD_SQL = `
WITH noted AS (
  SELECT shard_id, sequence_number, arrived_at, held_since, last_held_at AS noted_at, reason, detail, code_version
  FROM ${FRAMEWORK_TABLES.heldPosition}
  WHERE function_name = CAST(:function_name AS text) AND last_held_at > ${SINCE('gap')}
  UNION ALL
  SELECT shard_id, first_sequence_number, coalesce(arrived_at, started_at), started_at, started_at, 'crash',
    format('the function ends while it works on records from here to %s: out of memory, out of time, or ended by the ' ||
      'code; the record to blame is searched', last_sequence_number), code_version
  FROM ${FRAMEWORK_TABLES.inFlight}
  WHERE function_name = CAST(:in_flight_name AS text) AND greatest(started_at, deadline_at) > ${SINCE('in_flight_gap')}
    AND (process_id IS NULL OR deadline_at <= now() OR crashes > 0)
), committed AS MATERIALIZED (
  SELECT shard_id, first_sequence_number, last_sequence_number, committed_at
  FROM ${FRAMEWORK_TABLES.batchLog}
  WHERE function_name = CAST(:log_name AS text) AND committed_at > ${SINCE('log_gap')}
)
SELECT shard_id, sequence_number::text, ${EPOCH_MS('arrived_at')}, ${EPOCH_MS('held_since')}, reason, detail, code_version
FROM noted
WHERE NOT EXISTS (
  SELECT FROM committed
  WHERE committed.shard_id = noted.shard_id AND committed.committed_at > noted.noted_at
    AND (committed.first_sequence_number = noted.sequence_number
      OR (CAST(:lanes AS integer) = 1 AND committed.last_sequence_number >= noted.sequence_number)))
ORDER BY arrived_at LIMIT ${MAX_POSITIONS}`;

/**
 * Reads which positions are held, the oldest record first.
 *
 * @param execute runs the statement
 */
export async function readHeldPositions(
  execute: Execute,
  { functionName, deliveryGapSeconds, parallelizationFactor }: HeldPositionQuery,
): Promise<readonly HeldPosition[]> {
  const gap = String(deliveryGapSeconds);
  const { rows } = await execute(HELD_SQL, {
    // Every occurrence of a name is a parameter of its own on the Data API, so none is used twice.
    function_name: functionName,
    in_flight_name: functionName,
    log_name: functionName,
    gap,
    in_flight_gap: gap,
    log_gap: gap,
    lanes: String(parallelizationFactor),
  });
  return rows.map((row) => {
    const text = (column: number): string => row[column]?.stringValue ?? '';
    const number = (column: number): number => row[column]?.longValue ?? 0;
    return {
      shardId: text(0),
      sequenceNumber: text(1),
      arrivalMs: number(2),
      sinceMs: number(3),
      reason: text(4),
      detail: text(5),
      codeVersion: text(6),
    };
  });
}
