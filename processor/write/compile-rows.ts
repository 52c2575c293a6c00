import { identifier } from '../tables/table-kind.ts';
import type { Columns, Table } from '../tables/table-kind.ts';
import { columnsOf, givenTables, rowSourceOf } from '../tables/table-kind.ts';
import { WRITE_PARAMETERS } from '../write-parameter-names.ts';

/** What compiling a write needs to know of a projection. */
export interface WrittenTables {
  readonly tables: Readonly<Record<string, Table>>;
  /** Name of the table that serves as the ledger, or `undefined` for the framework's. */
  readonly ledger: string | undefined;
}

/** The rows of a chunk as SQL: each with `_n`, the number of its event, and the columns of its table. */
export interface CompiledRows {
  /** Parts of the statement for the rows that more than one other part reads. */
  readonly shared: readonly string[];
  /** What a table's rows are selected from. */
  readonly of: (table: string) => string;
}

/** The rows of the ledger's table, when it is one of the projection's own. */
const LEDGER_ROWS = '_event';

/** Compiles where each table's rows come from: a parameter of its own, or the rows of another table. */
export function compileRows({ tables, ledger }: WrittenTables): CompiledRows {
  const given = givenTables(tables).map(([name]) => name);
  const sources = new Set(Object.values(tables).map((table) => rowSourceOf(table)?.table));
  const isShared = (name: string): boolean => name === ledger || sources.has(name);
  const sharedName = (name: string): string => (name === ledger ? LEDGER_ROWS : `_rows_${given.indexOf(name)}`);
  const tableOf = (name: string): Table => {
    const table = tables[name];
    if (table === undefined) throw new RangeError(`no table ${name}`);
    return table;
  };
  const select = (name: string): string => selectGiven(columnsOf(tableOf(name)), given.indexOf(name));
  return {
    shared: given.filter(isShared).map((name) => `${sharedName(name)} AS MATERIALIZED (${select(name)})`),
    of: (name) => {
      const table = tableOf(name);
      const source = rowSourceOf(table);
      if (source !== undefined) return `(${selectFrom(sharedName(source.table), table, source.columns)})`;
      return isShared(name) ? sharedName(name) : `(${select(name)})`;
    },
  };
}

function selectGiven(columns: Columns, list: number): string {
  const cells = Object.entries(columns).map(([column, type], position) => {
    const name = type.endsWith('?') ? type.slice(0, -1) : type;
    // A jsonb cell is taken as it is; text in between would lose whether "1" was a string or a number.
    const cell = name === 'jsonb' ? jsonCell(position + 1, type) : `(v->>${position + 1})::${name}`;
    return `${cell} AS ${identifier(column)}`;
  });
  return `SELECT (v->>0)::integer AS _n, ${cells.join(', ')} FROM jsonb_array_elements(:${WRITE_PARAMETERS.rows(list)}::jsonb) AS v`;
}

function jsonCell(position: number, type: string): string {
  return type.endsWith('?') ? `NULLIF(v->${position}, 'null'::jsonb)` : `v->${position}`;
}

function selectFrom(rows: string, table: Table, renamed: Readonly<Record<string, string>> = {}): string {
  const columns = Object.keys(columnsOf(table)).map((column) => {
    const there = renamed[column];
    return there === undefined ? identifier(column) : `${identifier(there)} AS ${identifier(column)}`;
  });
  return `SELECT _n, ${columns.join(', ')} FROM ${rows}`;
}
