import type { Field } from '@aws-sdk/client-rds-data';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import type { WaitingEntries, WaitingEntry } from '../ports.ts';
import { MAX_WAITING_PAYLOAD_BYTES } from './encode-rejection.ts';

/** Entries that are tried together. */
const MAX_ENTRIES = 200;

/**
 * Takes the entries that are due, and notes at once when they are due next: as long after now as they are old, so that
 * pauses double, from a second to a quarter of an hour. Should a process die of an entry, it comes back no sooner.
 */
const CLAIM_SQL = `
WITH due AS MATERIALIZED (
  SELECT id, octet_length(payload) AS bytes FROM ${FRAMEWORK_TABLES.quarantine}
  WHERE function_name = :function_name::text AND retry_at <= now() AND heal_until > now()
    AND applied_at IS NULL AND redriven_at IS NULL
  ORDER BY retry_at, id LIMIT ${MAX_ENTRIES} FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE ${FRAMEWORK_TABLES.quarantine} AS entry
  SET retry_at = now() + least(interval '15 minutes', greatest(interval '1 second', now() - entry.quarantined_at))
  FROM (SELECT id, sum(bytes) OVER (ORDER BY id) AS total FROM due) AS due
  WHERE entry.id = due.id AND due.total <= ${MAX_WAITING_PAYLOAD_BYTES}
  RETURNING entry.*
)
SELECT id::text, shard_id, sequence_number::text, sub_sequence_number, partition_key,
  round(extract(epoch FROM arrived_at) * 1000)::bigint, replace(encode(payload, 'base64'), chr(10), ''), event_id, place
FROM claimed ORDER BY shard_id, sequence_number, sub_sequence_number`;

/** Closes what is in effect, and says of the others why they are not; one that can't heal any more is open from now on. */
const SETTLE_SQL = `
UPDATE ${FRAMEWORK_TABLES.quarantine} AS entry SET
  applied_at = CASE WHEN v->>1 IS NULL THEN now() END,
  reason = coalesce(v->>1, entry.reason),
  detail = coalesce(v->>2, entry.detail),
  sql_state = CASE WHEN v->>1 IS NULL THEN entry.sql_state ELSE v->>3 END,
  code_version = :code_version::text,
  heal_until = CASE WHEN v->>1 IS NULL OR (v->>4)::boolean THEN entry.heal_until ELSE now() END
FROM jsonb_array_elements(:verdicts::jsonb) AS v
WHERE entry.id = (v->>0)::bigint AND entry.function_name = :function_name::text AND entry.applied_at IS NULL`;

/**
 * The entries that wait, in the framework's tables, through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param build the function and the code that runs
 */
export function createDataApiWaitingEntries(
  execute: ExecuteStatement,
  { functionName, codeVersion }: { readonly functionName: string; readonly codeVersion: string },
): WaitingEntries {
  return {
    claim: async (options) => {
      const { rows } = await execute(CLAIM_SQL, { function_name: functionName }, options);
      return rows.map(toEntry);
    },
    settle: async (verdicts, options) => {
      const cells = verdicts.map(({ id, rejection }) =>
        rejection === undefined
          ? [id]
          : [id, rejection.reason, rejection.detail, rejection.sqlState ?? null, rejection.mayHeal],
      );
      const parameters = {
        function_name: functionName,
        code_version: codeVersion,
        verdicts: JSON.stringify(cells),
      };
      await execute(SETTLE_SQL, parameters, options);
    },
  };
}

function toEntry([id, shard, sequence, sub, key, arrived, payload, event, place]: readonly Field[]): WaitingEntry {
  const text = (field: Field | undefined): string => field?.stringValue ?? '';
  return {
    id: text(id),
    shardId: text(shard),
    sequenceNumber: text(sequence),
    subSequenceNumber: sub?.longValue ?? 0,
    partitionKey: text(key),
    arrivedAtMs: arrived?.longValue ?? 0,
    payload: text(payload),
    eventId: text(event),
    place: place?.stringValue ?? null,
  };
}
