import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute, Row } from '../../data-api/execute.ts';
import { compileFilter, type QuarantineFilter } from './quarantine-filter.ts';
import { withPlace } from '../../kinesis/put-back-record.ts';
import type { RecordToPut } from '../../kinesis/put-records.ts';
import type { RedriveItem, RedriveSource } from './redrive-source.ts';

/** Columns of a list; the payload stays where it is until it is needed. */
const LISTED = {
  id: 'id::text',
  functionName: 'function_name',
  reason: 'reason',
  sqlState: 'sql_state',
  detail: 'left(detail, 200)',
  partitionKey: 'partition_key',
  eventId: 'event_id',
  shardId: 'shard_id',
  sequenceNumber: 'sequence_number::text',
  arrivedAt: 'arrived_at::text',
  quarantinedAt: 'quarantined_at::text',
  retryAt: 'CASE WHEN heal_until > now() THEN retry_at END::text',
  waitsUntil: 'CASE WHEN heal_until > now() THEN heal_until END::text',
  codeVersion: 'code_version',
  attempts: 'attempts::text',
  payloadBytes: 'octet_length(payload)::text',
  place: 'place',
} as const;

/** A result holds 1 MiB, and bytes take two characters each on their way out of the database. */
const PAYLOAD_SLICE_BYTES = 256 * 1024;

/**
 * The quarantine as something to put back: entries in the order in which they were set aside.
 *
 * @param execute with credentials that may read the quarantine and note redrives
 * @param filter which entries are meant
 */
export function createQuarantineSource(execute: Execute, filter: QuarantineFilter): RedriveSource {
  return {
    pages: (pageSize) => listPages(execute, filter, pageSize),
    read: async (item) => [await readEntry(execute, item)],
    announce: (items) => note(execute, 'redrive_began_at', items),
    mark: (items) => note(execute, 'redriven_at', items),
  };
}

async function note(
  execute: Execute,
  column: 'redrive_began_at' | 'redriven_at',
  items: readonly RedriveItem[],
): Promise<void> {
  if (items.length === 0) return;
  await execute(
    `UPDATE ${FRAMEWORK_TABLES.quarantine} SET ${column} = now()
     WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text(:ids::jsonb))`,
    { ids: JSON.stringify(items.map(({ id }) => id)) },
  );
}

async function* listPages(execute: Execute, filter: QuarantineFilter, pageSize: number) {
  const { sql, parameters } = compileFilter(filter);
  for (let after = '0'; ;) {
    const { rows } = await execute(
      // Qualified, because `id` alone would be the listed text, and text sorts 10 before 9.
      `SELECT ${Object.values(LISTED).join(', ')} FROM ${FRAMEWORK_TABLES.quarantine} AS entry
       WHERE entry.id > :after::bigint AND ${sql} ORDER BY entry.id LIMIT ${Math.max(1, Math.floor(pageSize))}`,
      { ...parameters, after },
    );
    const items = rows.map(toItem);
    const last = items.at(-1);
    if (last === undefined) return;
    yield { items, refused: [] };
    after = last.id;
  }
}

function toItem(row: Row): RedriveItem {
  const summary = Object.fromEntries(Object.keys(LISTED).map((name, index) => [name, row[index]?.stringValue ?? null]));
  return { id: summary['id'] ?? '', summary };
}

/** A payload may be larger than a result, so it is read in slices. */
async function readEntry(execute: Execute, { id, summary }: RedriveItem): Promise<RecordToPut> {
  const slices: Uint8Array[] = [];
  const bytes = Number(summary['payloadBytes']);
  for (let from = 0; from < bytes; from += PAYLOAD_SLICE_BYTES) {
    const {
      rows: [row],
    } = await execute(
      `SELECT substring(payload FROM :from::integer FOR ${PAYLOAD_SLICE_BYTES}) FROM ${FRAMEWORK_TABLES.quarantine}
       WHERE id = :id::bigint`,
      { id, from: String(from + 1) },
    );
    const slice = row?.[0]?.blobValue;
    if (slice === undefined) throw new Error(`quarantine entry ${id} is gone`);
    slices.push(slice);
  }
  const record = { partitionKey: String(summary['partitionKey']), data: Buffer.concat(slices) };
  return typeof summary['place'] === 'string' ? withPlace(record, summary['place']) : record;
}
