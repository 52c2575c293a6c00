import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import {
  APPLIED_LEDGER,
  closeApplied,
  COUNT_REJECTED,
  COUNT_WAITING,
  deleteParts,
  HAS_DUE,
  hasUnidentified,
  setAside,
} from '../quarantine/compile-quarantine.ts';
import type { OwnLedger } from '../tables/inserts.ts';
import { ownLedgerOf } from '../tables/inserts.ts';
import type { Table, TableWrite } from '../tables/table-kind.ts';
import { columnList, givenTables, identifier, keyOrder, OWN, ownName } from '../tables/table-kind.ts';
import { FUNCTION_NAME, WRITE_PARAMETERS } from '../write-parameter-names.ts';
import type { CompiledRows, WrittenTables } from './compile-rows.ts';
import { compileRows, LEDGER_ROWS } from './compile-rows.ts';

/** Columns of a batch log row and how each is read from its JSON array. */
const LOG_COLUMNS: readonly (readonly [string, (cell: string) => string])[] = [
  ['shard_id', (cell) => cell],
  ['first_sequence_number', (cell) => `(${cell})::numeric`],
  ['last_sequence_number', (cell) => `(${cell})::numeric`],
  ['oldest_arrival_at', (cell) => `to_timestamp((${cell})::double precision / 1000)`],
  ['newest_arrival_at', (cell) => `to_timestamp((${cell})::double precision / 1000)`],
  ['records', (cell) => `(${cell})::integer`],
  ['events', (cell) => `(${cell})::integer`],
  ['code_version', (cell) => cell],
  ['batch_sequence_number', (cell) => `(${cell})::numeric`],
  ['skipped', (cell) => `coalesce((${cell})::integer, 0)`],
  ['skipped_by_reason', (cell) => `(${cell})::jsonb`],
];

const { name: LEDGER, eventId: EVENT_ID } = APPLIED_LEDGER;
const [FRESH, ALL_FRESH] = [ownName('fresh'), ownName('all_fresh')];
const ARE_ALL_FRESH = `(SELECT all_fresh FROM ${ALL_FRESH})`;
const [WITHOUT_EFFECT, QUARANTINE] = [ownName('without_effect'), ownName('quarantine')];

/**
 * Compiles a projection's tables to the one statement that writes a chunk: ledger, rows of the fresh events only,
 * quarantine, batch log, counts. Atomic without a transaction, and idempotent.
 *
 * Every write joins the fresh events, those that the ledger saw for the first time, and is sorted by key, so that
 * parallel batches take their row locks in one order. Names are quoted identifiers of the declaration, or the
 * statement's own, which no declaration can have; nothing of an event is ever SQL text.
 *
 * Nearly all chunks have no rejection. Planning what rejections need, the insert and the table of payloads that were sent
 * ahead in parts, takes the database 0.9 ms, so the usual chunk has a statement without.
 *
 * @returns SQL that returns one row: `written`, `superseded`, `quarantined`, `unidentified`, `due`, `existing`
 */
export function compileWrite(written: WrittenTables, { withRejections = false } = {}): string {
  const { tables, ledger } = written;
  const ownLedger = ownLedgerOf(tables, ledger);
  // With a ledger of its own, every fresh event has a row there, which is an effect in any case.
  const mayHaveNone =
    ownLedger === undefined && givenTables(tables).some(([, { withoutEffect }]) => withoutEffect !== undefined);
  const rows = compileRows(written, mayHaveNone);
  const writes = compileTables(written, rows, mayHaveNone);
  const ledgerTable = ledger === undefined ? undefined : tables[ledger];
  const checks = writes.flatMap(([, write]) => write.checks ?? []);
  const ctes = [
    ...rows.shared,
    ...(ledger !== undefined && ledgerTable !== undefined ? writeOwnLedger(ledger, ledgerTable) : frameworkLedger()),
    ...writes.flatMap(([, { parts }]) => parts.map(([name, sql]) => `${name} AS (${sql})`)),
    `${WITHOUT_EFFECT} AS MATERIALIZED (${mayHaveNone ? withoutEffect(written, writes, rows) : 'SELECT 0 AS superseded, 0 AS existing'})`,
    ...(withRejections ? setAsideRejections(ownLedger) : []),
    `${ownName('applied')} AS (${closeApplied()})`,
    `${ownName('log')} AS (${log(withRejections)})`,
  ];
  return `WITH ${ctes.join(',\n')}
SELECT (SELECT count(*)::integer FROM ${FRESH}) - superseded - existing AS written, superseded,
  ${countQuarantined(withRejections)} AS quarantined, ${unidentified()} AS unidentified,
  ${HAS_DUE} AS due, existing FROM ${WITHOUT_EFFECT}${checks.length > 0 ? ` WHERE ${checks.join(' AND ')}` : ''}`;
}

function setAsideRejections(ownLedger: OwnLedger | undefined): string[] {
  return [`${QUARANTINE} AS (${setAside(ownLedger)})`, `${ownName('used')} AS (${deleteParts()})`];
}

function countQuarantined(withRejections: boolean): string {
  return withRejections ? `(SELECT count(*)::integer FROM ${QUARANTINE})` : '0';
}

type NamedWrite = readonly [name: string, write: TableWrite];

function compileTables(
  { tables, ledger }: WrittenTables,
  rows: CompiledRows,
  tellsEffective: boolean,
): readonly NamedWrite[] {
  return Object.entries(tables).flatMap(([name, table], index): NamedWrite[] => {
    if (name === ledger) return [];
    const target = {
      name,
      table: identifier(name),
      rows: freshRows(rows.of(name)),
      later: rows.laterOf(name),
      part: (what: string) => ownName(`${what}_${index}`),
      tellsEffective: tellsEffective && table.withoutEffect !== undefined && table.from === undefined,
    };
    return [[name, table.write(target)]];
  });
}

/** The rows of fresh events. Where all are fresh, as nearly always, none is looked for: a tenth of the database's work. */
function freshRows(rows: string): string {
  const isFresh = `${ARE_ALL_FRESH} OR ${OWN.row}.${OWN.n} IN (SELECT ${OWN.n} FROM ${FRESH})`;
  return `(SELECT ${OWN.row}.* FROM ${rows} AS ${OWN.row} WHERE ${isFresh}) AS ${OWN.row}`;
}

/**
 * The events that the ledger saw for the first time. Of events with one id in one chunk, the first has the effect; where the
 * ledger took as many as there are, there are none of one id.
 *
 * @param hasSameId joins `"~r"`, a row of the ledger's table, with an id that the ledger took
 */
function freshEvents(hasSameId: string): string[] {
  return [
    `${ALL_FRESH} AS MATERIALIZED (SELECT (SELECT count(*) FROM ${LEDGER}) = (SELECT count(*) FROM ${LEDGER_ROWS}) AS all_fresh)`,
    `${FRESH} AS MATERIALIZED (
  SELECT ${OWN.n} FROM ${LEDGER_ROWS} WHERE ${ARE_ALL_FRESH}
  UNION ALL SELECT min(${OWN.row}.${OWN.n}) FROM ${LEDGER_ROWS} AS ${OWN.row} JOIN ${LEDGER} ON ${hasSameId}
  WHERE NOT ${ARE_ALL_FRESH} GROUP BY ${LEDGER}.${EVENT_ID}
)`,
  ];
}

function frameworkLedger(): string[] {
  const { cells } = OWN;
  return [
    `${LEDGER_ROWS} AS MATERIALIZED (
  SELECT (${cells}->>0)::integer AS ${OWN.n}, ${cells}->>1 AS ${EVENT_ID} FROM jsonb_array_elements(:${WRITE_PARAMETERS.events}::jsonb) AS ${cells}
)`,
    `${LEDGER} AS (
  INSERT INTO ${FRAMEWORK_TABLES.ledger} (function_name, event_id)
  SELECT ${FUNCTION_NAME}, ${EVENT_ID} FROM ${LEDGER_ROWS} ORDER BY ${EVENT_ID} COLLATE "C"
  ON CONFLICT DO NOTHING RETURNING event_id AS ${EVENT_ID}
)`,
    ...freshEvents(`${LEDGER}.${EVENT_ID} = ${OWN.row}.${EVENT_ID}`),
  ];
}

function writeOwnLedger(name: string, table: Table): string[] {
  const columns = Object.keys(table.columns);
  const key = columnList(table.key);
  return [
    `${LEDGER} AS (
  INSERT INTO ${identifier(name)} (${columnList(columns)})
  SELECT ${columnList(columns)} FROM ${LEDGER_ROWS} AS ${OWN.row} ORDER BY ${keyOrder(table, OWN.row)}, ${OWN.row}.${OWN.n}
  ON CONFLICT (${key}) DO NOTHING RETURNING ${key} AS ${EVENT_ID}
)`,
    ...freshEvents(`${LEDGER}.${EVENT_ID} = ${columnList(table.key, OWN.row)}`),
  ];
}

/**
 * Counts the events that gave rows, of which none had an effect: because of a row with the same key where one is kept, or
 * else of newer versions, there or in the chunk.
 */
function withoutEffect({ tables }: WrittenTables, all: readonly NamedWrite[], rows: CompiledRows): string {
  const writes = all.filter(([name]) => tables[name]?.from === undefined);
  const losable = writes.filter(([, { effective }]) => effective !== undefined);
  const numbersOf = (some: readonly NamedWrite[]): string =>
    some.map(([name]) => `SELECT ${OWN.n} FROM ${freshRows(rows.of(name))}`).join(' UNION ');
  const keeping = losable.filter(([name]) => tables[name]?.withoutEffect === 'existing');
  const existing = keeping.length === 0 ? '0' : `count(*) FILTER (WHERE ${OWN.n} IN (${numbersOf(keeping)}))::integer`;
  const effective = [
    ...losable.map(([, write]) => write.effective),
    ...writes
      .filter((write) => !losable.includes(write))
      .map(([name]) => `SELECT ${OWN.n} FROM ${rows.of(name)} AS ${OWN.row}`),
  ];
  return `
  SELECT count(*)::integer - ${existing} AS superseded, ${existing} AS existing
  FROM ((${numbersOf(losable)}) EXCEPT (${effective.join(' UNION ALL ')})) AS ${OWN.row}
`;
}

function unidentified(): string {
  const cell = (name: string): string => {
    const position = LOG_COLUMNS.findIndex(([column]) => column === name);
    return LOG_COLUMNS[position]?.[1](`(:${WRITE_PARAMETERS.log}::jsonb->>${position})`) ?? '';
  };
  return hasUnidentified({
    shardId: cell('shard_id'),
    first: cell('first_sequence_number'),
    last: cell('last_sequence_number'),
  });
}

function log(withRejections: boolean): string {
  const entry = ownName('entry');
  const columns = LOG_COLUMNS.map(([column]) => column).join(', ');
  const cells = LOG_COLUMNS.map(([, read], position) => read(`${entry}->>${position}`)).join(', ');
  const events = `(${entry}->>${LOG_COLUMNS.findIndex(([column]) => column === 'events')})::integer`;
  const [rejected, waiting] = withRejections ? [COUNT_REJECTED, COUNT_WAITING] : ['0', '0'];
  return `
  INSERT INTO ${FRAMEWORK_TABLES.batchLog} (function_name, ${columns}, written, superseded, existing, duplicates, quarantined, waiting)
  SELECT ${FUNCTION_NAME}, ${cells}, fresh - superseded - existing, superseded, existing, ${events} - fresh - rejected, rejected - waiting, waiting
  FROM (SELECT :${WRITE_PARAMETERS.log}::jsonb AS ${entry}) AS ${ownName('log_entry')}, ${WITHOUT_EFFECT},
    (SELECT count(*)::integer AS fresh FROM ${FRESH}) AS ${ownName('fresh_count')},
    (SELECT ${rejected} AS rejected, ${waiting} AS waiting) AS ${ownName('rejection_counts')}
`;
}

/** The same statement with all of its parameters in one JSON object, for PostgreSQL to run once per event. */
export function withJsonParameters(sql: string): string {
  return sql.replaceAll(/(?<!:):([a-z]\w*)/g, (_, name: string) => `($1->>'${name}')`);
}
