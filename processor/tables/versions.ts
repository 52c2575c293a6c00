import type { KeyedState } from './keyed-state.ts';
import { isNoOlder, newest } from './keyed-state.ts';
import type { Removal } from './removal.ts';
import type { Columns, RequiredColumns, RowSource, Table, TableWrite, Values, WriteTarget } from './table-kind.ts';
import { columnList, identifier, keyOrder, OWN, partProblems, PLAIN } from './table-kind.ts';
import { writeByKey } from './write-by-key.ts';

/** A row of a versioned table: with `patch`, it may leave out what stays as it is. */
export type VersionedRow<K, V, C, P> = Values<K> &
  Values<V> &
  (P extends true ? { readonly [N in keyof Values<C>]?: Values<C>[N] | undefined } : Values<C>);

/** A table that keeps the newest state per key. */
export interface VersionedTable<
  K extends RequiredColumns = RequiredColumns,
  V extends RequiredColumns = RequiredColumns,
  C extends Columns = Columns,
  F extends RowSource | undefined = RowSource | undefined,
  P extends boolean = boolean,
  R extends boolean = boolean,
> extends Table<VersionedRow<K, V, C, P> | (R extends false ? never : Removal<Values<K> & Values<V>>)> {
  readonly columns: K & V & C;
  readonly from: F;
}

/** What {@link versions} takes. */
export interface VersionedDeclaration<
  K extends RequiredColumns,
  V extends RequiredColumns,
  C extends Columns,
  F extends RowSource | undefined = undefined,
  P extends boolean = false,
  R extends boolean = true,
> {
  /** The primary key columns. */
  readonly key: K;
  /** The columns that tell newer from older, most significant first; text compares bytewise. */
  readonly version: V;
  /** The rest of the state. */
  readonly columns: C;
  /**
   * An insert table whose rows say all of this table's: `project` then gives none for it. What is not sent twice is not
   * read twice either, which is 15 % of the database's work for the example.
   *
   * @defaultValue none, `project` gives the rows
   */
  readonly from?: F;
  /**
   * Columns that a row leaves out, or that are `undefined` in it, keep their value. Where there is no row yet they are
   * null, so that a row which creates one must give every column without `?`.
   *
   * @defaultValue false: a row gives all columns
   */
  readonly patch?: P;
  /**
   * `false` where `remove` is never used for this table: the processor's role then needs no DELETE on it, and nothing
   * is kept about rows that are created.
   *
   * @defaultValue true, without any effect where the function never uses `remove`, or the table has `from`
   */
  readonly removes?: R;
}

/**
 * Whether anything in this code calls `remove`. The bundler puts a text in place of the expression: without that function
 * in the bundle, nothing has to be kept about rows that are gone. Code that nobody bundled may call it.
 */
const CODE_REMOVES = process.env['USES_REMOVE']?.startsWith('never') !== true;

/**
 * Declares a table that holds the newest state per key. A row replaces another when its version is greater, so that
 * a late event never overwrites newer state; of equal versions, the one later in the stream wins. A version that is
 * NULL in a row that was there before is the oldest. `remove` deletes a row by the same rule.
 */
export function versions<
  const K extends RequiredColumns,
  const V extends RequiredColumns,
  const C extends Columns,
  const F extends RowSource | undefined = undefined,
  const P extends boolean = false,
  const R extends boolean = true,
>(declaration: VersionedDeclaration<K, V, C, F, P, R>): VersionedTable<K, V, C, F, P, R> {
  const { key, version, columns } = declaration;
  const takesRemovals = declaration.from === undefined && declaration.removes !== false;
  const state: KeyedState = {
    columns: { ...key, ...version, ...columns },
    key: Object.keys(key),
    version: Object.keys(version),
    replaced: [...Object.keys(version), ...Object.keys(columns)],
    patched: declaration.patch === true ? Object.keys(columns) : [],
    removes: takesRemovals && CODE_REMOVES,
  };
  return {
    ...PLAIN,
    kind: 'versions',
    columns: { ...key, ...version, ...columns },
    key: state.key,
    uniqueKey: state.key,
    from: declaration.from as F,
    patched: state.patched,
    removedBy: takesRemovals ? [...state.key, ...state.version] : undefined,
    privileges: ['SELECT', 'INSERT', 'UPDATE', ...(state.removes ? (['DELETE'] as const) : [])],
    version: state.version,
    withoutEffect: 'superseded',
    problems: () => [...partProblems({ key, version, columns }, ['key', 'version']), ...patchProblems(declaration)],
    ...(state.removes && { withoutRemovals: () => versions({ ...declaration, removes: false }) }),
    write: (target) =>
      state.removes || state.patched.length > 0 ? writeByKey(state, target) : writeAtOnce(state, target),
  };
}

/** Rows that another table gives are whole, and nobody can take one of them for a removal. */
function patchProblems({ from, patch, removes }: AnyDeclaration): string[] {
  if (from === undefined) return [];
  return [
    ...(patch === true ? ['`patch` must be left out beside `from`: those rows have all columns'] : []),
    ...(removes === true ? ['`removes` must be left out beside `from`: events give no rows for this table'] : []),
  ];
}

type AnyDeclaration = VersionedDeclaration<
  RequiredColumns,
  RequiredColumns,
  Columns,
  RowSource | undefined,
  boolean,
  boolean
>;

/** Where a row is only ever replaced by a whole one, the conflict itself tells which of the two is newer. */
function writeAtOnce(state: KeyedState, { table, rows, later, part, tellsEffective }: WriteTarget): TableWrite {
  if (!tellsEffective)
    return { parts: [[part('write'), `${upsert(state, table, newest(state, rows, { later }))}  RETURNING 1\n`]] };
  const [chosen, written] = [part('chosen'), part('write')];
  const columns = columnList(Object.keys(state.columns));
  const select = `SELECT ${columns} FROM ${chosen} AS ${OWN.row} ORDER BY ${keyOrder(state, OWN.row)}`;
  const sameKey = state.key.map((column) => `${chosen}.${identifier(column)} = ${written}.${identifier(column)}`);
  return {
    parts: [
      [chosen, `\n  ${newest(state, rows, { own: [OWN.n], later })}\n`],
      [written, `${upsert(state, table, select)}  RETURNING ${columnList(state.key, OWN.there)}\n`],
    ],
    effective: `SELECT ${chosen}.${OWN.n} FROM ${chosen} JOIN ${written} ON ${sameKey.join(' AND ')}`,
  };
}

/** A comparison that meets a NULL in the row that is there is neither true nor false: that row is the older one. */
function upsert(state: KeyedState, table: string, select: string): string {
  const updates = state.replaced.map((column) => `${identifier(column)} = excluded.${identifier(column)}`);
  return `
  INSERT INTO ${table} AS ${OWN.there} (${columnList(Object.keys(state.columns))})
  ${select}
  ON CONFLICT (${columnList(state.key)}) DO UPDATE SET ${updates.join(', ')}
  WHERE ${isNoOlder('excluded', OWN.there, state)}
`;
}
