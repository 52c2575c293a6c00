import { lockedRows, sameKey } from './keyed-state.ts';
import type { Columns, RequiredColumns, Table, TableWrite, Values, WriteTarget } from './table-kind.ts';
import { columnList, fail, identifier, keyOrder, OWN, partProblems, PLAIN } from './table-kind.ts';

/** Counter name to its numeric type. */
export type Counters = Readonly<Record<string, 'integer' | 'bigint' | 'numeric' | 'double precision'>>;

/** A table of counters that events increment, one row per key. */
export interface CounterTable<K extends RequiredColumns = RequiredColumns, C extends Counters = Counters> extends Table<
  Values<K> & Values<C>
> {
  readonly columns: K & C;
}

/** What {@link counters} takes. */
export interface CountersDeclaration<K extends RequiredColumns, C extends Counters> {
  /** The primary key columns. */
  readonly key: K;
  /** The columns that are added up. */
  readonly counters: C;
  /**
   * `false` where rows are made by others, and have columns that this projection does not know: an event whose row is not
   * there is quarantined.
   *
   * @defaultValue true: a row that is missing is created
   */
  readonly create?: boolean;
}

/** A table of counters, as its write sees it. */
interface Sums {
  readonly columns: Columns;
  readonly key: readonly string[];
  /** Counters with their types. */
  readonly counters: readonly (readonly [column: string, type: string])[];
}

/**
 * Declares a table of counters: each row of an event is added to the row with its key, created when missing. A counter
 * that is NULL in a row counts as 0.
 */
export function counters<const K extends RequiredColumns, const C extends Counters>(
  declaration: CountersDeclaration<K, C>,
): CounterTable<K, C> {
  const { key, counters: added, create = true } = declaration;
  const columns: K & C = { ...key, ...added };
  const sums: Sums = { columns, key: Object.keys(key), counters: Object.entries<string>(added) };
  return {
    ...PLAIN,
    kind: 'counters',
    columns,
    key: sums.key,
    uniqueKey: sums.key,
    summed: Object.keys(added),
    privileges: create ? ['SELECT', 'INSERT', 'UPDATE'] : ['SELECT', 'UPDATE'],
    problems: () => partProblems({ key, counters: added }, ['key', 'counters']),
    write: (target) => (create ? upsert(sums, target) : update(sums, target)),
  };
}

/** Sums per key. A sum is wider than its terms; the cast brings it back, and one that does not fit is an error, no wrap. */
function totals({ key, counters: added }: Sums, rows: string): string {
  const sums = added.map(([column, type]) => `sum(${OWN.row}.${identifier(column)})::${type} AS ${identifier(column)}`);
  const keys = columnList(key, OWN.row);
  return `SELECT ${keys}, ${sums.join(', ')} FROM ${rows}
  GROUP BY ${keys}`;
}

/** What becomes of each counter. */
function additions({ counters: added }: Sums, row: string): string {
  return added
    .map(([column]) => identifier(column))
    .map((column) => `${column} = coalesce(${OWN.there}.${column}, 0) + ${row}.${column}`)
    .join(', ');
}

function upsert(sums: Sums, { table, rows, part }: WriteTarget): TableWrite {
  const columns = columnList(Object.keys(sums.columns));
  return {
    parts: [
      [
        part('write'),
        `
  INSERT INTO ${table} AS ${OWN.there} (${columns})
  ${totals(sums, rows)} ORDER BY ${keyOrder(sums, OWN.row)}
  ON CONFLICT (${columnList(sums.key)}) DO UPDATE SET ${additions(sums, 'excluded')}
  RETURNING 1
`,
      ],
    ],
  };
}

/** An insert would be refused for the columns that it knows nothing of, whether the row is there or not. */
function update(sums: Sums, { name, table, rows, part }: WriteTarget): TableWrite {
  const { row, there } = OWN;
  const [total, found] = [part('total'), part('there')];
  const missing = sums.key.map((column) => `'${column}', ${row}.${identifier(column)}`).join(', ');
  const isMissing = `FROM ${total} AS ${row} LEFT JOIN ${found} AS ${there} ON ${sameKey(sums, there, row)}
      WHERE ${there}.${identifier(sums.key[0] ?? '')} IS NULL`;
  const message = `(SELECT '${name} must have a row already (create: false), got none with ' || jsonb_build_object(${missing})::text ${isMissing} LIMIT 1)`;
  return {
    parts: [
      [total, `\n  ${totals(sums, rows)}\n`],
      [found, lockedRows(sums, { table, keys: `${total} AS ${row}`, columns: sums.key })],
      [
        part('write'),
        `
  UPDATE ${table} AS ${there} SET ${additions(sums, row)} FROM ${total} AS ${row} JOIN ${found} USING (${columnList(sums.key)})
  WHERE ${sameKey(sums, there, row)} RETURNING 1
`,
      ],
    ],
    checks: [`CASE WHEN EXISTS (SELECT ${isMissing}) THEN ${fail('P0002', message)} ELSE true END`],
  };
}
