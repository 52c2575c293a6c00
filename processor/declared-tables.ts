import type { DeclaredColumn, DeclaredTable } from '../contract/declared-tables.ts';
import { keyColumnsOf } from './lookup/declare-lookup.ts';
import { keyTypeSql } from './lookup/key-type.ts';
import type { AnyProjection } from './projection.ts';
import { sqlTypeOf } from './tables/column-sql.ts';
import type { Columns } from './tables/table-kind.ts';

/** Where {@link createHandler} leaves projections for whoever loads a bundle and wants to know them. */
export const DECLARED_PROJECTIONS = Symbol.for('kinesis-to-aurora.projections');

/** Every table that a projection writes or looks up, in the order of its declaration. */
export function declaredTables({
  tables,
  lookups,
  ledger,
}: Pick<AnyProjection, 'tables' | 'lookups' | 'ledger'>): readonly DeclaredTable[] {
  const written = Object.entries(tables).map(([table, { columns, key, uniqueKey, privileges }]): DeclaredTable => ({
    title: `table \`${table}\``,
    table,
    columns: declaredColumns(columns),
    // A ledger meets the rows that are there, and is read, whatever its kind does otherwise.
    uniqueKey: table === ledger ? key : uniqueKey,
    privileges: table === ledger ? [...new Set([...privileges, 'SELECT' as const])] : privileges,
  }));
  const lookedUp = Object.entries(lookups).map(([name, lookup]): DeclaredTable => {
    const keys = keyColumnsOf(lookup).map(({ column, type }) => ({
      name: column,
      type: keyTypeSql(type),
      isAsked: true,
    }));
    return {
      title: `lookup \`${name}\` on \`${lookup.table}\``,
      table: lookup.table,
      columns: [...keys.map((key) => ({ ...key, nullable: false })), ...declaredColumns(lookup.columns)],
      uniqueKey: keys.map((key) => key.name),
      privileges: ['SELECT'],
    };
  });
  return [...written, ...lookedUp];
}

function declaredColumns(columns: Columns): readonly DeclaredColumn[] {
  return Object.entries(columns).map(([name, declared]) => ({
    name,
    type: sqlTypeOf(declared),
    nullable: declared.endsWith('?'),
  }));
}
