import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { FUNCTION_NAME } from '../write-parameter-names.ts';
import { isComposed, keyForm, sqlTypeOf } from './column-sql.ts';
import type { KeyedState } from './keyed-state.ts';
import { compared, isRemoval, KEYED } from './keyed-state.ts';
import type { Columns } from './table-kind.ts';
import { comparableValue, fail, identifier, OWN, ownName } from './table-kind.ts';

const TOMBSTONE = ownName('d');

/**
 * The key of a row as tombstones have it: one text for all values that PostgreSQL takes for equal, whatever the time zone
 * and the formats of the session.
 */
function tombstoneKey({ key, columns }: Pick<KeyedState, 'key' | 'columns'>, row: string): string {
  const values = key.map((column) => keyForm(`${row}.${identifier(column)}`, columns[column] ?? ''));
  return `jsonb_build_array(${values.join(', ')})::text`;
}

/**
 * Joins the tombstone of a row's key, if there is one. With OFFSET 0 each is looked up by itself: however many there are, a
 * batch reads those of its own keys.
 *
 * @param named name of the table, as it is declared, and the row
 * @param isSpared condition under which none is looked for
 */
export function joinTombstone(
  state: Pick<KeyedState, 'key' | 'columns'>,
  { name, row }: { readonly name: string; readonly row: string },
  isSpared = 'false',
): string {
  return `LEFT JOIN LATERAL (
    SELECT version, touches FROM ${FRAMEWORK_TABLES.tombstone}
    WHERE NOT ${isSpared} AND function_name = ${FUNCTION_NAME} AND table_name = '${name}' AND key = ${tombstoneKey(state, row)} OFFSET 0
  ) AS ${TOMBSTONE} ON true`;
}

/**
 * Whether a row that was given, with its mark, needs no look for a tombstone. Where a row is there, as `"~t"`, it is newer than
 * a removal before it, so that only one that is to go now does: the others, nearly all, are spared a tenth of the work.
 */
export function isWithoutTombstone(state: KeyedState, row: string): string {
  const versionsThere = state.version.map((column) => `${OWN.there}.${identifier(column)}`);
  return `(ROW(${versionsThere.join(', ')}) IS NOT NULL AND NOT ${isRemoval(`${row}.${OWN.mark}`)})`;
}

/** How often the joined tombstone was touched. */
export const TOUCHES = `${TOMBSTONE}.touches AS ${KEYED.touches}`;

/** Whether a row is no older than the removal that the joined tombstone tells of, if it tells of one. */
export function isNoOlderThanTombstone(state: KeyedState, row: string): string {
  return `((${removedVersion(state).join(', ')}) <= (${compared(state, row).join(', ')})) IS NOT FALSE`;
}

/** Version of the removal that the joined tombstone tells of, as it is compared; nulls where it tells of none. */
export function removedVersion({ version, columns }: Pick<KeyedState, 'version' | 'columns'>): string[] {
  return version.map((column, position) =>
    comparableValue(`(${TOMBSTONE}.version->>${position})::${sqlTypeOf(columns[column] ?? '')}`, columns[column]),
  );
}

function versionOf({ version, columns }: { readonly version: readonly string[]; readonly columns: Columns }): string {
  const values = version.map((column) => {
    const value = `${OWN.row}.${identifier(column)}`;
    return isComposed(columns[column] ?? '') ? `${value}::text` : value;
  });
  return `jsonb_build_array(${values.join(', ')})`;
}

/**
 * Leaves a trace of each row that is about to be removed or created. Whoever finds that another statement has left one
 * since its own began has read what was there before, and fails.
 *
 * @param chosen name of the part with what becomes of each key
 */
export function touchTombstones(state: KeyedState, name: string, chosen: string): string {
  const { row } = OWN;
  const key = tombstoneKey(state, row);
  const raced = fail('40001', `'another lane has just created or removed a row of ${name}'`);
  return `
  INSERT INTO ${FRAMEWORK_TABLES.tombstone} AS ${TOMBSTONE} (function_name, table_name, key, version, touches)
  SELECT ${FUNCTION_NAME}, '${name}', ${key}, CASE WHEN ${KEYED.isRemoval} THEN ${versionOf(state)} END,
    coalesce(${row}.${KEYED.touches}, 0) + 1
  FROM ${chosen} AS ${row} WHERE ${KEYED.isRemoval} OR NOT ${KEYED.isThere} ORDER BY ${key} COLLATE "C"
  ON CONFLICT (function_name, table_name, key) DO UPDATE
  SET version = coalesce(excluded.version, ${TOMBSTONE}.version), committed_at = now(),
    touches = CASE WHEN ${TOMBSTONE}.touches + 1 = excluded.touches THEN excluded.touches WHEN ${raced} THEN 0 END
  RETURNING 1
`;
}
