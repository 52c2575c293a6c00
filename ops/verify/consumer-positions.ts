import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { epochMs } from '../../functions/watchdog/read-positions.ts';

/** How far the consumer has come in a shard. */
export interface ConsumerPosition {
  /** Of the newest record that was committed; undefined where nothing was. */
  readonly committed: { readonly sequenceNumber: bigint; readonly arrivedAtMs: number } | undefined;
  /** The first record that the processor holds, and delivers again and again; undefined where it holds none. */
  readonly heldFrom: bigint | undefined;
}

/** What the database knows of a consumer. */
export interface ConsumerPositions {
  /** By shard; one for each that was asked for. */
  readonly shards: ReadonlyMap<string, ConsumerPosition>;
  /** When the function's tables were made, in milliseconds since 1970: since then the mapping is there. */
  readonly deployedAtMs: number | undefined;
  /** Build that has written last; undefined where none has. */
  readonly lastBuild: string | undefined;
}

/** A hold is noted again with every delivery, a few minutes apart at most. */
const HELD_LATELY = `interval '1 hour'`;

const SQL = `
SELECT shards.shard_id, newest.last_sequence_number::text, ${epochMs('newest.newest_arrival_at')},
  (SELECT min(sequence_number)::text FROM ${FRAMEWORK_TABLES.heldPosition} AS held
   WHERE held.function_name = :function_name::text AND held.shard_id = shards.shard_id AND last_held_at > now() - ${HELD_LATELY}),
  (SELECT ${epochMs('coalesce(min(applied_at) FILTER (WHERE set_name = :function_name::text), min(applied_at))')}
   FROM ${FRAMEWORK_TABLES.migrations}),
  (SELECT code_version FROM ${FRAMEWORK_TABLES.batchLog} WHERE function_name = :function_name::text ORDER BY id DESC LIMIT 1)
FROM jsonb_array_elements_text(:shard_ids::jsonb) AS shards (shard_id)
LEFT JOIN LATERAL (
  SELECT last_sequence_number, newest_arrival_at FROM ${FRAMEWORK_TABLES.batchLog} AS log
  WHERE log.function_name = :function_name::text AND log.shard_id = shards.shard_id
  ORDER BY last_sequence_number DESC LIMIT 1
) AS newest ON true`;

/** Reads how far a consumer has come. */
export async function readConsumerPositions(
  execute: Execute,
  functionName: string,
  shardIds: readonly string[],
): Promise<ConsumerPositions> {
  const { rows } = await execute(SQL, { function_name: functionName, shard_ids: JSON.stringify(shardIds) });
  const shards = rows.map(([shardId, sequence, arrival, held]): [string, ConsumerPosition] => [
    shardId?.stringValue ?? '',
    {
      committed:
        sequence?.stringValue === undefined
          ? undefined
          : { sequenceNumber: BigInt(sequence.stringValue), arrivedAtMs: arrival?.longValue ?? 0 },
      heldFrom: held?.stringValue === undefined ? undefined : BigInt(held.stringValue),
    },
  ]);
  return { shards: new Map(shards), deployedAtMs: rows[0]?.[4]?.longValue, lastBuild: rows[0]?.[5]?.stringValue };
}
