import type { Columns, RequiredColumns, RowSource, Table, TableWrite, Values, WriteTarget } from './table-kind.ts';
import { columnList, comparable, identifier, keyOrder, OWN, partProblems } from './table-kind.ts';

/** A table that keeps the newest state per key. */
export interface VersionedTable<
  K extends RequiredColumns = RequiredColumns,
  V extends RequiredColumns = RequiredColumns,
  C extends Columns = Columns,
  F extends RowSource | undefined = RowSource | undefined,
> extends Table<Values<K> & Values<V> & Values<C>> {
  readonly columns: K & V & C;
  readonly from: F;
}

/** What {@link versions} takes. */
export interface VersionedDeclaration<
  K extends RequiredColumns,
  V extends RequiredColumns,
  C extends Columns,
  F extends RowSource | undefined = undefined,
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
}

/**
 * Declares a table that holds the newest state per key. A row replaces another when its version is greater, so that
 * a late event never overwrites newer state; of equal versions, the one later in the stream wins. A version that is
 * NULL in a row that was there before is the oldest.
 */
export function versions<
  const K extends RequiredColumns,
  const V extends RequiredColumns,
  const C extends Columns,
  const F extends RowSource | undefined = undefined,
>(declaration: VersionedDeclaration<K, V, C, F>): VersionedTable<K, V, C, F> {
  const { key, version, columns } = declaration;
  const state: State = {
    columns: { ...key, ...version, ...columns },
    key: Object.keys(key),
    version: Object.keys(version),
    replaced: [...Object.keys(version), ...Object.keys(columns)],
  };
  return {
    kind: 'versions',
    columns: { ...key, ...version, ...columns },
    key: state.key,
    from: declaration.from as F,
    privileges: ['SELECT', 'INSERT', 'UPDATE'],
    rowsMayLose: true,
    problems: () => partProblems({ key, version, columns }, ['key', 'version']),
    write: (target) => write(state, target),
  };
}

interface State {
  readonly columns: Columns;
  readonly key: readonly string[];
  readonly version: readonly string[];
  /** Columns that a newer row replaces. */
  readonly replaced: readonly string[];
}

function write(state: State, { table, rows, part, tellsEffective }: WriteTarget): TableWrite {
  if (!tellsEffective)
    return { parts: [[part('write'), `${upsert(state, table, newest(state, rows))}  RETURNING 1\n`]] };
  const [chosen, written] = [part('chosen'), part('write')];
  const columns = columnList(Object.keys(state.columns));
  const select = `SELECT ${columns} FROM ${chosen} AS ${OWN.row} ORDER BY ${keyOrder(state, OWN.row)}`;
  const sameKey = state.key.map((column) => `${chosen}.${identifier(column)} = ${written}.${identifier(column)}`);
  return {
    parts: [
      [chosen, `\n  ${newest(state, rows, [OWN.n])}\n`],
      [written, `${upsert(state, table, select)}  RETURNING ${columnList(state.key, OWN.there)}\n`],
    ],
    effective: `SELECT ${chosen}.${OWN.n} FROM ${chosen} JOIN ${written} ON ${sameKey.join(' AND ')}`,
  };
}

/** The newest row per key among those of a batch: a row must not be touched twice by one statement. */
function newest(state: State, rows: string, own: readonly string[] = []): string {
  const byKey = keyOrder(state, OWN.row);
  const selected = [...own, columnList(Object.keys(state.columns))];
  const newestFirst = [...compared(state, OWN.row), `${OWN.row}.${OWN.n}`].map((column) => `${column} DESC`);
  return `SELECT DISTINCT ON (${byKey}) ${selected.join(', ')} FROM ${rows} ORDER BY ${byKey}, ${newestFirst.join(', ')}`;
}

/** A comparison that meets a NULL in the row that is there is neither true nor false: that row is the older one. */
function upsert(state: State, table: string, select: string): string {
  const updates = state.replaced.map((column) => `${identifier(column)} = excluded.${identifier(column)}`);
  return `
  INSERT INTO ${table} AS ${OWN.there} (${columnList(Object.keys(state.columns))})
  ${select}
  ON CONFLICT (${columnList(state.key)}) DO UPDATE SET ${updates.join(', ')}
  WHERE ((${compared(state, OWN.there).join(', ')}) <= (${compared(state, 'excluded').join(', ')})) IS NOT FALSE
`;
}

/** Text compares bytewise here and there: by the database's language, a batch and its table could disagree. */
function compared({ version, columns }: State, row: string): string[] {
  return version.map((column) => comparable(column, columns[column], row));
}
