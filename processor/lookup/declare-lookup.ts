import type { ReadValue, WriteValue } from '../tables/column-type.ts';
import type { Columns } from '../tables/table-kind.ts';
import { columnProblems, nameProblems, tableNameProblems } from '../tables/table-kind.ts';

/** Type of a lookup's key column. */
export type KeyType = 'text' | 'uuid' | 'integer' | 'bigint';

/** What a key without a reference row means: the event is rejected, or the projection sees `undefined`. */
export type AbsentRule = 'reject' | 'undefined';

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

/** The row a lookup returns. */
export type LookupRow<L> = L extends Lookup<KeyType, infer C> ? { readonly [N in keyof C]: ReadValue<C[N]> } : never;

/** The key a lookup is asked with. */
export type LookupKey<L> = L extends Lookup<infer K> ? WriteValue<K> : never;

/** Lookups by name. */
export type Lookups = Readonly<Record<string, Lookup>>;

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

/** PostgreSQL calls no function with more arguments, and a row is read through one. */
const MAX_LOOKUP_COLUMNS = 100;

/** Everything that is wrong with the lookups of a projection, a sentence each. */
export function lookupsProblems(lookups: Lookups, lookupKeys: unknown): string[] {
  const entries = Object.entries(lookups);
  return [
    ...entries.flatMap(([name, { table, key, columns }]) => {
      const prefix = `lookup \`${name}\``;
      const count = Object.keys(columns).length;
      return [
        ...nameProblems(prefix, name),
        ...tableNameProblems(prefix, table),
        ...nameProblems(`${prefix}: \`key\``, key),
        ...columnProblems(prefix, columns),
        ...(count <= MAX_LOOKUP_COLUMNS
          ? []
          : [`${prefix}: \`columns\` must name at most ${MAX_LOOKUP_COLUMNS}, got ${count}`]),
      ];
    }),
    ...(entries.length === 0 || typeof lookupKeys === 'function'
      ? []
      : ['`lookupKeys` must be given when there are lookups, got nothing; it says which rows an event needs']),
  ];
}
