/**
 * What the ways to write a versioned table share: its declaration as SQL sees it, and which of two rows is newer.
 *
 * @module
 */
import { REMOVAL_MARK } from './removal.ts';
import type { Columns } from './table-kind.ts';
import { columnList, comparable, identifier, keyOrder, OWN, ownName } from './table-kind.ts';

/** A versioned table, as its write sees it. */
export interface KeyedState {
  readonly columns: Columns;
  readonly key: readonly string[];
  readonly version: readonly string[];
  /** Columns that a newer row replaces. */
  readonly replaced: readonly string[];
  /** Columns among them that a row may leave out. */
  readonly patched: readonly string[];
  /** Whether rows may be removed. */
  readonly removes: boolean;
}

/** Names of what is known of a key beside its columns. */
export const KEYED = {
  /** Whether its row is there. */
  isThere: ownName('is_there'),
  /** Whether its row is to go. */
  isRemoval: ownName('is_removal'),
  /** How often its tombstone had been touched; null where there is none. */
  touches: ownName('touches'),
} as const;

/** A part of the statement by its name. */
export type Part = readonly [name: string, sql: string];

/** Version columns as they are compared. Text compares bytewise: by a language, a batch and its table could disagree. */
export function compared({ version, columns }: Pick<KeyedState, 'version' | 'columns'>, row: string): string[] {
  return version.map((column) => comparable(column, columns[column], row));
}

/** Whether a row is no older than another one, be it that this has no version at all. */
export function isNoOlder(row: string, than: string, state: KeyedState): string {
  return `((${compared(state, than).join(', ')}) <= (${compared(state, row).join(', ')})) IS NOT FALSE`;
}

/** Whether two rows have the same key. */
export function sameKey({ key }: Pick<KeyedState, 'key'>, one: string, other: string): string {
  return key.map((column) => `${one}.${identifier(column)} = ${other}.${identifier(column)}`).join(' AND ');
}

/** Whether a row is a removal, by its mark. */
export function isRemoval(mark: string): string {
  return `(${mark} IS NOT DISTINCT FROM '${REMOVAL_MARK}')`;
}

/** Whether a row was found for a key, of rows joined as `"~t"`. */
export function isThere({ key }: KeyedState): string {
  return `(${OWN.there}.${identifier(key[0] ?? '')} IS NOT NULL)`;
}

/**
 * The newest row per key among those of a batch: a row must not be touched twice by one statement.
 *
 * @param options columns to select beside the table's, and the one that tells which of equal versions came later
 */
export function newest(
  state: KeyedState,
  rows: string,
  { own = [], later }: { readonly own?: readonly string[]; readonly later: string },
): string {
  const byKey = keyOrder(state, OWN.row);
  const selected = [...own, columnList(Object.keys(state.columns))];
  const newestFirst = [...compared(state, OWN.row), `${OWN.row}.${later}`].map((column) => `${column} DESC`);
  return `SELECT DISTINCT ON (${byKey}) ${selected.join(', ')} FROM ${rows} ORDER BY ${byKey}, ${newestFirst.join(', ')}`;
}

/**
 * Locks the rows that are there, in the order of their keys, as all lanes do, and reads them.
 *
 * @param options the rows, as `"~r"`, that have their keys, each once, and the columns to read
 */
export function lockedRows(
  state: Pick<KeyedState, 'key' | 'columns'>,
  { table, keys, columns }: { readonly table: string; readonly keys: string; readonly columns: readonly string[] },
): string {
  const { there, row } = OWN;
  return `
  SELECT ${columnList(columns, there)} FROM ${table} AS ${there} JOIN ${keys} ON ${sameKey(state, there, row)}
  ORDER BY ${keyOrder(state, there)} FOR UPDATE OF ${there}
`;
}
