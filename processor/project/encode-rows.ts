import type { ColumnEncoder } from '../tables/column-type.ts';
import { columnEncoder, describeMisfit, parseColumnType } from '../tables/column-type.ts';
import type { EncodedValue } from '../tables/json-cell.ts';
import { JsonText } from '../tables/json-cell.ts';
import { Removal, REMOVAL_MARK } from '../tables/removal.ts';
import { UNSTORABLE } from '../tables/storable-text.ts';
import type { MemberName } from '../user-values.ts';
import { describeValue, hearLateRejections, isPromiseLike, memberName, memberOf } from '../user-values.ts';
import type { Origin } from '../decode/item.ts';
import { placeOf } from '../decode/item.ts';
import { positionOf } from '../decode/place.ts';
import type { EscapedRows } from './escaped-rows.ts';
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

/** What a row belongs to. */
export interface RowItem {
  /** Number of the event in its batch. */
  readonly n: number;
  /** Where the event came from: its place is what columns of type `position` are filled with. */
  readonly origin: Origin;
}

/** Encodes rows of one table. */
export interface RowEncoder {
  readonly table: MemberName;
  /**
   * Adds a row to others: first the number, which ties it to its event inside the statement, then the columns in their
   * declared order.
   *
   * @returns what is wrong with the row, of which a part has been added then
   */
  readonly encode: (row: unknown, item: RowItem, rows: EscapedRows) => RowProblem | undefined;
}

interface EncodedColumn extends MemberName {
  /** Table and column, for messages. */
  readonly label: string;
  readonly encode: ColumnEncoder;
  /** Whether a row that leaves the column out gets the position of its event there. */
  readonly isPosition: boolean;
  /** Its place among the columns that a row may leave out; -1 where it must not. */
  readonly patchIndex: number;
  /** Whether a removal has it too. */
  readonly isOfRemoval: boolean;
  /** What is expected and what came, of a value that the encoder does not take. */
  readonly describeMisfit: (value: unknown) => string;
}

/** What encoding needs to know of a table. */
type EncodedTableParts = Pick<Table, 'columns'> & Partial<Pick<Table, 'patched' | 'removedBy' | 'summed' | 'version'>>;

/** Chooses the encoders of a table's columns once, at start-up. */
export function createRowEncoder(name: string, table: EncodedTableParts): RowEncoder {
  const columns = Object.entries(table.columns).map(([column, type]) => {
    const parsed = parseColumnType(type);
    if (parsed === undefined) throw new TypeError(`column \`${column}\` has the unknown type ${type}`);
    return {
      ...memberName(column),
      label: `\`${name}.${column}\``,
      encode: columnEncoder(parsed, { isFinite: isFinite(column, table) }),
      isPosition: parsed.kind === 'one' && parsed.name === 'position',
      patchIndex: table.patched?.indexOf(column) ?? -1,
      isOfRemoval: table.removedBy?.includes(column) ?? false,
      describeMisfit: (value: unknown) => describeMisfit(parsed, value),
    };
  });
  const encodedTable: EncodedTable = { name, columns, patchedColumns: table.patched?.length ?? 0 };
  const hasPosition = columns.some(({ isPosition }) => isPosition);
  const hasInheritedName = columns.some(({ isInherited }) => isInherited);
  const cellsOf = (row: object, { origin }: RowItem): Cells => {
    const given = hasInheritedName ? readCells(row, columns) : (row as Cells);
    return hasPosition ? fillPositions(given, columns, origin) : given;
  };
  return {
    table: memberName(name),
    encode: (row, item, rows) => {
      if (typeof row !== 'object' || row === null) return notARow(name, row);
      if (row instanceof Removal && table.removedBy === undefined) return notRemovable(name);
      rows.openRow(item.n);
      const cells = cellsOf(row instanceof Removal ? (row.row as object) : row, item);
      const problem =
        row instanceof Removal
          ? encodeRemoval(row as Removal, cells, { table: encodedTable, rows })
          : (encodeCells(cells, encodedTable, rows) ?? unknownColumn(row as Cells, cells, encodedTable));
      rows.closeRow();
      return problem !== undefined && isPromiseLike(row) ? notARow(name, row) : problem;
    },
  };
}

/** What is added up or compared must be finite: NaN or an infinity would spoil for good what is there. */
function isFinite(column: string, { summed = [], version = [] }: EncodedTableParts): boolean {
  return summed.includes(column) || version.includes(column);
}

function notRemovable(name: string): RowProblem {
  return new RowProblem(
    `rows of \`${name}\` can't be removed: \`remove\` works on tables of \`versions\` that are declared without \`removes: false\``,
  );
}

function notARow(name: string, row: unknown): RowProblem {
  const advice = isPromiseLike(row) ? '; await it' : '';
  return new RowProblem(`\`${name}\` must be a row, got ${describeValue(row)}${advice}`);
}

type Cells = Readonly<Record<string, unknown>>;

interface EncodedTable {
  readonly name: string;
  readonly columns: readonly EncodedColumn[];
  /** How many of them a row may leave out. */
  readonly patchedColumns: number;
}

/** The cells of a table with a column such as `constructor`, which every row seems to have. */
function readCells(row: object, columns: readonly EncodedColumn[]): Cells {
  return Object.fromEntries(columns.map((column) => [column.name, memberOf(row, column)]));
}

/** A row with its own position where it has none. */
function fillPositions(cells: Cells, columns: readonly EncodedColumn[], origin: Origin): Cells {
  const missing = columns.filter(({ isPosition, name }) => isPosition && cells[name] === undefined);
  if (missing.length === 0) return cells;
  const position = positionOf(placeOf(origin));
  return { ...cells, ...Object.fromEntries(missing.map(({ name }) => [name, position])) };
}

/** Adds the cells of any row, or says what is wrong with it. */
function encodeCells(cells: Cells, table: EncodedTable, rows: EscapedRows): RowProblem | undefined {
  let isWhole = true;
  for (const column of table.columns) {
    const cell = cells[column.name];
    const value = column.encode(cell);
    if (value === undefined) {
      if (cell !== undefined || column.patchIndex < 0) return misfit(column, cell);
      isWhole = false;
      rows.appendJson('null');
    } else if (!appendCell(value, rows)) return new RowProblem(`${column.label} holds ${UNSTORABLE}`);
  }
  return isWhole ? undefined : markLeftOut(cells, table, rows);
}

function misfit(column: EncodedColumn, cell: unknown): RowProblem {
  // A getter may have made it, and would return another one if asked again.
  hearLateRejections(cell);
  return new RowProblem(`${column.label} ${column.describeMisfit(cell)}`);
}

/** Adds a mark after the cells: a digit for each column that may be left out, 1 where it is given. */
function markLeftOut(cells: Cells, table: EncodedTable, rows: EscapedRows): RowProblem | undefined {
  const digits = new Array<string>(table.patchedColumns).fill('1');
  for (const { name, patchIndex } of table.columns) if (cells[name] === undefined) digits[patchIndex] = '0';
  rows.appendString(digits.join(''));
  return undefined;
}

/** Adds the key and the version of a row to be removed, and its mark after them. */
function encodeRemoval(
  { row: given }: Removal,
  cells: Cells,
  { table, rows }: { readonly table: EncodedTable; readonly rows: EscapedRows },
): RowProblem | undefined {
  for (const column of table.columns) {
    const value = column.isOfRemoval ? column.encode(cells[column.name]) : null;
    if (value === undefined) return misfit(column, cells[column.name]);
    if (!appendCell(value, rows)) return new RowProblem(`${column.label} holds ${UNSTORABLE}`);
  }
  rows.appendString(REMOVAL_MARK);
  const parts = table.columns.filter(({ isOfRemoval }) => isOfRemoval).map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !parts.includes(name));
  return unknown === undefined
    ? undefined
    : new RowProblem(`\`remove\` for \`${table.name}\` takes ${parts.join(', ')}; leave \`${unknown}\` out`);
}

/** Adds a cell, or returns false when PostgreSQL can't hold it. */
function appendCell(value: EncodedValue, rows: EscapedRows): boolean {
  if (typeof value === 'string') return rows.appendString(value);
  if (typeof value === 'number') rows.appendNumber(value);
  else rows.appendJson(value instanceof JsonText ? value.json : String(value));
  return true;
}

/**
 * Each declared column has been found, or filled in: in a plain object of as many cells, there is no other.
 *
 * @param row as it was given
 * @param cells the same with what was filled in
 */
function unknownColumn(
  row: Cells,
  cells: Cells,
  { name, columns, patchedColumns }: EncodedTable,
): RowProblem | undefined {
  if (patchedColumns === 0 && isPlain(row) && countMembers(cells) === columns.length) return undefined;
  const unknown = Object.keys(row).find((given) => !columns.some((column) => column.name === given));
  return unknown === undefined
    ? undefined
    : new RowProblem(`\`${name}\` has no column \`${unknown}\`; declare it or leave it out`);
}

function isPlain(cells: Cells): boolean {
  return Object.getPrototypeOf(cells) === Object.prototype;
}

/** Counting takes a tenth of the time that a list of the names takes. */
function countMembers(cells: Cells): number {
  let members = 0;
  for (const member in cells) members += typeof member === 'string' ? 1 : 0;
  return members;
}
