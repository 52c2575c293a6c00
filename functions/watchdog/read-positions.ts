import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import type { ShardPosition } from './shard-state.ts';

/** Where a function stands in its stream, as the database knows it. */
export interface CommittedPositions {
  /** One for each shard that was asked for. */
  readonly positions: readonly ShardPosition[];
  /** When the function's tables were made, in milliseconds since 1970: since then the mapping is there. */
  readonly deployedAtMs: number | undefined;
}

/** SQL of a time in milliseconds since 1970. */
export function epochMs(time: string): string {
  return `(extract(epoch FROM ${time}) * 1000)::bigint`;
}

/**
 * One index look-up per shard; the slowest lanes come from the newest blocks of the log only. How far a lane was behind
 * when it committed is what it is behind now: its last arrival by itself would add the two minutes that are looked at.
 */
const POSITIONS_SQL = `
WITH recent AS (
  SELECT shard_id, now() - max(committed_at - newest_arrival_at) AS slowest_at
  FROM ${FRAMEWORK_TABLES.batchLog}
  WHERE function_name = CAST(:function_name AS text) AND committed_at > now() - interval '2 minutes'
  GROUP BY shard_id
), deployed AS (
  SELECT coalesce(min(applied_at) FILTER (WHERE set_name = CAST(:function_name AS text)), min(applied_at)) AS deployed_at
  FROM ${FRAMEWORK_TABLES.migrations}
)
SELECT shards.shard_id,
  newest.last_sequence_number::text,
  ${epochMs('newest.newest_arrival_at')},
  ${epochMs('recent.slowest_at')},
  ${epochMs('deployed.deployed_at')}
FROM jsonb_array_elements_text(CAST(:shard_ids AS jsonb)) AS shards (shard_id)
CROSS JOIN deployed
LEFT JOIN recent ON recent.shard_id = shards.shard_id
LEFT JOIN LATERAL (
  SELECT last_sequence_number, newest_arrival_at
  FROM ${FRAMEWORK_TABLES.batchLog} AS batch_log
  WHERE batch_log.function_name = CAST(:function_name AS text) AND batch_log.shard_id = shards.shard_id
  ORDER BY last_sequence_number DESC
  LIMIT 1
) AS newest ON true`;

/**
 * Reads the newest committed position of every shard in one statement.
 *
 * @param execute runs the statement
 * @param functionName whose positions
 * @param shardIds every shard of the stream
 */
export async function readPositions(
  execute: Execute,
  functionName: string,
  shardIds: readonly string[],
): Promise<CommittedPositions> {
  const { rows } = await execute(POSITIONS_SQL, { function_name: functionName, shard_ids: JSON.stringify(shardIds) });
  return {
    positions: rows.map(([shardId, sequence, lastArrival, slowest]) => ({
      shardId: shardId?.stringValue ?? '',
      lastSequenceNumber: sequence?.stringValue,
      lastArrivalMs: lastArrival?.longValue,
      slowestLaneArrivalMs: slowest?.longValue,
    })),
    deployedAtMs: rows[0]?.[4]?.longValue,
  };
}
