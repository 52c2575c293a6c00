import type { ReadValue } from '../tables/column-type.ts';
import type { Columns } from '../tables/table-kind.ts';
import { columnProblems, nameProblems, quote, tableNameProblems } from '../tables/table-kind.ts';
import type { KeyType, KeyValue } from './key-type.ts';
import { isKeyType, KEY_TYPE_NAMES } from './key-type.ts';

/** The type of the key column, or those of the key columns in their order. */
export type KeyTypes = KeyType | readonly KeyType[];

/**
 * What a key without a reference row means: the event is rejected, the projection sees `undefined`, or the row is expected
 * and the event is tried again `later`.
 */
export type AbsentRule = 'reject' | 'undefined' | 'later';

/** A reference table that events are enriched from. */
export interface Lookup<K extends KeyTypes = KeyTypes, C extends Columns = Columns, A extends AbsentRule = AbsentRule> {
  /** Table name, with its schema in front where it is not on the search path. */
  readonly table: string;
  /** Name of the column that events name rows by, or names of several; together unique in the table. */
  readonly key: string | readonly string[];
  readonly keyType: K;
  readonly columns: C;
  readonly absent: A;
  /** `true` reads the row for every batch: no staleness, no saving. */
  readonly fresh: boolean;
}

/** The row a lookup returns. */
export type LookupRow<L> = L extends Lookup<KeyTypes, infer C> ? { readonly [N in keyof C]: ReadValue<C[N]> } : never;

/** The key a lookup is asked with: a value, or with several key columns a list of values in their order. */
export type LookupKey<L> =
  L extends Lookup<infer K>
    ? K extends readonly KeyType[]
      ? { readonly [I in keyof K]: KeyValue<K[I]> }
      : KeyValue<K>
    : never;

/** Lookups by name. */
export type Lookups = Readonly<Record<string, Lookup>>;

/** As many types as there are key columns: a single one for a single name, a list for a list. */
export type TypesOf<N extends string | readonly string[]> = N extends readonly string[]
  ? { readonly [I in keyof N]: KeyType }
  : KeyType;

/** What {@link lookup} takes. */
export interface LookupDeclaration<
  N extends string | readonly string[],
  K extends TypesOf<N>,
  C extends Columns,
  A extends AbsentRule,
> {
  /** Name of the reference table, with its schema in front where it is not on the search path. */
  readonly table: string;
  /** Its unique column that events name rows by, or a list of columns that are unique together. */
  readonly key: N;
  /** Type of the key column, or a list of types in the order of `key`: the database compares keys by it. */
  readonly keyType: K;
  /** The columns to read. */
  readonly columns: C;
  /**
   * What a key without a row means: the event is quarantined, or the projection sees `undefined`, or, with `later`, the
   * event waits and is tried again by itself until the projection's `healFor` has passed.
   *
   * @defaultValue `'reject'`
   */
  readonly absent?: A;
  /**
   * Read for every batch instead of from the cache.
   *
   * @defaultValue false: a row may be as old as the cache's TTL
   */
  readonly fresh?: boolean;
}

/** Declares a reference table that events are enriched from. */
export function lookup<
  const N extends string | readonly string[],
  const K extends TypesOf<N>,
  const C extends Columns,
  const A extends AbsentRule = 'reject',
>(declaration: LookupDeclaration<N, K, C, A>): Lookup<K, C, NoInfer<A>> {
  return { absent: 'reject' as A, fresh: false, ...declaration };
}

/** A column of a lookup's key, with the type that it is compared as. */
export interface KeyColumn {
  readonly column: string;
  readonly type: KeyType;
}

/** The columns of a lookup's key in their order, be it one or several. */
export function keyColumnsOf({ key, keyType }: Pick<Lookup, 'key' | 'keyType'>): readonly KeyColumn[] {
  if (typeof key === 'string') return [{ column: key, type: keyType as KeyType }];
  return key.map((column, index) => ({ column, type: keyType[index] as KeyType }));
}

/** Whether the keys of a lookup are lists of values. */
export function isComposite({ key }: Pick<Lookup, 'key'>): boolean {
  return typeof key !== 'string';
}

/** PostgreSQL calls no function with more arguments, and a row is read through one. */
const MAX_LOOKUP_COLUMNS = 100;

/** Everything that is wrong with the lookups of a projection, a sentence each. */
export function lookupsProblems(lookups: Lookups, lookupKeys: unknown): string[] {
  const entries = Object.entries(lookups);
  return [
    ...entries.flatMap(([name, { table, key, keyType, columns }]) => {
      const prefix = `lookup \`${name}\``;
      const count = Object.keys(columns).length;
      return [
        ...nameProblems(prefix, name),
        ...tableNameProblems(prefix, table),
        ...keyProblems(prefix, { key, keyType }),
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

function keyProblems(prefix: string, { key, keyType }: Pick<Lookup, 'key' | 'keyType'>): string[] {
  const [columns, types] = [[key].flat(), [keyType].flat()];
  const strange = types.filter((type) => !isKeyType(type));
  return [
    ...(columns.length > 0 ? [] : [`${prefix}: \`key\` must name at least one column, got none`]),
    ...columns.flatMap((column) => nameProblems(`${prefix}: \`key\``, column)),
    ...(new Set(columns).size === columns.length ? [] : [`${prefix}: \`key\` must name each column once`]),
    ...(columns.length === types.length && Array.isArray(key) === Array.isArray(keyType)
      ? []
      : [`${prefix}: \`keyType\` must have one type per column of \`key\`, ${quote(key)}, got ${quote(keyType)}`]),
    ...strange.map((type) => `${prefix}: \`keyType\` must be from ${KEY_TYPE_NAMES.join(', ')}, got ${quote(type)}`),
  ];
}
