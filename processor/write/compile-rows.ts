import { sqlTypeOf } from '../tables/column-type.ts';
import type { Columns, RowSource, Table, Tables } from '../tables/table-kind.ts';
import { columnThere, givenTables, identifier, OWN, ownName } from '../tables/table-kind.ts';
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
  const select = (name: string): string => selectGiven(tableOf(name).columns, given.indexOf(name));
  return {
    shared: given.filter(isShared).map((name) => `${sharedName(name)} AS MATERIALIZED (${select(name)})`),
    of: (name) => {
      const { columns, from } = tableOf(name);
      if (from !== undefined) return `(${selectFrom(sharedName(from.table), columns, from)})`;
      return isShared(name) ? sharedName(name) : `(${select(name)})`;
    },
  };
}

function selectGiven(columns: Columns, list: number): string {
  const cells = Object.entries(columns).map(([column, type], position) => {
    const name = sqlTypeOf(type);
    // A jsonb cell is taken as it is; text in between would lose whether "1" was a string or a number.
    const cell = name === 'jsonb' ? jsonCell(position + 1, type) : `(${OWN.cells}->>${position + 1})::${name}`;
    return `${cell} AS ${identifier(column)}`;
  });
  return `SELECT (${OWN.cells}->>0)::integer AS ${OWN.n}, ${cells.join(', ')} FROM jsonb_array_elements(:${WRITE_PARAMETERS.rows(list)}::jsonb) AS ${OWN.cells}`;
}

function jsonCell(position: number, type: string): string {
  return type.endsWith('?') ? `NULLIF(${OWN.cells}->${position}, 'null'::jsonb)` : `${OWN.cells}->${position}`;
}

function selectFrom(rows: string, columns: Columns, from: RowSource): string {
  const selected = Object.keys(columns).map((column) => {
    const there = columnThere(from, column);
    return there === column ? identifier(column) : `${identifier(there)} AS ${identifier(column)}`;
  });
  return `SELECT ${OWN.n}, ${selected.join(', ')} FROM ${rows}`;
}
