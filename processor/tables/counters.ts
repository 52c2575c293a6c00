import type { RequiredColumns, Table, Values } from './table-kind.ts';
import { columnList, identifier, keyOrder, OWN, partProblems } from './table-kind.ts';

/** Counter name to its numeric type. */
export type Counters = Readonly<Record<string, 'integer' | 'bigint' | 'numeric' | 'double precision'>>;

/** A table of counters that events increment, one row per key. */
export type CounterTable<K extends RequiredColumns = RequiredColumns, C extends Counters = Counters> = Table<
  Values<K> & Values<C>
>;

/** What {@link counters} takes. */
export interface CountersDeclaration<K extends RequiredColumns, C extends Counters> {
  /** The primary key columns. */
  readonly key: K;
  /** The columns that are added up. */
  readonly counters: C;
}

/**
 * Declares a table of counters: each row of an event is added to the row with its key, created when missing. A counter
 * that is NULL in a row counts as 0.
 */
export function counters<const K extends RequiredColumns, const C extends Counters>(
  declaration: CountersDeclaration<K, C>,
): CounterTable<K, C> {
  const [keys, sums] = [Object.keys(declaration.key), Object.entries<string>(declaration.counters)];
  const table = { kind: 'counters', columns: { ...declaration.key, ...declaration.counters }, key: keys } as const;
  return {
    ...table,
    from: undefined,
    privileges: ['SELECT', 'INSERT', 'UPDATE'],
    patched: [],
    removedBy: undefined,
    rowsMayLose: false,
    problems: () => partProblems({ ...declaration }, ['key', 'counters']),
    write: ({ table: name, rows, part }) => {
      const names = sums.map(([column]) => identifier(column));
      // A sum is wider than its terms; the cast brings it back, and a sum that does not fit is an error, not a wrap.
      const totals = sums.map(([column, type]) => `sum(${OWN.row}.${identifier(column)})::${type}`).join(', ');
      const updates = names.map((column) => `${column} = coalesce(${OWN.there}.${column}, 0) + excluded.${column}`);
      return {
        parts: [
          [
            part('write'),
            `
  INSERT INTO ${name} AS ${OWN.there} (${columnList(keys)}, ${names.join(', ')})
  SELECT ${columnList(keys, OWN.row)}, ${totals} FROM ${rows}
  GROUP BY ${columnList(keys, OWN.row)} ORDER BY ${keyOrder(table, OWN.row)}
  ON CONFLICT (${columnList(keys)}) DO UPDATE SET ${updates.join(', ')}
  RETURNING 1
`,
          ],
        ],
      };
    },
  };
}
