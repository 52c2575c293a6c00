import type { ColumnEncoder, JsonValue } from './column-type.ts';
import { columnEncoder, describeColumnType, parseColumnType } from './column-type.ts';
import type { Table } from './table.ts';
import { columnsOf } from './table.ts';

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
   * Encodes a row as the text of a JSON array: first `n`, which ties it to its event inside the statement, then the
   * columns in their declared order.
   */
  readonly encode: (row: unknown, n: number) => string | RowProblem;
}

interface EncodedColumn {
  readonly name: string;
  readonly encode: ColumnEncoder;
  readonly expected: string;
}

/** Text that PostgreSQL can't hold shows in JSON as one of these escapes; so do a few harmless texts. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/;

/** Chooses the encoders of a table's columns once, at start-up. */
export function createRowEncoder(name: string, table: Table): RowEncoder {
  const columns = Object.entries(columnsOf(table)).map(([column, type]) => {
    const parsed = parseColumnType(type);
    if (parsed === undefined) throw new TypeError(`column \`${column}\` has the unknown type ${type}`);
    return { name: column, encode: columnEncoder(parsed), expected: describeColumnType(parsed) };
  });
  return { table: name, encode: (row, n) => encodeRow(row, n, { name, columns }) };
}

interface EncodedTable {
  readonly name: string;
  readonly columns: readonly EncodedColumn[];
}

function encodeRow(row: unknown, n: number, table: EncodedTable): string | RowProblem {
  if (typeof row !== 'object' || row === null) {
    return new RowProblem(`\`${table.name}\` must be a row, got ${describeValue(row)}`);
  }
  const values: JsonValue[] = [n];
  const cells = row as Readonly<Record<string, unknown>>;
  for (const column of table.columns) {
    const cell = cells[column.name];
    const value = column.encode(cell);
    if (value === undefined) {
      return new RowProblem(`\`${table.name}.${column.name}\` must be ${column.expected}, got ${describeValue(cell)}`);
    }
    values.push(value);
  }
  return unknownColumn(cells, table) ?? checkStorable(values, table);
}

function unknownColumn(cells: Readonly<Record<string, unknown>>, table: EncodedTable): RowProblem | undefined {
  const names = Object.keys(cells);
  if (names.length === table.columns.length) return undefined;
  const unknown = names.find((name) => !table.columns.some((column) => column.name === name));
  return unknown === undefined
    ? undefined
    : new RowProblem(`\`${table.name}\` has no column \`${unknown}\`; declare it or leave it out`);
}

function checkStorable(values: readonly JsonValue[], table: EncodedTable): string | RowProblem {
  const text = JSON.stringify(values);
  if (!SUSPECT_ESCAPE.test(text)) return text;
  const index = values.findIndex((value) => !isStorable(value));
  if (index < 0) return text;
  return new RowProblem(
    `\`${table.name}.${table.columns[index - 1]?.name ?? ''}\` holds text that PostgreSQL can't store: a NUL character or half a surrogate pair`,
  );
}

function isStorable(value: JsonValue): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([member, inner]) => isStorable(member) && isStorable(inner));
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return `a value of type ${typeof value}`;
}

/**
 * Bytes a JSON text takes as a string value inside a request body: UTF-8, and one byte more for each quote and
 * backslash. Counts on the way past, because encoding a megabyte just to measure it would cost as much as sending it.
 */
export function escapedBytes(jsonText: string): number {
  let bytes = 0;
  for (let index = 0; index < jsonText.length; index += 1) {
    const unit = jsonText.charCodeAt(index);
    if (unit < 0x80) bytes += unit === QUOTE || unit === BACKSLASH ? 2 : 1;
    else if (unit < 0x800 || isSurrogate(unit)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A surrogate pair is two units and four bytes in UTF-8. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
