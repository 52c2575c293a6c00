import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { closeApplied, deleteParts, setAside } from '../quarantine/compile-quarantine.ts';
import type { ColumnType } from '../tables/column-type.ts';
import { identifier } from '../tables/table-kind.ts';
import type { WrittenTables } from './compile-rows.ts';
import { compileRows } from './compile-rows.ts';
import type { CounterTable, InsertTable, Table, VersionedTable } from '../tables/table-kind.ts';
import { columnsOf, keyColumnsOf, ownLedgerOf } from '../tables/table-kind.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';

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
];

/**
 * Compiles a projection's tables to the one statement that writes a chunk: ledger, rows of the fresh events only,
 * quarantine, batch log, counts. Atomic without a transaction, and idempotent.
 *
 * Every write joins `_fresh`, the events that the ledger saw for the first time, and is sorted by key, so that
 * parallel batches take their row locks in one order. Names are quoted identifiers of the declaration; nothing of an
 * event is ever SQL text.
 *
 * With parts it also takes payloads that were sent ahead of it. Planning for their table costs 0.4 ms, so the usual
 * chunk has a statement without.
 *
 * @returns SQL that returns one row: `written`, `quarantined`
 */
export function compileWrite(written: WrittenTables, { withParts = false } = {}): string {
  const { tables, ledger } = written;
  const ledgerTable = ledger === undefined ? undefined : tables[ledger];
  const rows = compileRows(written);
  const writes = Object.entries(tables).flatMap(([name, table], index) =>
    name === ledger ? [] : [`_write_${index} AS (${write(name, table, rows.of(name))})`],
  );
  const ctes = [
    ...rows.shared,
    ...(ledger !== undefined && ledgerTable?.kind === 'insert' ? ownLedger(ledger, ledgerTable) : frameworkLedger()),
    ...writes,
    `_quarantine AS (${setAside(ownLedgerOf(tables, ledger), withParts)})`,
    ...(withParts ? [`_used AS (${deleteParts()})`] : []),
    `_applied AS (${closeApplied()})`,
    `_log AS (${log()})`,
  ];
  return `WITH ${ctes.join(',\n')}
SELECT (SELECT count(*) FROM _fresh)::integer AS written, (SELECT count(*) FROM _quarantine)::integer AS quarantined`;
}

function frameworkLedger(): string[] {
  return [
    `_event AS MATERIALIZED (
  SELECT (v->>0)::integer AS _n, v->>1 AS event_id FROM jsonb_array_elements(:${WRITE_PARAMETERS.events}::jsonb) AS v
)`,
    `_ledger AS (
  INSERT INTO ${FRAMEWORK_TABLES.ledger} (function_name, event_id)
  SELECT :${WRITE_PARAMETERS.functionName}::text, event_id FROM _event ORDER BY event_id COLLATE "C"
  ON CONFLICT DO NOTHING RETURNING event_id
)`,
    // Of events with one id in one chunk the first has the effect.
    '_fresh AS MATERIALIZED (SELECT min(_n) AS _n FROM _event JOIN _ledger USING (event_id) GROUP BY event_id)',
  ];
}

function ownLedger(name: string, table: InsertTable): string[] {
  const columns = Object.keys(table.columns).map(identifier).join(', ');
  const key = table.key.map(identifier).join(', ');
  return [
    `_ledger AS (
  INSERT INTO ${identifier(name)} (${columns}) SELECT ${columns} FROM _event ORDER BY ${keyOrder(table)}, _n
  ON CONFLICT (${key}) DO NOTHING RETURNING ${key} AS event_id
)`,
    `_fresh AS MATERIALIZED (
  SELECT min(_n) AS _n FROM _event JOIN _ledger ON _ledger.event_id = _event.${key} GROUP BY _ledger.event_id
)`,
  ];
}

function write(name: string, table: Table, rows: string): string {
  switch (table.kind) {
    case 'insert':
      return insert(name, table, rows);
    case 'counters':
      return increment(name, table, rows);
    case 'versioned':
      return upsert(name, table, rows);
  }
}

function insert(name: string, table: InsertTable, rows: string): string {
  const columns = Object.keys(table.columns).map(identifier).join(', ');
  const order = table.key.length > 0 ? keyOrder(table) : '_n';
  return `
  INSERT INTO ${identifier(name)} (${columns}) SELECT ${columns} FROM ${rows} AS _row JOIN _fresh USING (_n) ORDER BY ${order}
  RETURNING 1
`;
}

function increment(name: string, table: CounterTable, rows: string): string {
  const key = Object.keys(table.key).map(identifier).join(', ');
  const counters = Object.entries(table.counters);
  // A sum is wider than its terms; the cast brings it back, and a sum that does not fit is an error, not a wrap.
  const sums = counters.map(([column, type]) => `sum(${identifier(column)})::${type}`).join(', ');
  const updates = counters.map(
    ([column]) => `${identifier(column)} = _t.${identifier(column)} + excluded.${identifier(column)}`,
  );
  return `
  INSERT INTO ${identifier(name)} AS _t (${key}, ${counters.map(([column]) => identifier(column)).join(', ')})
  SELECT ${key}, ${sums} FROM ${rows} AS _row JOIN _fresh USING (_n) GROUP BY ${key} ORDER BY ${keyOrder(table)}
  ON CONFLICT (${key}) DO UPDATE SET ${updates.join(', ')}
  RETURNING 1
`;
}

function upsert(name: string, table: VersionedTable, rows: string): string {
  const columns = Object.keys(columnsOf(table)).map(identifier).join(', ');
  const key = keyColumnsOf(table).map(identifier).join(', ');
  const byKey = keyOrder(table);
  // Text compares bytewise here and there: by the database's language, a batch and its table could disagree.
  const version = Object.entries(table.version).map(([column, type]) => ({
    column: identifier(column),
    collation: collationOf(type),
  }));
  const updated = [...Object.keys(table.version), ...Object.keys(table.columns)].map(identifier);
  const newestFirst = version.map(({ column, collation }) => `${column}${collation} DESC`).join(', ');
  const versionOf = (row: string) => version.map(({ column, collation }) => `${row}.${column}${collation}`).join(', ');
  return `
  INSERT INTO ${identifier(name)} AS _t (${columns})
  SELECT DISTINCT ON (${byKey}) ${columns} FROM ${rows} AS _row JOIN _fresh USING (_n) ORDER BY ${byKey}, ${newestFirst}, _n
  ON CONFLICT (${key}) DO UPDATE SET ${updated.map((column) => `${column} = excluded.${column}`).join(', ')}
  WHERE (${versionOf('_t')}) < (${versionOf('excluded')})
  RETURNING 1
`;
}

/**
 * The key as rows are sorted by it, so that all lanes lock rows in one order: text bytewise, which is the order of an
 * index declared so, and takes 6 % off the database's work where its default is the order of a language.
 */
function keyOrder(table: Table): string {
  const types = columnsOf(table);
  return keyColumnsOf(table)
    .map((column) => `${identifier(column)}${collationOf(types[column])}`)
    .join(', ');
}

function collationOf(type: ColumnType | undefined): string {
  return type === 'text' || type === 'text?' ? ' COLLATE "C"' : '';
}

function log(): string {
  const columns = LOG_COLUMNS.map(([column]) => column).join(', ');
  const cells = LOG_COLUMNS.map(([, read], position) => read(`v->>${position}`)).join(', ');
  const events = `(v->>${LOG_COLUMNS.findIndex(([column]) => column === 'events')})::integer`;
  return `
  INSERT INTO ${FRAMEWORK_TABLES.batchLog} (function_name, ${columns}, written, duplicates, quarantined)
  SELECT :${WRITE_PARAMETERS.functionName}::text, ${cells}, written, ${events} - written - rejected, rejected
  FROM (SELECT :${WRITE_PARAMETERS.log}::jsonb AS v) AS _entry,
    (SELECT count(*)::integer AS written FROM _fresh) AS _written,
    (SELECT jsonb_array_length(:${WRITE_PARAMETERS.quarantine}::jsonb) AS rejected) AS _rejected
`;
}
