import type { Field } from '@aws-sdk/client-rds-data';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { CallOptions } from '../../data-api/classify-error.ts';
import type { ExecuteStatement } from '../../data-api/execute.ts';
import type { RunningBuild, WaitingEntries, WaitingEntry } from '../ports.ts';

/** Entries that are tried together. */
const MAX_ENTRIES = 200;

/** Payloads that are tried together, unless one alone is larger: they are read in one result, which holds 1 MiB. */
const MAX_PAYLOADS_BYTES = 384 * 1024;

/** After each unsettled try an eighth of the entries is tried together: from 200 on, one by one after three. */
const [NARROWED_BITS, MAX_NARROWED] = [3, 3];

/**
 * Takes the entries that are due, and notes at once when they are due next: as long after now as they are old, so that
 * pauses double, from a second to a quarter of an hour. Should a process die of an entry, it comes back no sooner, and those
 * that were tried with it come back in smaller groups; before them comes what nothing has gone wrong with.
 */
const CLAIM_SQL = `
WITH due AS MATERIALIZED (
  SELECT id, unsettled_tries, octet_length(payload) AS bytes FROM ${FRAMEWORK_TABLES.quarantine}
  WHERE function_name = :function_name::text AND retry_at <= now() AND heal_until > now()
    AND applied_at IS NULL AND redriven_at IS NULL
  ORDER BY retry_at, id LIMIT ${MAX_ENTRIES} FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE ${FRAMEWORK_TABLES.quarantine} AS entry
  SET retry_at = now() + least(interval '15 minutes', greatest(interval '1 second', now() - entry.quarantined_at)),
    unsettled_tries = entry.unsettled_tries + 1
  FROM (
    SELECT id, row_number() OVER by_tries AS nth, sum(bytes) OVER by_tries AS total, min(unsettled_tries) OVER () AS tries
    FROM due WINDOW by_tries AS (ORDER BY unsettled_tries, id)
  ) AS due
  WHERE entry.id = due.id AND entry.unsettled_tries = due.tries AND (due.nth = 1 OR due.total <= ${MAX_PAYLOADS_BYTES}
    AND due.nth <= ${MAX_ENTRIES} >> (${NARROWED_BITS} * least(due.tries, ${MAX_NARROWED})))
  RETURNING entry.*
)
SELECT id::text, shard_id, sequence_number::text, sub_sequence_number, partition_key,
  round(extract(epoch FROM arrived_at) * 1000)::bigint, event_id, place, octet_length(payload),
  CASE WHEN octet_length(payload) <= ${MAX_PAYLOADS_BYTES} THEN ${base64('payload')} END
FROM claimed ORDER BY shard_id, sequence_number, sub_sequence_number`;

/** A stretch of a payload that no result holds whole; as many bytes as make base64 without padding. */
const READ_SLICE_SQL = `
SELECT ${base64(`substring(payload FROM :start::integer FOR ${MAX_PAYLOADS_BYTES})`)} FROM ${FRAMEWORK_TABLES.quarantine}
WHERE id = :id::bigint`;

/** PostgreSQL breaks base64 into lines. */
function base64(bytes: string): string {
  return `replace(encode(${bytes}, 'base64'), chr(10), '')`;
}

/**
 * Closes what is in effect, and says of the others why they are not; one that can't heal any more is open from now on. The
 * entries are locked in the order in which a write closes them, by event: another lane may be about to write the same events.
 */
const SETTLE_SQL = `
WITH locked AS MATERIALIZED (
  SELECT entry.id, v FROM ${FRAMEWORK_TABLES.quarantine} AS entry
    JOIN jsonb_array_elements(:verdicts::jsonb) AS v ON entry.id = (v->>0)::bigint
  WHERE entry.function_name = :function_name::text AND entry.applied_at IS NULL
  ORDER BY entry.event_id COLLATE "C", entry.ctid FOR UPDATE OF entry
)
UPDATE ${FRAMEWORK_TABLES.quarantine} AS entry SET
  applied_at = CASE WHEN v->>1 IS NULL THEN now() END,
  reason = coalesce(v->>1, entry.reason),
  detail = coalesce(v->>2, entry.detail),
  sql_state = CASE WHEN v->>1 IS NULL THEN entry.sql_state ELSE v->>3 END,
  code_version = :code_version::text,
  unsettled_tries = 0,
  heal_until = CASE WHEN v->>1 IS NULL OR (v->>4)::boolean THEN entry.heal_until ELSE now() END
FROM locked WHERE entry.id = locked.id`;

/**
 * The entries that wait, in the framework's tables, through the RDS Data API.
 *
 * @param execute bound to the cluster and the processor's role
 * @param build the function and the code that runs
 */
export function createDataApiWaitingEntries(
  execute: ExecuteStatement,
  { functionName, codeVersion }: RunningBuild,
): WaitingEntries {
  return {
    claim: async (options) => {
      const { rows } = await execute(CLAIM_SQL, { function_name: functionName }, options);
      return Promise.all(rows.map((row) => toEntry(row, (id, bytes) => readPayload(execute, { id, bytes }, options))));
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

type ReadPayload = (id: string, bytes: number) => Promise<string>;

async function toEntry(row: readonly Field[], read: ReadPayload): Promise<WaitingEntry> {
  const [id, shard, sequence, sub, key, arrived, event, place, ...payload] = row;
  return {
    id: text(id),
    shardId: text(shard),
    sequenceNumber: text(sequence),
    subSequenceNumber: sub?.longValue ?? 0,
    partitionKey: text(key),
    arrivedAtMs: arrived?.longValue ?? 0,
    payload: await payloadOf(payload, (bytes) => read(text(id), bytes)),
    eventId: text(event),
    place: place?.stringValue ?? null,
  };
}

function text(field: Field | undefined): string {
  return field?.stringValue ?? '';
}

async function payloadOf([bytes, whole]: readonly Field[], read: (bytes: number) => Promise<string>): Promise<string> {
  return whole?.stringValue ?? read(bytes?.longValue ?? 0);
}

async function readPayload(
  execute: ExecuteStatement,
  { id, bytes }: { readonly id: string; readonly bytes: number },
  options: CallOptions,
): Promise<string> {
  let payload = '';
  for (let from = 0; from < bytes; from += MAX_PAYLOADS_BYTES) {
    const { rows } = await execute(READ_SLICE_SQL, { id, start: String(from + 1) }, options);
    payload += rows[0]?.[0]?.stringValue ?? '';
  }
  return payload;
}
