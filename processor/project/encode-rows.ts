import type { ColumnEncoder, JsonValue } from '../tables/column-type.ts';
import { columnEncoder, describeColumnType, parseColumnType } from '../tables/column-type.ts';
import type { EscapedRows } from './escaped-rows.ts';
import { isStorableText } from '../tables/column-type.ts';
import type { Table } from '../tables/table-kind.ts';

/** Why a row can't be written: the sentence that goes to the quarantine. */
export class RowProblem {
  readonly detail: string;

  /**
   * Keeps the sentence.
   *
   * @param detail expected and got, with the column in backticks
   */
  constructor(detail: string) {
    this.detail = detail;
  }
}

/** Encodes rows of one table. */
export interface RowEncoder {
  readonly table: string;
  /**
   * Adds a row to others: first `n`, which ties it to its event inside the statement, then the columns in their
   * declared order.
   *
   * @returns what is wrong with the row, of which a part has been added then
   */
  readonly encode: (row: unknown, n: number, rows: EscapedRows) => RowProblem | undefined;
}

interface EncodedColumn {
  readonly name: string;
  /** Table and column, for messages. */
  readonly label: string;
  readonly encode: ColumnEncoder;
  readonly expected: string;
}

/** Chooses the encoders of a table's columns once, at start-up. */
export function createRowEncoder(name: string, table: Pick<Table, 'columns'>): RowEncoder {
  const columns = Object.entries(table.columns).map(([column, type]) => {
    const parsed = parseColumnType(type);
    if (parsed === undefined) throw new TypeError(`column \`${column}\` has the unknown type ${type}`);
    return {
      name: column,
      label: `\`${name}.${column}\``,
      encode: columnEncoder(parsed),
      expected: describeColumnType(parsed),
    };
  });
  const encodedTable: EncodedTable = { name, columns };
  return {
    table: name,
    encode: (row, n, rows) => {
      if (typeof row !== 'object' || row === null) {
        return new RowProblem(`\`${name}\` must be a row, got ${describeValue(row)}`);
      }
      rows.openRow(n);
      const problem = encodeCells(row as Cells, encodedTable, rows) ?? unknownColumn(row as Cells, encodedTable);
      rows.closeRow();
      return problem;
    },
  };
}

type Cells = Readonly<Record<string, unknown>>;

interface EncodedTable {
  readonly name: string;
  readonly columns: readonly EncodedColumn[];
}

/** Adds the cells of any row, or says what is wrong with it. */
function encodeCells(cells: Cells, { columns }: EncodedTable, rows: EscapedRows): RowProblem | undefined {
  for (const { name, label, encode, expected } of columns) {
    const cell = cells[name];
    const value = encode(cell);
    if (value === undefined) return new RowProblem(`${label} must be ${expected}, got ${describeValue(cell)}`);
    if (appendCell(value, rows)) continue;
    return new RowProblem(`${label} holds text that PostgreSQL can't store: a NUL character or half a surrogate pair`);
  }
  return undefined;
}

/** Adds a cell, or returns false when there is none, or PostgreSQL can't hold it. */
function appendCell(value: JsonValue | undefined, rows: EscapedRows): boolean {
  if (typeof value === 'string') return rows.appendString(value);
  if (typeof value !== 'number') return value !== undefined && appendJson(value, rows);
  rows.appendNumber(value);
  return true;
}

/** Text that PostgreSQL can't hold shows in JSON as one of these escapes; so do a few harmless texts. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/;

function appendJson(value: JsonValue, rows: EscapedRows): boolean {
  // An object with a `toJSON` may have no JSON at all; as an element of an array, that is null.
  const json = (JSON.stringify(value) as string | undefined) ?? 'null';
  if (SUSPECT_ESCAPE.test(json) && !isStorable(JSON.parse(json) as JsonValue)) return false;
  rows.appendJson(json);
  return true;
}

function isStorable(value: JsonValue): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([member, inner]) => isStorableText(member) && isStorable(inner));
}

function unknownColumn(cells: Cells, { name, columns }: EncodedTable): RowProblem | undefined {
  const unknown = Object.keys(cells).find((given) => !columns.some((column) => column.name === given));
  return unknown === undefined
    ? undefined
    : new RowProblem(`\`${name}\` has no column \`${unknown}\`; declare it or leave it out`);
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return `a value of type ${typeof value}`;
}
