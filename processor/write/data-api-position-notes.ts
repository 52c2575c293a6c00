import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import type { PositionNotes, RunningBuild } from '../ports.ts';
import { storableText } from '../quarantine/encode-rejection.ts';

/** A note is read every minute, and what happened is said in its first sentences. */
const MAX_DETAIL_LENGTH = 1_000;

const NOTE_SQL = `
  INSERT INTO ${FRAMEWORK_TABLES.heldPosition}
    (function_name, shard_id, sequence_number, arrived_at, reason, detail, code_version)
  VALUES (:function_name::text, :shard_id::text, :sequence_number::numeric,
    to_timestamp(:arrived_at_ms::double precision / 1000), :reason::text, :detail::text, :code_version::text)
  ON CONFLICT (function_name, shard_id, sequence_number) DO UPDATE SET
    reason = excluded.reason, detail = excluded.detail, code_version = excluded.code_version,
    last_held_at = excluded.last_held_at`;

/**
 * Keeps notes of held positions in the framework's tables, through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param build the function and the code that holds
 */
export function createDataApiPositionNotes(
  execute: ExecuteStatement,
  { functionName, codeVersion }: RunningBuild,
): PositionNotes {
  return {
    note: async ({ shardId, sequenceNumber, arrivedAtMs, reason, detail }, options) => {
      const parameters = {
        function_name: functionName,
        code_version: codeVersion,
        shard_id: shardId,
        sequence_number: sequenceNumber,
        arrived_at_ms: String(arrivedAtMs),
        reason,
        detail: storableText(detail.slice(0, MAX_DETAIL_LENGTH)),
      };
      await execute(NOTE_SQL, parameters, options);
    },
  };
}
