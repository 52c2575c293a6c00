import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import type { Wanted } from './find-command.ts';

/** A batch that was committed. Times are ISO 8601 in UTC. */
export interface CarryingBatch {
  readonly shardId: string;
  readonly firstSequenceNumber: string;
  readonly lastSequenceNumber: string;
  readonly committedAt: string;
  readonly codeVersion: string;
  readonly events: number;
  readonly skipped: number;
  readonly skippedByReason: Readonly<Record<string, number>> | null;
}

/** What became of a quarantine entry: the last thing that is known. */
export type EntryState = 'in effect' | 'redriven' | 'waiting' | 'open';

/** A quarantine entry. Times are ISO 8601 in UTC. */
export interface QuarantineEntry {
  readonly id: string;
  readonly state: EntryState;
  readonly eventId: string | null;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly reason: string;
  /** May quote the event. */
  readonly detail: string;
  readonly codeVersion: string;
  readonly quarantinedAt: string;
  readonly redrivenAt: string | null;
  /** Until when it is tried again by itself. */
  readonly waitsUntil: string | null;
}

/** What the database knows. */
export interface DatabaseFindings {
  /** When the event came into effect, ISO 8601 in UTC; null when the ledger does not have it, or no id was given. */
  readonly inEffectSince: string | null;
  /** The newest batch that carried it; null when there is none. */
  readonly batch: CarryingBatch | null;
  /** The newest first. */
  readonly entries: readonly QuarantineEntry[];
  /** Newest committed sequence number of the shard; null when nothing of it is, or no shard was given. */
  readonly shardPosition: string | null;
}

const TIME = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Entries that are listed, the newest. */
export const MAX_ENTRIES = 50;

/**
 * The ledger has no place on the stream: its row and that of the batch are of one statement, and so of one moment. A
 * sequence number as text: JSON would round it.
 */
const FIND_SQL = `
WITH wanted AS (
  SELECT nullif(CAST(:function_name AS text), '') AS function_name, nullif(CAST(:event_id AS text), '') AS event_id, nullif(CAST(:shard_id AS text), '') AS shard_id,
    CAST(nullif(CAST(:sequence_number AS text), '') AS numeric) AS sequence_number, nullif(CAST(:partition_key AS text), '') AS partition_key
), ledger AS (
  SELECT committed_at FROM ${FRAMEWORK_TABLES.ledger} JOIN wanted USING (function_name, event_id)
), batch AS (
  SELECT batch_log.* FROM ${FRAMEWORK_TABLES.batchLog} AS batch_log JOIN wanted USING (function_name)
  WHERE batch_log.committed_at IN (SELECT committed_at FROM ledger)
    OR (batch_log.shard_id = wanted.shard_id
      AND wanted.sequence_number BETWEEN batch_log.first_sequence_number AND batch_log.last_sequence_number)
  ORDER BY batch_log.id DESC LIMIT 1
), entries AS (
  SELECT entry.* FROM ${FRAMEWORK_TABLES.quarantine} AS entry JOIN wanted USING (function_name)
  WHERE entry.event_id = wanted.event_id OR entry.partition_key = wanted.partition_key
    OR (entry.shard_id = wanted.shard_id AND entry.sequence_number = wanted.sequence_number)
  ORDER BY entry.id DESC LIMIT ${MAX_ENTRIES}
)
SELECT jsonb_build_object(
  'inEffectSince', (SELECT ${TIME('committed_at')} FROM ledger),
  'batch', (SELECT jsonb_build_object('shardId', shard_id, 'firstSequenceNumber', first_sequence_number::text,
    'lastSequenceNumber', last_sequence_number::text, 'committedAt', ${TIME('committed_at')}, 'codeVersion', code_version,
    'events', events, 'skipped', skipped, 'skippedByReason', skipped_by_reason) FROM batch),
  'entries', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id::text,
    'state', CASE WHEN applied_at IS NOT NULL THEN 'in effect' WHEN redriven_at IS NOT NULL THEN 'redriven'
      WHEN heal_until > now() THEN 'waiting' ELSE 'open' END,
    'eventId', event_id, 'shardId', shard_id, 'sequenceNumber', sequence_number::text, 'partitionKey', partition_key,
    'reason', reason, 'detail', left(detail, 300), 'codeVersion', code_version,
    'quarantinedAt', ${TIME('quarantined_at')}, 'redrivenAt', ${TIME('redriven_at')},
    'waitsUntil', ${TIME('heal_until')}) ORDER BY id DESC), '[]') FROM entries),
  'shardPosition', (SELECT max(batch_log.last_sequence_number)::text FROM ${FRAMEWORK_TABLES.batchLog} AS batch_log
    JOIN wanted USING (function_name, shard_id))
)::text`;

/**
 * Looks an event or record up in ledger, batch log and quarantine.
 *
 * @param execute runs the statement
 */
export async function searchDatabase(
  execute: Execute,
  functionName: string,
  { eventId = '', sequence = '', shard = '', partitionKey = '' }: Wanted,
): Promise<DatabaseFindings> {
  const { rows } = await execute(FIND_SQL, {
    function_name: functionName,
    event_id: eventId,
    shard_id: shard,
    sequence_number: sequence,
    partition_key: partitionKey,
  });
  return JSON.parse(rows[0]?.[0]?.stringValue ?? '') as DatabaseFindings;
}
