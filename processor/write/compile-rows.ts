import { readCell } from '../tables/column-sql.ts';
import type { Columns, RowSource, Table, Tables } from '../tables/table-kind.ts';
import { columnThere, givenTables, identifier, isMarked, OWN, ownName } from '../tables/table-kind.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';

/** What compiling a write needs to know of a projection. */
export interface WrittenTables {
  readonly tables: Tables;
  /** Name of the table that serves as the ledger, or `undefined` for the framework's. */
  readonly ledger: string | undefined;
}

/** The rows of a chunk as SQL: each with `"~n"`, the number of its event, and the columns of its table. */
export interface CompiledRows {
  /** Parts of the statement for the rows that more than one other part reads. */
  readonly shared: readonly string[];
  /** What a table's rows are selected from. */
  readonly of: (table: string) => string;
  /** The column of a table's rows that grows in the order of the stream: of two rows the one with more came later. */
  readonly laterOf: (table: string) => string;
}

/** The events with their ids: the rows of the ledger's table, where it is one of the projection's own. */
export const LEDGER_ROWS = ownName('event');

/**
 * Compiles where each table's rows come from: a parameter of its own, or the rows of another table.
 *
 * @param isReadTwice whether all rows are, so that none is read from its JSON twice
 */
export function compileRows({ tables, ledger }: WrittenTables, isReadTwice: boolean): CompiledRows {
  const given = givenTables(tables).map(([name]) => name);
  const sources = new Set(Object.values(tables).map(({ from }) => from?.table));
  const isShared = (name: string): boolean => isReadTwice || name === ledger || sources.has(name);
  const sharedName = (name: string): string =>
    name === ledger ? LEDGER_ROWS : ownName(`rows_${String(given.indexOf(name))}`);
  const tableOf = (name: string): Table => {
    const table = tables[name];
    if (table === undefined) throw new RangeError(`no table ${name}`);
    return table;
  };
  // Where a key is written twice by one event, the number of the event does not tell its rows apart. In a ledger it has one.
  const isOrdered = (name: string): boolean => {
    const table = tableOf(name);
    return name !== ledger && (isMarked(table) || table.withoutEffect !== undefined || sources.has(name));
  };
  const select = (name: string): string => selectGiven(tableOf(name), given.indexOf(name), isOrdered(name));
  return {
    shared: given.filter(isShared).map((name) => `${sharedName(name)} AS MATERIALIZED (${select(name)})`),
    of: (name) => {
      const { columns, from } = tableOf(name);
      if (from === undefined) return isShared(name) ? sharedName(name) : `(${select(name)})`;
      return `(${selectFrom(sharedName(from.table), columns, { from, isOrdered: isOrdered(from.table) })})`;
    },
    laterOf: (name) => (isOrdered(tableOf(name).from?.table ?? name) ? OWN.order : OWN.n),
  };
}

function selectGiven(table: Table, list: number, isOrdered: boolean): string {
  const { n, cells, order, mark } = OWN;
  const columns = Object.entries(table.columns).map(
    ([column, type], position) => `${readCell(type, position + 1)} AS ${identifier(column)}`,
  );
  const given = `jsonb_array_elements(:${WRITE_PARAMETERS.rows(list)}::jsonb)`;
  const selected = [`(${cells}->>0)::integer AS ${n}`, ...columns];
  if (!isOrdered) return `SELECT ${selected.join(', ')} FROM ${given} AS ${cells}`;
  const marks = isMarked(table) ? [`${cells}->>${columns.length + 1} AS ${mark}`] : [];
  return `SELECT ${[...selected, order, ...marks].join(', ')} FROM ${given} WITH ORDINALITY AS ${ownName('given')}(${cells}, ${order})`;
}

function selectFrom(
  rows: string,
  columns: Columns,
  { from, isOrdered }: { readonly from: RowSource; readonly isOrdered: boolean },
): string {
  const selected = Object.keys(columns).map((column) => {
    const there = columnThere(from, column);
    return there === column ? identifier(column) : `${identifier(there)} AS ${identifier(column)}`;
  });
  const own = isOrdered ? [OWN.n, OWN.order] : [OWN.n];
  return `SELECT ${[...own, ...selected].join(', ')} FROM ${rows}`;
}
