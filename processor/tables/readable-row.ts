/**
 * How rows are read back: as one JSON array of cells, in which nothing is rounded.
 *
 * @module
 */
import type { ReadValue } from './column-type.ts';
import { parseColumnType } from './column-type.ts';
import type { Columns } from './table-kind.ts';
import { identifier } from './table-kind.ts';

/** A row as it is read: column name to value. */
export type ReadRow<C> = { readonly [N in keyof C]: ReadValue<C[N]> };

/**
 * SQL of a row's cells: the text of a JSON array.
 *
 * @param columns that are read
 * @param row alias of the table
 */
export function selectCells(columns: Columns, row: string): string {
  const cells = Object.entries(columns).map(([column, type]) => cell(`${row}.${identifier(column)}`, type));
  return `jsonb_build_array(${cells.join(', ')})::text`;
}

/** JSON numbers are doubles to JavaScript, and JSON has no NaN: what must stay exact travels as text. */
const AS_TEXT: ReadonlySet<string> = new Set(['bigint', 'numeric', 'position', 'double precision']);

function cell(name: string, type: string): string {
  const parsed = parseColumnType(type);
  if (parsed === undefined) return name;
  if (parsed.kind === 'sql') return `${name}::text`;
  if (AS_TEXT.has(parsed.name)) return `${name}::text${parsed.kind === 'list' ? '[]' : ''}`;
  return parsed.name === 'bytea' && parsed.kind === 'one' ? `encode(${name}, 'base64')` : name;
}

/** The row that {@link selectCells} has read, as a lookup returns it. */
export function rowOfCells(columns: Columns, cells: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(columns).map(([column, type], index) => [column, toValue(type, cells[index])]),
  );
}

/** What a value of a list is to a lookup, where JSON shows it as something else. */
const ELEMENTS: readonly (readonly [type: string, toElement: (cell: unknown) => unknown])[] = [
  ['double precision', Number],
  // Alone it is encoded by the database; inside a list it is shown as `\\x` and hex digits.
  ['bytea[]', (cell) => Buffer.from(String(cell).slice(2), 'hex').toString('base64')],
];

function toValue(type: string, cell: unknown): unknown {
  const toElement = ELEMENTS.find(([name]) => type.startsWith(name))?.[1];
  return toElement === undefined ? cell : mapElements(cell, toElement);
}

/** Lists may have several dimensions. */
function mapElements(cell: unknown, toElement: (cell: unknown) => unknown): unknown {
  if (cell === null) return null;
  return Array.isArray(cell) ? cell.map((element) => mapElements(element, toElement)) : toElement(cell);
}
