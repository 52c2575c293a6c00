/**
 * Declarations of the tables a projection writes and the reference tables it looks up.
 *
 * @module
 */
import type { ColumnType, ColumnTypeName, ReadValue, WriteValue } from './column-type.ts';

/** Column name to column type. */
export type Columns = Readonly<Record<string, ColumnType>>;

/** Column name to a type that can't be null: keys, versions and counters. */
export type RequiredColumns = Readonly<Record<string, ColumnTypeName>>;

/** A table that gets one new row per row of an event. */
export interface InsertTable<C extends Columns = Columns> {
  readonly kind: 'insert';
  readonly columns: C;
  /** Columns of the key that parallel batches could meet on: rows are inserted in its order. */
  readonly key: readonly string[];
}

/** A table of counters that events increment, one row per key. */
export interface CounterTable<K extends RequiredColumns = RequiredColumns, C extends Counters = Counters> {
  readonly kind: 'counters';
  readonly key: K;
  readonly counters: C;
}

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

/** A table that keeps the newest state per key: a row is replaced only by one with a greater version. */
export interface VersionedTable<
  K extends RequiredColumns = RequiredColumns,
  V extends RequiredColumns = RequiredColumns,
  C extends Columns = Columns,
  F extends RowSource | undefined = RowSource | undefined,
> {
  readonly kind: 'versioned';
  readonly key: K;
  readonly version: V;
  readonly columns: C;
  /** Where its rows come from; `undefined` where events give them. */
  readonly from: F;
}

/** Counter name to its numeric type. */
export type Counters = Readonly<Record<string, 'integer' | 'bigint' | 'numeric' | 'double precision'>>;

/** A table a projection writes. */
export type Table = InsertTable | CounterTable | VersionedTable;

type Values<C> = { readonly [N in keyof C]: WriteValue<C[N]> };

/** The row a projection gives for a table. */
export type RowOf<T> =
  T extends InsertTable<infer C>
    ? Values<C>
    : T extends CounterTable<infer K, infer C>
      ? Values<K> & Values<C>
      : T extends VersionedTable<infer K, infer V, infer C>
        ? Values<K> & Values<V> & Values<C>
        : never;

/** Type of a lookup's key column. */
export type KeyType = 'text' | 'uuid' | 'integer' | 'bigint';

/** A reference table that events are enriched from. */
export interface Lookup<K extends KeyType = KeyType, C extends Columns = Columns, A extends AbsentRule = AbsentRule> {
  /** Table name, with its schema in front where it is not on the search path. */
  readonly table: string;
  /** Name of the column that events name rows by; unique in the table. */
  readonly key: string;
  readonly keyType: K;
  readonly columns: C;
  readonly absent: A;
  /** `true` reads the row for every batch: no staleness, no saving. */
  readonly fresh: boolean;
}

/** What a key without a reference row means: the event is rejected, or the projection sees `undefined`. */
export type AbsentRule = 'reject' | 'undefined';

/** The row a lookup returns. */
export type LookupRow<L> = L extends Lookup<KeyType, infer C> ? { readonly [N in keyof C]: ReadValue<C[N]> } : never;

/** The key a lookup is asked with. */
export type LookupKey<L> = L extends Lookup<infer K> ? WriteValue<K> : never;

/** The columns of a table in the order in which rows are encoded. */
export function columnsOf(table: Table): Columns {
  switch (table.kind) {
    case 'insert':
      return table.columns;
    case 'counters':
      return { ...table.key, ...table.counters };
    case 'versioned':
      return { ...table.key, ...table.version, ...table.columns };
  }
}

/** Where the rows of a table come from; `undefined` where events give them. */
export function rowSourceOf(table: Table): RowSource | undefined {
  return table.kind === 'versioned' ? table.from : undefined;
}

/** The same for all tables that take their rows from another one, by name. */
export function rowSourcesOf(tables: Readonly<Record<string, Table>>): Readonly<Record<string, RowSource>> {
  return Object.fromEntries(
    Object.entries(tables).flatMap(([name, table]) => {
      const source = rowSourceOf(table);
      return source === undefined ? [] : [[name, source]];
    }),
  );
}

/** The tables that events give rows for, in their declared order: the order of row lists and of row parameters. */
export function givenTables(tables: Readonly<Record<string, Table>>): readonly (readonly [string, Table])[] {
  return Object.entries(tables).filter(([, table]) => rowSourceOf(table) === undefined);
}

/** The table of a projection that serves as its ledger, and the column of it that holds the event id. */
export interface OwnLedger {
  readonly table: string;
  readonly keyColumn: string;
}

/** The ledger among a projection's own tables, or `undefined` when the framework's is used. */
export function ownLedgerOf(
  tables: Readonly<Record<string, Table>>,
  ledger: string | undefined,
): OwnLedger | undefined {
  const table = ledger === undefined ? undefined : tables[ledger];
  const keyColumn = table?.kind === 'insert' ? table.key[0] : undefined;
  return ledger === undefined || keyColumn === undefined ? undefined : { table: ledger, keyColumn };
}

/** Names of a table's key columns; empty when an insert table declares none. */
export function keyColumnsOf(table: Table): readonly string[] {
  return table.kind === 'insert' ? table.key : Object.keys(table.key);
}

/** A name of the declaration as an SQL identifier; `sales.orders` names a table in a schema. */
export function identifier(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
