import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { OwnLedger } from '../tables/inserts.ts';
import { identifier, OWN, ownName } from '../tables/table-kind.ts';
import { CLOSE_PARAMETERS, FUNCTION_NAME, PART_PARAMETERS, WRITE_PARAMETERS } from '../write-parameter-names.ts';

/** Columns that say which item a row of the quarantine, or of its parts, belongs to; the first cells of its array. */
const ITEM_COLUMNS: readonly Cell[] = [
  ['shard_id', (cell) => cell],
  ['sequence_number', (cell) => `(${cell})::numeric`],
  ['sub_sequence_number', (cell) => `(${cell})::integer`],
];

/** Columns of a quarantine row and how each is read from its JSON array; the payload where it is in the row. */
const COLUMNS: readonly Cell[] = [
  ...ITEM_COLUMNS,
  ['partition_key', (cell) => cell],
  ['arrived_at', (cell) => `to_timestamp((${cell})::double precision / 1000)`],
  ['payload', (cell) => `decode(${cell}, 'base64')`],
  ['reason', (cell) => cell],
  ['detail', (cell) => cell],
  ['sql_state', (cell) => cell],
  ['code_version', (cell) => cell],
  ['attempts', (cell) => `(${cell})::integer`],
  // Null where decoding never came so far; then its bytes tell what it is.
  ['event_id', (cell) => cell],
];

/** A row of a parameter, and the rows that it is compared with: no declared column can have one of these names. */
const [CELLS, LEDGER_ROW, ENTRY, PART] = [OWN.cells, ownName('l'), ownName('q'), ownName('p')];

type Cell = readonly [column: string, read: (cell: string) => string];

const PAYLOAD_CELL = cellOf('payload');
const EVENT_CELL = cellOf('event_id');
/** Behind the columns: in how many parts the payload was sent ahead, null where it is in the row. */
const PARTS_CELL = `${CELLS}->>${COLUMNS.length}`;
/** Behind that: where the event stood first, for a redrive; only there where the projection depends on it. */
const PLACE_CELL = `${CELLS}->>${COLUMNS.length + 1}`;
/** Behind that: for how many seconds the entry waits for what is missing; only there where it does. */
const HEAL_CELL = `${CELLS}->>${COLUMNS.length + 2}`;

function cellOf(name: string): string {
  return `${CELLS}->>${COLUMNS.findIndex(([column]) => column === name)}`;
}

/** The part of the statement with the ids that came into effect in it, whichever table is the ledger. */
export const APPLIED_LEDGER = { name: ownName('ledger'), eventId: ownName('event_id') } as const;

/**
 * Selects the row of an event in the ledger.
 *
 * @param ledger the projection's own, or `undefined` for the framework's
 * @param eventId SQL of its id
 */
export function rowInLedger(ledger: OwnLedger | undefined, eventId: string): string {
  return ledger === undefined
    ? `SELECT FROM ${FRAMEWORK_TABLES.ledger} AS ${LEDGER_ROW} WHERE ${LEDGER_ROW}.function_name = ${FUNCTION_NAME} AND ${LEDGER_ROW}.event_id = ${eventId}`
    : `SELECT FROM ${identifier(ledger.table)} AS ${LEDGER_ROW} WHERE ${LEDGER_ROW}.${identifier(ledger.keyColumn)} = ${eventId}`;
}

/**
 * Inserts the rejected items of a chunk.
 *
 * An event is in effect or quarantined, never both. A rejected event that is in the ledger is a second delivery of what
 * has its effect already, so it changes nothing; this also holds where the first delivery is in the same statement.
 *
 * @param ledger the projection's own, or `undefined` for the framework's
 */
export function setAside(ledger: OwnLedger | undefined): string {
  const applied = `SELECT FROM ${APPLIED_LEDGER.name} WHERE ${APPLIED_LEDGER.name}.${APPLIED_LEDGER.eventId} = ${EVENT_CELL}`;
  const columns = COLUMNS.map(([column]) => column).join(', ');
  const cells = COLUMNS.map(([column, read], position) => {
    const cell = read(`${CELLS}->>${position}`);
    return column === 'payload' ? `coalesce(${cell}, (${assemblePayload()}))` : cell;
  });
  return `
  INSERT INTO ${FRAMEWORK_TABLES.quarantine} (function_name, ${columns}, place, retry_at, heal_until)
  SELECT ${FUNCTION_NAME}, ${cells.join(', ')}, ${PLACE_CELL}, CASE WHEN ${HEAL_CELL} IS NOT NULL THEN now() END,
    now() + make_interval(secs => (${HEAL_CELL})::double precision) FROM ${ITEMS} AS ${CELLS}
  WHERE NOT EXISTS (${rowInLedger(ledger, EVENT_CELL)}) AND NOT EXISTS (${applied}) AND ${isNotThere()}
  ON CONFLICT DO NOTHING RETURNING 1
`;
}

const ITEMS = `jsonb_array_elements(:${WRITE_PARAMETERS.quarantine}::jsonb)`;

/** A payload whose parts another delivery has used up is in the row that it made of them, in one statement. */
function isNotThere(): string {
  return `(${PAYLOAD_CELL} IS NOT NULL OR NOT EXISTS (SELECT FROM ${FRAMEWORK_TABLES.quarantine} AS ${ENTRY} WHERE ${isOfItem(ENTRY)}))`;
}

/** All parts, or null, which the column refuses: no entry has half a payload. */
function assemblePayload(): string {
  return `SELECT string_agg(${PART}.bytes, ''::bytea ORDER BY ${PART}.part) FROM ${FRAMEWORK_TABLES.quarantinePart} AS ${PART}
    WHERE ${isOfItem(PART)} AND ${PART}.parts = (${PARTS_CELL})::integer HAVING count(*) = (${PARTS_CELL})::integer`;
}

/** Deletes the parts of a chunk's rejected items, however they were cut: the entries are complete now. */
export function deleteParts(): string {
  return `
  DELETE FROM ${FRAMEWORK_TABLES.quarantinePart} AS ${PART} USING ${ITEMS} AS ${CELLS} WHERE ${isOfItem(PART)}
`;
}

function isOfItem(row: string): string {
  const equal = ITEM_COLUMNS.map(([column, read], position) => `${row}.${column} = ${read(`${CELLS}->>${position}`)}`);
  return [`${row}.function_name = ${FUNCTION_NAME}`, ...equal].join(' AND ');
}

/** Closes an entry whose event is in effect now, be it by redrive, by another delivery or by a newer build. */
export function closeApplied(): string {
  const { name, eventId } = APPLIED_LEDGER;
  return `
  UPDATE ${FRAMEWORK_TABLES.quarantine} AS ${ENTRY} SET applied_at = now() FROM ${name}
  WHERE ${ENTRY}.function_name = ${FUNCTION_NAME} AND ${ENTRY}.event_id = ${name}.${eventId} AND ${ENTRY}.applied_at IS NULL
  RETURNING 1
`;
}

/** How many rejected items a chunk has. */
export const COUNT_REJECTED = `jsonb_array_length(:${WRITE_PARAMETERS.quarantine}::jsonb)`;

/** How many of them wait. */
export const COUNT_WAITING = `(SELECT count(*)::integer FROM ${ITEMS} AS ${CELLS} WHERE ${HEAL_CELL} IS NOT NULL)`;

/** Whether an entry is due to be tried again: one probe of an index that is empty where nothing waits. */
export const HAS_DUE = `EXISTS (SELECT FROM ${FRAMEWORK_TABLES.quarantine} AS ${ENTRY} WHERE ${ENTRY}.function_name = ${FUNCTION_NAME}
    AND ${ENTRY}.retry_at <= now() AND ${ENTRY}.heal_until > now() AND ${ENTRY}.applied_at IS NULL AND ${ENTRY}.redriven_at IS NULL)`;

/** Within a day a record that was put back has been read, unless the consumer has other problems. */
const LATELY = `now() - interval '1 day'`;

/**
 * Whether entries without an event id are open that events of a chunk may be of: the chunk is a second delivery of the
 * stretch of the shard that they are in, or they were put back. Both are seldom, and both are one probe of an index.
 *
 * @param place of the chunk: shard, first and last sequence number, as SQL
 */
export function hasUnidentified(place: {
  readonly shardId: string;
  readonly first: string;
  readonly last: string;
}): string {
  const open = (condition: string): string => `EXISTS (
    SELECT FROM ${FRAMEWORK_TABLES.quarantine} AS ${ENTRY} WHERE ${isUnidentified()} AND ${condition})`;
  const inStretch = `${ENTRY}.shard_id = ${place.shardId} AND ${ENTRY}.sequence_number BETWEEN ${place.first} AND ${place.last}`;
  return `${open(`${ENTRY}.redrive_began_at > ${LATELY}`)} OR ${open(inStretch)}`;
}

function isUnidentified(): string {
  return `${ENTRY}.function_name = ${FUNCTION_NAME} AND ${ENTRY}.event_id IS NULL AND ${ENTRY}.applied_at IS NULL`;
}

/** Closes entries without an event id whose payload is that of an event in effect: the same bytes are the same event. */
export const CLOSE_UNIDENTIFIED_SQL = `
  UPDATE ${FRAMEWORK_TABLES.quarantine} AS ${ENTRY} SET applied_at = now()
  FROM jsonb_array_elements_text(:${CLOSE_PARAMETERS.payloadHashes}::jsonb) AS ${CELLS}
  WHERE ${isUnidentified()} AND ${ENTRY}.payload_hash = decode(${CELLS}, 'base64')`;

/**
 * Stores one part of a payload that no request can hold. A part that is there already, from a delivery that ended
 * before its write, only counts as new again: it is needed for as long as this delivery takes.
 */
export const STORE_PART_SQL = `
  INSERT INTO ${FRAMEWORK_TABLES.quarantinePart} (function_name, shard_id, sequence_number, sub_sequence_number, parts, part, bytes)
  SELECT ${FUNCTION_NAME}, ${ITEM_COLUMNS.map(([, read], position) => read(`${CELLS}->>${position}`)).join(', ')},
    (${CELLS}->>3)::integer, (${CELLS}->>4)::integer, decode(:${PART_PARAMETERS.bytes}::text, 'base64')
  FROM (SELECT :${PART_PARAMETERS.part}::jsonb AS ${CELLS}) AS ${PART}
  ON CONFLICT (function_name, shard_id, sequence_number, sub_sequence_number, parts, part) DO UPDATE SET committed_at = now()`;
