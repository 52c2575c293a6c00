import type { AuditedTable, Comparison } from '../../contract/audited-item.ts';
import type { Execute } from '../../data-api/execute.ts';
import { parseColumnType } from '../tables/column-type.ts';
import type { Table, Tables } from '../tables/table-kind.ts';
import { identifier } from '../tables/table-kind.ts';

/** What the catalog says of a table. */
interface TableFacts {
  readonly isReadable: boolean;
  /** As the statistics have it; below 0 while nobody knows. */
  readonly estimatedRows: number;
  /** Columns of each unique key, without those on expressions or a part of the rows. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** First column of each index. */
  readonly indexed: readonly string[];
}

const FACTS_SQL = `
SELECT declared.n::integer, has_table_privilege(class.oid, 'SELECT'), class.reltuples::bigint::text,
  coalesce(index.indisunique AND index.indpred IS NULL AND index.indexprs IS NULL AND index.indisvalid, false),
  (SELECT coalesce(jsonb_agg(attribute.attname ORDER BY place), '[]')::text
   FROM unnest(index.indkey) WITH ORDINALITY AS part (number, place)
   JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = part.number
   WHERE place <= index.indnkeyatts)
FROM jsonb_array_elements_text(:tables::jsonb) WITH ORDINALITY AS declared (name, n)
JOIN pg_class AS class ON class.oid = to_regclass(declared.name)
LEFT JOIN pg_index AS index ON index.indrelid = class.oid
ORDER BY 1, index.indisprimary DESC`;

/** Beyond it, counting whole rows without an index would read the table once per call. */
const MAX_ROWS_WITHOUT_INDEX = 200_000;

/**
 * Finds out how each table of a projection is compared with the events that are in effect.
 *
 * @param execute as a user who may read the tables
 * @returns in the order of the declaration
 */
export async function auditedTables(
  execute: Execute,
  { tables, ledger }: { readonly tables: Tables; readonly ledger: string | undefined },
): Promise<readonly AuditedTable[]> {
  const names = Object.keys(tables);
  const { rows } = await execute(FACTS_SQL, { tables: JSON.stringify(names.map(identifier)) });
  return Object.entries(tables).map(([name, table], index) => {
    const found = rows.filter(([n]) => n?.longValue === index + 1);
    const facts: TableFacts = {
      isReadable: found[0]?.[1]?.booleanValue === true,
      estimatedRows: Number(found[0]?.[2]?.stringValue ?? -1),
      uniqueKeys: found.filter((row) => row[3]?.booleanValue === true).map((row) => columnsOf(row[4]?.stringValue)),
      indexed: found.flatMap((row) => columnsOf(row[4]?.stringValue).slice(0, 1)),
    };
    return { table: name, comparison: name === ledger ? { by: 'ledger' } : comparisonOf(table, facts) };
  });
}

function columnsOf(json = '[]'): readonly string[] {
  return JSON.parse(json) as readonly string[];
}

function comparisonOf(table: Table, facts: TableFacts): Comparison {
  const { columns, version, summed } = table;
  if (summed.length > 0) return nothing('sums do not tell which events they are made of');
  if (!facts.isReadable) return nothing('this user may not read the table: grant SELECT, or deploy once more');
  if (version.length > 0) return { by: 'version' };
  const key = facts.uniqueKeys.find((parts) => parts.length > 0 && parts.every((part) => Object.hasOwn(columns, part)));
  if (key !== undefined) return { by: 'key', columns: key };
  const exact = Object.entries(columns).flatMap(([column, type]) => (isStoredAsGiven(type) ? [column] : []));
  if (exact.length === 0)
    return nothing('it has no unique key, and no column whose values are stored as they are given');
  return facts.estimatedRows <= MAX_ROWS_WITHOUT_INDEX || exact.some((column) => facts.indexed.includes(column))
    ? { by: 'row', columns: exact }
    : nothing('it has neither a unique key nor an index on a column that events give, and is too large to be read');
}

function nothing(why: string): Comparison {
  return { by: 'nothing', why };
}

/** What a table may round, pad or write in another form is no evidence; and these can be compared. */
const STORED_AS_GIVEN: ReadonlySet<string> = new Set([
  'text',
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'date',
  'uuid',
]);

function isStoredAsGiven(type: string): boolean {
  const parsed = parseColumnType(type);
  return parsed?.kind === 'one' && STORED_AS_GIVEN.has(parsed.name);
}
