import type { ClientBase, FieldDef } from 'pg';
import { describeColumn, type ColumnMetadata, type ColumnSource } from './column-metadata.ts';
import type { PgType } from './pg-type.ts';

interface SourceRow extends ColumnSource {
  readonly tableId: number;
  readonly columnId: number;
}

/** A serial column is one whose default takes the next value of a sequence, as the JDBC driver sees it. */
const SOURCES_QUERY = `
  SELECT a.attrelid AS "tableId", a.attnum AS "columnId", c.relname AS "table", a.attnotnull AS "notNull",
         a.attidentity <> '' OR coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%', false) AS "autoIncrement"
    FROM unnest($1::oid[], $2::int2[]) AS wanted (relation, number)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = wanted.relation AND a.attnum = wanted.number
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum`;

/**
 * The `columnMetadata` of a result. Where its columns come from is asked in the session of the statement, so that
 * a table made in an open transaction is found.
 */
export async function describeColumns(
  fields: readonly FieldDef[],
  types: readonly PgType[],
  client: ClientBase,
): Promise<readonly ColumnMetadata[]> {
  const sources = await readSources(fields, client);
  return fields.map((field, index) => {
    const source = sources.get(sourceKey(field.tableID, field.columnID));
    return describeColumn({
      label: field.name,
      type: types[index] ?? { oid: field.dataTypeID, name: 'unknown', kind: 'p' },
      typeModifier: field.dataTypeModifier,
      ...(source && { source }),
    });
  });
}

async function readSources(fields: readonly FieldDef[], client: ClientBase): Promise<Map<string, ColumnSource>> {
  const named = fields.filter((field) => field.tableID !== 0);
  if (named.length === 0) return new Map();
  const { rows } = await client.query<SourceRow>(SOURCES_QUERY, [
    named.map((field) => field.tableID),
    named.map((field) => field.columnID),
  ]);
  return new Map(rows.map((row) => [sourceKey(row.tableId, row.columnId), row]));
}

function sourceKey(tableId: number, columnId: number): string {
  return `${tableId}.${columnId}`;
}
