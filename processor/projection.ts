import type { StandardSchemaV1 } from '@standard-schema/spec';
import { projectionProblems } from './tables/projection-problems.ts';
import type {
  AbsentRule,
  Columns,
  Counters,
  CounterTable,
  InsertTable,
  KeyType,
  Lookup,
  LookupKey,
  LookupRow,
  RequiredColumns,
  RowOf,
  RowSource,
  Table,
  VersionedTable,
} from './tables/table-kind.ts';

/** What {@link inserts} takes. */
export interface InsertDeclaration<C extends Columns> {
  readonly columns: C;
  /**
   * Columns of a unique key that parallel batches could meet on: rows go in in its order, so that they can't deadlock.
   *
   * @defaultValue none, rows go in in the order of the events
   */
  readonly key?: readonly (keyof C & string)[];
}

/** Declares a table that gets one new row per row of an event. */
export function inserts<const C extends Columns>(declaration: InsertDeclaration<C>): InsertTable<C> {
  return { kind: 'insert', columns: declaration.columns, key: declaration.key ?? [] };
}

/** What {@link counters} takes. */
export interface CountersDeclaration<K extends RequiredColumns, C extends Counters> {
  /** The primary key columns. */
  readonly key: K;
  /** The columns that are added up. */
  readonly counters: C;
}

/** Declares a table of counters: each row of an event is added to the row with its key, created when missing. */
export function counters<const K extends RequiredColumns, const C extends Counters>(
  declaration: CountersDeclaration<K, C>,
): CounterTable<K, C> {
  return { kind: 'counters', ...declaration };
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
 * Declares a table that holds the newest state per key. A row replaces another only when its version is greater, so
 * the outcome is the same in whatever order, and however late, events arrive; of equal versions the first stays.
 */
export function versions<
  const K extends RequiredColumns,
  const V extends RequiredColumns,
  const C extends Columns,
  const F extends RowSource | undefined = undefined,
>(declaration: VersionedDeclaration<K, V, C, F>): VersionedTable<K, V, C, F> {
  return { kind: 'versioned', from: undefined as F, ...declaration };
}

/** What {@link lookup} takes. */
export interface LookupDeclaration {
  /** Name of the reference table, with its schema in front where it is not on the search path. */
  readonly table: string;
  /** Its unique column that events name rows by, and that column's type. */
  readonly key: string;
  readonly keyType: KeyType;
  /** The columns to read. */
  readonly columns: Columns;
  /**
   * What a key without a row means: the event is quarantined, or the projection sees `undefined`.
   *
   * @defaultValue `'reject'`
   */
  readonly absent?: AbsentRule;
  /**
   * Read for every batch instead of from the cache.
   *
   * @defaultValue false: a row may be as old as the cache's TTL
   */
  readonly fresh?: boolean;
}

type DeclaredLookup<D extends LookupDeclaration> = Lookup<
  D['keyType'],
  D['columns'],
  D extends { readonly absent: infer A extends AbsentRule } ? A : 'reject'
>;

/** Declares a reference table that events are enriched from. */
export function lookup<const D extends LookupDeclaration>(declaration: D): DeclaredLookup<D> {
  return { absent: 'reject', fresh: false, ...declaration } as unknown as DeclaredLookup<D>;
}

/** What a projection's function asks reference rows with: one accessor per lookup, by key. */
export type LookupAccessors<L> = {
  readonly [N in keyof L]: (
    key: LookupKey<L[N]>,
  ) => L[N] extends Lookup<KeyType, Columns, 'reject'> ? LookupRow<L[N]> : LookupRow<L[N]> | undefined;
};

/** What an event becomes: per table one row, several, or none; tables that take their rows from another get none. */
export type ProjectedRows<T> = {
  readonly [N in keyof T]?: T[N] extends { readonly from: RowSource } ? never : RowOf<T[N]> | readonly RowOf<T[N]>[];
};

/** What a user writes for a stream: how an event is validated, identified, enriched and turned into rows. */
export interface ProjectionDeclaration<
  S extends StandardSchemaV1,
  L extends Readonly<Record<string, Lookup>>,
  T extends Readonly<Record<string, Table>>,
> {
  /** Name of the function and of its folder; part of the ledger's key, so it must not change. */
  readonly name: string;
  /** Any Standard Schema, such as zod's: validates the JSON and gives the event its type. */
  readonly schema: S;
  /** The event's identity: two deliveries with one id have one effect. */
  readonly eventId: (event: StandardSchemaV1.InferOutput<S>) => string;
  /** Reference tables, by the name the accessors get. */
  readonly lookups?: L;
  /** The reference keys an event needs; they are read together for the whole batch. */
  readonly lookupKeys?: (event: StandardSchemaV1.InferOutput<S>) => {
    readonly [N in keyof L]: readonly LookupKey<L[N]>[];
  };
  /** Tables by name, with the schema in front where it is not on the search path. */
  readonly tables: T;
  /**
   * Name of an insert table whose one key column is the event id: it then is the ledger, which saves the framework's.
   *
   * @defaultValue the framework's own ledger table
   */
  readonly ledger?: keyof T & string;
  /** Pure: the same event and reference rows give the same rows. An error it throws rejects the event. */
  readonly project: (
    event: StandardSchemaV1.InferOutput<S>,
    lookups: LookupAccessors<L>,
    eventId: string,
  ) => ProjectedRows<T>;
}

/** A checked declaration, as the engine sees it: its types have done their work. */
export interface Projection {
  readonly name: string;
  readonly schema: StandardSchemaV1;
  readonly eventId: (event: unknown) => string;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly lookupKeys: (event: unknown) => Readonly<Record<string, readonly unknown[]>>;
  readonly tables: Readonly<Record<string, Table>>;
  readonly ledger: string | undefined;
  readonly project: (
    event: unknown,
    lookups: Readonly<Record<string, (key: unknown) => unknown>>,
    eventId: string,
  ) => Readonly<Record<string, unknown>>;
}

/** Thrown at start-up when a declaration can't work; `problems` lists everything that is wrong with it. */
export class ProjectionError extends Error {
  override readonly name = 'ProjectionError';
  readonly problems: readonly string[];

  /**
   * Collects the problems into one message.
   *
   * @param problems one sentence each: expected, got, and what to do
   */
  constructor(problems: readonly string[]) {
    super(`the projection is not usable:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Checks a declaration and makes it a projection: what TypeScript can see is a compile error, the rest is told here,
 * when the function starts.
 *
 * @throws {@link ProjectionError} listing every problem at once
 */
export function defineProjection<
  S extends StandardSchemaV1,
  const T extends Readonly<Record<string, Table>>,
  const L extends Readonly<Record<string, Lookup>> = Readonly<Record<never, Lookup>>,
>(declaration: ProjectionDeclaration<S, L, T>): Projection {
  const checked = { lookups: {}, lookupKeys: undefined, ledger: undefined, ...declaration };
  const problems = projectionProblems(checked);
  if (problems.length > 0) throw new ProjectionError(problems);
  return Object.freeze({ ...checked, lookupKeys: checked.lookupKeys ?? (() => ({})) } as unknown as Projection);
}
