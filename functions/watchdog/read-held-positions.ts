import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { epochMs } from './read-positions.ts';

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

/** Since when what was noted, or committed, counts. */
const SINCE = `now() - CAST(:gap AS integer) * interval '1 second'`;

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
  WHERE function_name = CAST(:function_name AS text) AND last_held_at > ${SINCE}
  UNION ALL
  SELECT shard_id, first_sequence_number, coalesce(arrived_at, started_at), started_at, started_at, 'crash',
    format('the function ends while it works on records from here to %s: out of memory, out of time, or ended by the ' ||
      'code; the record to blame is searched', last_sequence_number), code_version
  FROM ${FRAMEWORK_TABLES.inFlight}
  WHERE function_name = CAST(:function_name AS text) AND greatest(started_at, deadline_at) > ${SINCE}
    AND (process_id IS NULL OR deadline_at <= now() OR crashes > 0)
), committed AS MATERIALIZED (
  SELECT shard_id, first_sequence_number, last_sequence_number, committed_at
  FROM ${FRAMEWORK_TABLES.batchLog}
  WHERE function_name = CAST(:function_name AS text) AND committed_at > ${SINCE}
)
SELECT shard_id, sequence_number::text, ${epochMs('arrived_at')}, ${epochMs('held_since')}, reason, detail, code_version
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
  const { rows } = await execute(HELD_SQL, {
    function_name: functionName,
    gap: String(deliveryGapSeconds),
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
