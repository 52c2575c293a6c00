import type { ClientBase, FieldDef } from 'pg';
import type { PgType } from './pg-type.ts';

/** What is known about a column of a result. */
export interface ResultColumn {
  /** Name in the result, the alias if it has one. */
  readonly label: string;
  readonly type: PgType;
  /** `atttypmod`: length, or precision and scale, of the type; -1 without. */
  readonly typeModifier: number;
  /** Where the column comes from; absent for an expression. */
  readonly source?: ColumnSource;
}

/** A column of a table. */
export interface ColumnSource {
  readonly table: string;
  readonly notNull: boolean;
  /** An identity column, or one whose default takes the next value of a sequence. */
  readonly autoIncrement: boolean;
}

/**
 * The description of a column, all members of the service model.
 * {@link https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ColumnMetadata.html}
 */
export interface ColumnMetadata {
  readonly name: string;
  readonly label: string;
  /** A `java.sql.Types` code, not a PostgreSQL OID. */
  readonly type: number;
  readonly typeName: string;
  readonly schemaName: string;
  readonly tableName: string;
  readonly isAutoIncrement: boolean;
  readonly isSigned: boolean;
  readonly isCurrency: boolean;
  readonly isCaseSensitive: boolean;
  /** 0 no, 1 yes, 2 unknown, as in `java.sql.ResultSetMetaData`. */
  readonly nullable: number;
  readonly precision: number;
  readonly scale: number;
  /** The `java.sql.Types` code of an array's elements; 0 for anything else. */
  readonly arrayBaseColumnType: number;
}

/** `java.sql.Types`. {@link https://docs.oracle.com/en/java/javase/21/docs/api/java.sql/java/sql/Types.html} */
const JAVA = { array: 2003, distinct: 2001, other: 1111, struct: 2002, varchar: 12 } as const;

const JAVA_TYPE_OF: Readonly<Record<string, number>> = {
  bool: -7,
  bit: -7,
  int8: -5,
  oid: -5,
  bytea: -2,
  char: 1,
  bpchar: 1,
  numeric: 2,
  int4: 4,
  int2: 5,
  float4: 7,
  float8: 8,
  money: 8,
  text: 12,
  varchar: 12,
  name: 12,
  date: 91,
  time: 92,
  timetz: 92,
  timestamp: 93,
  timestamptz: 93,
  xml: 2009,
  refcursor: 2012,
};

/** What stands for "no limit". */
const UNLIMITED = 2_147_483_647;

/** Digits of the number types, and the characters the others take at most when printed. */
const PRECISION_OF: Readonly<Record<string, number>> = {
  int2: 5,
  int4: 10,
  oid: 10,
  int8: 19,
  float4: 8,
  float8: 17,
  bool: 1,
  char: 1,
  date: 13,
  time: 15,
  timetz: 21,
  timestamp: 29,
  timestamptz: 35,
  interval: 49,
};

const SCALE_OF: Readonly<Record<string, number>> = {
  float4: 8,
  float8: 17,
  time: 6,
  timetz: 6,
  timestamp: 6,
  timestamptz: 6,
  interval: 6,
};

const SIGNED: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric']);

const CASELESS: ReadonlySet<string> = new Set([
  ...['oid', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bool', 'bit', 'varbit'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
]);

const SERIAL_OF: Readonly<Record<string, string>> = {
  int2: 'smallserial',
  int4: 'serial',
  int8: 'bigserial',
};

/** A numeric's modifier is precision and scale in one number, plus the four bytes of a length word. */
const LENGTH_WORD = 4;

/** Describes a column of a result as the Data API does. */
export function describeColumn(column: ResultColumn): ColumnMetadata {
  const { label, type, source } = column;
  return {
    arrayBaseColumnType: type.element ? javaTypeOf(type.element) : 0,
    isAutoIncrement: source?.autoIncrement ?? false,
    isCaseSensitive: !CASELESS.has(type.name),
    isCurrency: type.name === 'money',
    isSigned: SIGNED.has(type.name),
    label,
    // The alias here too, which is a choice; no schema, as in samples of the service.
    name: label,
    nullable: nullableOf(source),
    precision: precisionOf(column),
    scale: scaleOf(column),
    schemaName: '',
    tableName: source?.table ?? '',
    type: javaTypeOf(type),
    typeName: (source?.autoIncrement === true ? SERIAL_OF[type.name] : undefined) ?? type.name,
  };
}

function javaTypeOf(type: PgType): number {
  if (type.element) return JAVA.array;
  if (type.kind === 'e') return JAVA.varchar;
  if (type.kind === 'c') return JAVA.struct;
  if (type.kind === 'd') return JAVA.distinct;
  return JAVA_TYPE_OF[type.name] ?? JAVA.other;
}

/** A real sample shows 1 for a column that comes from no table. */
function nullableOf(source: ColumnSource | undefined): number {
  return source?.notNull === true ? 0 : 1;
}

function precisionOf({ type, typeModifier }: ResultColumn): number {
  if (typeModifier >= 0) {
    if (type.name === 'numeric') return ((typeModifier - LENGTH_WORD) >> 16) & 0xffff;
    if (type.name === 'varchar' || type.name === 'bpchar') return typeModifier - LENGTH_WORD;
    if (type.name === 'bit' || type.name === 'varbit') return typeModifier;
  }
  return PRECISION_OF[type.name] ?? UNLIMITED;
}

function scaleOf({ type, typeModifier }: ResultColumn): number {
  if (type.name === 'numeric') return typeModifier < 0 ? 0 : (((typeModifier - LENGTH_WORD) & 0x7ff) ^ 1024) - 1024;
  if (typeModifier >= 0 && type.name.startsWith('time')) return typeModifier;
  return SCALE_OF[type.name] ?? 0;
}

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
