/**
 * What every kind of table is to the engine: its columns, what can be wrong with its declaration, the SQL that writes
 * its rows, and what the processor's role needs for it. A new kind is one file beside this one and one line of
 * `projection.ts`, which exports it.
 *
 * @module
 */
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import type { ColumnType, ColumnTypeName, WriteValue } from './column-type.ts';
import { BASE_TYPE_NAMES, parseColumnType } from './column-type.ts';

/** Column name to column type. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** Column name to a type that can't be null: keys, versions and counters. */
export type RequiredColumns = Readonly<Record<string, ColumnTypeName>>;

/** The values of columns, as a projection gives them; those of type `position` it may leave out. */
export type Values<C> = {
  readonly [N in keyof C as C[N] extends Position ? never : N]: WriteValue<C[N]>;
} & { readonly [N in keyof C as C[N] extends Position ? N : never]?: WriteValue<C[N]> };

type Position = 'position' | 'position?';

/** Carries the type of a table's rows; no value has it. */
declare const ROW: unique symbol;

/** Says that the rows of a table are those of another one, so that they are neither given nor sent twice. */
export interface RowSource {
  /** Name of an insert table of the same projection. */
  readonly table: string;
  /**
   * Own column to the column there, where their names differ.
   *
   * @defaultValue every column has its own name there
   */
  readonly columns?: Readonly<Record<string, string>>;
}

/** A table that a projection writes, of any kind. */
export interface Table<Row = unknown> {
  readonly [ROW]?: Row;
  /** Name of the function that declares tables of this kind. */
  readonly kind: string;
  /** All columns that are written, in the order in which rows are encoded. */
  readonly columns: Columns;
  /** Columns that rows are found and locked by, in this order; empty where rows only ever go in. */
  readonly key: readonly string[];
  /** Columns that must be unique in the database; empty where a key that is taken refuses the row. */
  readonly uniqueKey: readonly string[];
  /** Where its rows come from; `undefined` where events give them. */
  readonly from: RowSource | undefined;
  /** Columns that a row may leave out because they then keep their value. */
  readonly patched: readonly string[];
  /** Columns of a removal; `undefined` where no row is ever removed. */
  readonly removedBy: readonly string[] | undefined;
  /** What the processor's role needs on the table. */
  readonly privileges: readonly ('SELECT' | 'INSERT' | 'UPDATE' | 'DELETE')[];
  /**
   * Columns that tell newer from older; empty where no row replaces another.
   */
  readonly version: readonly string[];
  /** Columns whose values are added up, so that they don't tell which events they come from. */
  readonly summed: readonly string[];
  /**
   * What an event counts as whose rows had no effect because of what is there: newer versions of them, or any rows with
   * their keys. {@link TableWrite.effective} tells which. `undefined` where every row has an effect.
   */
  readonly withoutEffect: 'superseded' | 'existing' | undefined;
  /** What is wrong with the declaration beside what every kind checks, a sentence each. */
  readonly problems: () => readonly string[];
  /** The table as it is in the bundle of a function that never calls `remove`; only where that is another one. */
  readonly withoutRemovals?: () => Table;
  /** Compiles the part of the statement that writes the rows of fresh events. */
  readonly write: (target: WriteTarget) => TableWrite;
}

/** What a kind is unless it says otherwise: events give its rows, all of them whole, and every row has an effect. */
export const PLAIN = {
  from: undefined,
  patched: [],
  removedBy: undefined,
  version: [],
  summed: [],
  withoutEffect: undefined,
} as const satisfies Partial<Table>;

/** What a kind compiles its write for. */
export interface WriteTarget {
  /** The table's name as it is declared. */
  readonly name: string;
  /** The table's name as an SQL identifier. */
  readonly table: string;
  /** Source of the rows of fresh events: `"~r"`, each with `"~n"`, the number of its event, and the table's columns. */
  readonly rows: string;
  /** The column of the rows that grows in the order of the stream. */
  readonly later: string;
  /** Names a part of the statement that is this table's alone. */
  readonly part: (what: string) => string;
  /** Whether {@link TableWrite.effective} is asked for; answering costs the database a little. */
  readonly tellsEffective: boolean;
}

/** The compiled write of one table. */
export interface TableWrite {
  /** Parts of the statement: names and what stands in their parentheses. */
  readonly parts: readonly (readonly [name: string, sql: string])[];
  /** Conditions that are true, or fail the statement, once all parts have been executed. */
  readonly checks?: readonly string[];
  /** Query of `"~n"` of the events whose rows took effect; given where it is asked for and rows may lose. */
  readonly effective?: string;
}

/** The row a projection gives for a table. */
export type RowOf<T> = T extends { readonly [ROW]?: infer Row } ? Row : never;

/** Tables by name. */
export type Tables = Readonly<Record<string, Table>>;

/** The tables that events give rows for, in their declared order: the order of row lists and of row parameters. */
export function givenTables(tables: Tables): readonly (readonly [string, Table])[] {
  return Object.entries(tables).filter(([, { from }]) => from === undefined);
}

/** Whether a row may be something else than a whole one: behind its cells it then has one more, the mark. */
export function isMarked({ patched, removedBy }: Pick<Table, 'patched' | 'removedBy'>): boolean {
  return patched.length > 0 || removedBy !== undefined;
}

/** Where the rows of tables come from that take them from another one, by name. */
export function rowSourcesOf(tables: Tables): Readonly<Record<string, RowSource>> {
  return Object.fromEntries(
    Object.entries(tables).flatMap(([name, { from }]) => (from === undefined ? [] : [[name, from]])),
  );
}

/** The column of the other table that a column takes its values from. */
export function columnThere({ columns = {} }: RowSource, column: string): string {
  return (Object.hasOwn(columns, column) ? columns[column] : undefined) ?? column;
}

/**
 * A name of the statement's own. No name of a declaration has a `~` ({@link nameProblems}), so that no table and no column is ever taken for one of these, nor the other way round.
 */
export function ownName(name: string): string {
  return `"~${name}"`;
}

/** Names of the statement's own that every kind of table meets. */
export const OWN = {
  /** Number of a row's event. */
  n: ownName('n'),
  /** Which row of its table it is in the statement, in the order of the stream; where the number of its event may not tell. */
  order: ownName('order'),
  /** Says of a row that it is a removal, or which columns it leaves out ({@link isMarked}); null of a whole row. */
  mark: ownName('mark'),
  /** The rows of fresh events. */
  row: ownName('r'),
  /** The row that is there already, where one is updated. */
  there: ownName('t'),
  /** Rows as the table itself has them: with the types and collations of its columns. */
  own: ownName('own'),
  /** A JSON array of a parameter: the cells of a row. */
  cells: ownName('v'),
} as const;

/**
 * SQL that fails the statement: a value of type boolean that never comes.
 *
 * @param sqlState what the engine makes of it: `40001` sends the chunk again, `23502` refuses an event
 * @param message SQL of a text
 */
export function fail(sqlState: string, message: string): string {
  return `${FRAMEWORK_SCHEMA}.fail('${sqlState}', ${message})`;
}

/** A name of the declaration as an SQL identifier; `sales.orders` names a table in a schema. */
export function identifier(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** Names as SQL identifiers with commas in between, each behind the row it is a column of, if one is given. */
export function columnList(columns: readonly string[], row?: string): string {
  return columns.map((column) => (row === undefined ? identifier(column) : `${row}.${identifier(column)}`)).join(', ');
}

/**
 * The key as rows are sorted by it, so that all lanes lock rows in one order: text bytewise, which is the order of an
 * index declared so, and takes 6 % off the database's work where its default is the order of a language.
 */
export function keyOrder({ columns, key }: Pick<Table, 'columns' | 'key'>, row: string): string {
  return key.map((column) => comparable(column, columns[column], row)).join(', ');
}

/** A column as it is compared: text bytewise, so that a batch and its table never disagree about an order. */
export function comparable(column: string, type: ColumnType | undefined, row: string): string {
  return comparableValue(`${row}.${identifier(column)}`, type);
}

/** SQL of a value as it is compared. */
export function comparableValue(value: string, type: ColumnType | undefined): string {
  return `${value}${type === 'text' || type === 'text?' ? ' COLLATE "C"' : ''}`;
}

/** PostgreSQL cuts identifiers at 63 bytes without a word: two long names could become one. */
const MAX_NAME_BYTES = 63;
/**
 * Names are quoted, so that capitals, blanks and letters of any language keep their meaning. What a parser of statements
 * could take for something else stands in none: quotes, colons, question marks, brackets, dots, comments, and the `~` of
 * the statement's own names. JavaScript would put a name of digits alone before all others.
 */
const NAME = /^(?! )(?!\d+$)(?!.*--)[\p{L}\p{M}\p{N}_$#@%&+ -]+(?<! )$/u;
const NAME_IN_WORDS = `letters, digits, blanks and _ $ # @ % & + -, not digits alone, at most ${MAX_NAME_BYTES} bytes`;

function isName(name: string): boolean {
  return NAME.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** What is wrong with the name of a column, a key or a lookup. */
export function nameProblems(what: string, name: string): string[] {
  return isName(name) ? [] : [`${what} must be a name of ${NAME_IN_WORDS}, got ${quote(name)}`];
}

/** What is wrong with the name of a table. */
export function tableNameProblems(prefix: string, name: string): string[] {
  const parts = name.split('.');
  return parts.length <= 2 && parts.every(isName)
    ? []
    : [`${prefix}: expected a name such as orders or sales.orders of ${NAME_IN_WORDS}, got ${quote(name)}`];
}

/** What is wrong with columns of any declaration. */
export function columnProblems(prefix: string, columns: Columns): string[] {
  const entries = Object.entries(columns);
  if (entries.length === 0) return [`${prefix}: expected at least one column, got none`];
  return entries.flatMap(([column, type]) => [
    ...nameProblems(`${prefix}: a column`, column),
    ...(parseColumnType(type) === undefined
      ? [
          `${prefix}: column \`${column}\` must be of a type from ${BASE_TYPE_NAMES.join(', ')}, a list such as text[], or sql('...') with the name of any other, with ? behind it where null is allowed, got ${quote(type)}`,
        ]
      : []),
  ]);
}

/**
 * What is wrong with the parts of a declaration that name columns: a column stands in one of them, and those that rows
 * are found or compared by are there and are never null.
 *
 * @param required names of the parts that must not be empty, nor hold a column that may be null
 */
export function partProblems(parts: Readonly<Record<string, Columns>>, required: readonly string[]): string[] {
  const names = Object.values(parts).flatMap((part) => Object.keys(part));
  const shared = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [
    ...[...shared].map((name) => `column \`${name}\` stands in two parts of the declaration; keep it in one`),
    ...required.flatMap((part) => {
      const columns = Object.entries(parts[part] ?? {});
      return [
        ...(columns.length === 0 ? [`\`${part}\` must name at least one column, got none`] : []),
        ...columns
          .filter(([, type]) => type.endsWith('?'))
          .map(([column, type]) => `\`${part}\` column \`${column}\` must not be nullable, got ${quote(type)}`),
        ...columns
          .filter(([, type]) => type === 'json')
          .map(
            ([column]) =>
              `\`${part}\` column \`${column}\` must be of a type whose values can be compared, got "json"; jsonb is one`,
          ),
      ];
    }),
  ];
}

/** Everything that is wrong with the tables of a projection, a sentence each. */
export function tablesProblems(tables: Tables): string[] {
  if (Object.keys(tables).length === 0) return ['`tables` must name at least one table, got none'];
  return Object.entries(tables).flatMap(([name, table]) => {
    const prefix = `table \`${name}\``;
    return [
      ...tableNameProblems(prefix, name),
      ...columnProblems(prefix, table.columns),
      ...table.problems().map((problem) => `${prefix}: ${problem}`),
      ...rowSourceProblems(prefix, table, tables),
    ];
  });
}

/** What takes its rows from another table must find each of its columns there, of the same type. */
function rowSourceProblems(prefix: string, { columns, from }: Table, tables: Tables): string[] {
  if (from === undefined) return [];
  const there = Object.hasOwn(tables, from.table) ? tables[from.table] : undefined;
  if (there?.kind !== 'inserts') {
    return [`${prefix}: \`from\` must name an insert table of this projection, got ${quote(from.table)}`];
  }
  const renamed = from.columns ?? {};
  const strange = Object.keys(renamed).filter((column) => !Object.hasOwn(columns, column));
  return [
    ...strange.map((column) => `${prefix}: \`from.columns\` names ${quote(column)}, which is not one of its columns`),
    ...Object.entries(columns).flatMap(([column, type]) => {
      const name = columnThere(from, column);
      const got = Object.hasOwn(there.columns, name) ? there.columns[name] : undefined;
      return got === type
        ? []
        : [
            `${prefix}: column \`${column}\` must be \`${from.table}.${name}\` of type ${type}, got ${quote(got ?? 'no such column')}`,
          ];
    }),
  ];
}

/** A value as a message quotes it. */
export function quote(value: unknown): string {
  return JSON.stringify(value);
}
