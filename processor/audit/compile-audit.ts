import type { AuditedTable, Comparison, RowFault } from '../../contract/audited-item.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { rowInLedger } from '../quarantine/compile-quarantine.ts';
import type { OwnLedger } from '../tables/inserts.ts';
import { compared, isRemoval, KEYED, sameKey } from '../tables/keyed-state.ts';
import type { Table } from '../tables/table-kind.ts';
import { columnList, identifier, isMarked, keyOrder, OWN, ownName } from '../tables/table-kind.ts';
import { joinTombstone, removedVersion } from '../tables/tombstones.ts';
import type { WrittenTables } from '../write/compile-rows.ts';
import { compileRows } from '../write/compile-rows.ts';
import { FUNCTION_NAME } from '../write-parameter-names.ts';

/** Name of the parameter with what is looked for: `[eventId or null, shard, sequence number, sub-sequence number]` each. */
export const AUDITED_ITEMS = 'items';

/** What an event is known by: its id, or that of its entry where it cannot be decoded. */
const KNOWN_AS = ownName('id');

/**
 * Compiles the question where items are: in the ledger, in the quarantine, in both or nowhere.
 *
 * @param ledger the projection's own, or `undefined` for the framework's
 * @returns SQL that returns, per item in their order, whether its event is in the ledger, its quarantine entry as a JSON
 *   array `[id, reason, isApplied, isPutBack, waits, eventId]` or null, and whether an open entry has its event id
 */
export function compileFates(ledger: OwnLedger | undefined): string {
  // An entry of a whole record stands for all that is in it.
  return `
WITH asked AS MATERIALIZED (
  SELECT n, cells->>0 AS event_id, cells->>1 AS shard_id, (cells->>2)::numeric AS sequence_number, (cells->>3)::integer AS sub
  FROM jsonb_array_elements(:${AUDITED_ITEMS}::jsonb) WITH ORDINALITY AS given (cells, n)
), found AS (
  SELECT asked.n, asked.event_id, entry.* FROM asked LEFT JOIN LATERAL (
    SELECT jsonb_build_array(id::text, reason, applied_at IS NOT NULL, redriven_at IS NOT NULL, coalesce(heal_until > now(), false), event_id)::text AS entry,
      event_id AS entry_event_id
    FROM ${FRAMEWORK_TABLES.quarantine}
    WHERE function_name = ${FUNCTION_NAME} AND shard_id = asked.shard_id AND sequence_number = asked.sequence_number
      AND sub_sequence_number IN (asked.sub, -1)
    ORDER BY sub_sequence_number DESC LIMIT 1
  ) AS entry ON true
)
SELECT EXISTS (${rowInLedger(ledger, KNOWN_AS)}), found.entry,
  EXISTS (SELECT FROM ${FRAMEWORK_TABLES.quarantine} WHERE function_name = ${FUNCTION_NAME} AND event_id = ${KNOWN_AS} AND applied_at IS NULL)
FROM found CROSS JOIN LATERAL (SELECT coalesce(found.event_id, found.entry_event_id) AS ${KNOWN_AS}) AS known_as
ORDER BY found.n`;
}

/** Records of a stretch that are in the quarantine because they end the process: nobody runs them again. */
export const KILLERS_SQL = `
SELECT sequence_number::text FROM ${FRAMEWORK_TABLES.quarantine}
WHERE function_name = ${FUNCTION_NAME} AND shard_id = :shard_id::text AND reason = 'kills-function' AND applied_at IS NULL
  AND sequence_number BETWEEN :first::numeric AND :last::numeric`;

/**
 * Compiles the comparison of the rows that events give with the tables. The parameters are those of the write: rows by table.
 *
 * @returns SQL that returns `table`, `n` of an event, and a {@link RowFault}, for what differs only; `undefined` when
 *   no table can be compared
 */
export function compileRowAudit(written: WrittenTables, audited: readonly AuditedTable[]): string | undefined {
  const rows = compileRows(written, false);
  const parts = audited.flatMap(({ table: name, comparison }) => {
    const table = written.tables[name];
    if (table === undefined) return [];
    const faults = auditTable({ name, table, rows: rows.of(name) }, comparison);
    return faults === undefined ? [] : [`SELECT '${name}'::text, ${OWN.n}, ${FAULT} FROM (${faults}) AS faults`];
  });
  if (parts.length === 0) return undefined;
  const shared = rows.shared.length === 0 ? '' : `WITH ${rows.shared.join(',\n')}\n`;
  return `${shared}${parts.join('\nUNION ALL\n')}`;
}

const [FAULT, EXPECTED, FOUND] = [ownName('fault'), ownName('expected'), ownName('found')];

interface Compared {
  readonly name: string;
  readonly table: Table;
  /** What the rows of events are selected from. */
  readonly rows: string;
}

function auditTable(what: Compared, comparison: Comparison): string | undefined {
  switch (comparison.by) {
    case 'key':
      return auditInserts(what, comparison.columns, `${FOUND} = 0`);
    case 'row':
      return auditInserts(what, comparison.columns, `${FOUND} <> ${EXPECTED}`);
    case 'version':
      return auditVersions(what);
    case 'ledger':
    case 'nothing':
      return undefined;
  }
}

/** Rows that are alike are counted, on both sides. */
function auditInserts({ table, name, rows }: Compared, columns: readonly string[], isWrong: string): string {
  const { row, there, n } = OWN;
  const same = columns.map((column) => {
    const operator = table.columns[column]?.endsWith('?') === true ? 'IS NOT DISTINCT FROM' : '=';
    return `${there}.${identifier(column)} ${operator} ${row}.${identifier(column)}`;
  });
  return `
  SELECT ${n}, CASE WHEN ${FOUND} < ${EXPECTED} THEN ${quoted('row-missing')} ELSE ${quoted('row-twice')} END AS ${FAULT}
  FROM (
    SELECT min(${row}.${n}) AS ${n}, count(*) AS ${EXPECTED}, ${columnList(columns, row)} FROM ${rows} AS ${row} GROUP BY ${columnList(columns, row)}
  ) AS ${row} CROSS JOIN LATERAL (
    SELECT count(*) AS ${FOUND} FROM ${identifier(name)} AS ${there} WHERE ${same.join(' AND ')}
  ) AS counted
  WHERE ${isWrong}`;
}

/** The newest row of each key, be it a removal, against the row that is there, or what a removal has left behind. */
function auditVersions({ table, name, rows }: Compared): string {
  const { row, there, n, mark, order } = OWN;
  const marked = isMarked(table);
  const newest = `
    SELECT DISTINCT ON (${keyOrder(table, row)}) ${row}.${n}, ${columnList(Object.keys(table.columns), row)},
      ${marked ? isRemoval(`${row}.${mark}`) : 'false'} AS ${KEYED.isRemoval}
    FROM ${rows} AS ${row}
    ORDER BY ${keyOrder(table, row)}, ${[...compared(table, row), `${row}.${marked ? order : n}`].map((by) => `${by} DESC`).join(', ')}`;
  const isReached = (version: readonly string[]): string =>
    `((${compared(table, row).join(', ')}) <= (${version.join(', ')})) IS TRUE`;
  const isThere = ownName('is_there');
  return `
  SELECT ${row}.${n}, CASE WHEN ${there}.${isThere} THEN ${quoted('row-older')} ELSE ${quoted('row-missing')} END AS ${FAULT}
  FROM (${newest}) AS ${row}
  LEFT JOIN (SELECT true AS ${isThere}, ${columnList([...table.key, ...table.version])} FROM ${identifier(name)}) AS ${there}
    ON ${sameKey(table, there, row)}
  ${joinTombstone(table, { name, row })}
  WHERE CASE WHEN ${there}.${isThere} THEN NOT ${isReached(compared(table, there))}
    ELSE NOT ${row}.${KEYED.isRemoval} AND NOT ${isReached(removedVersion(table))} END`;
}

function quoted(fault: RowFault): string {
  return `'${fault}'`;
}
