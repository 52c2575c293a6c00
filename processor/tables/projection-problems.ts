import { COLUMN_TYPE_NAMES, parseColumnType } from './column-type.ts';
import type { Columns, Lookup, Table } from './table-kind.ts';
import { columnsOf, rowSourceOf } from './table-kind.ts';

/** The part of a projection that can be wrong in ways TypeScript does not see. */
export interface CheckedProjection {
  readonly name: string;
  readonly tables: Readonly<Record<string, Table>>;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly lookupKeys: unknown;
  readonly ledger: string | undefined;
}

/** PostgreSQL cuts identifiers at 63 bytes without a word: two long names could become one. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;
const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$/;
/** Names inside the compiled write: as a table or a column they would be taken for the write's own. */
const RESERVED_TABLE = /^_(event|ledger|fresh|quarantine|applied|log|write_\d+|rows_\d+)$/;
const RESERVED_COLUMN = '_n';
/** PostgreSQL calls no function with more arguments, and a row is read through one. */
const MAX_LOOKUP_COLUMNS = 100;
const PROJECTION_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Everything that is wrong with a projection's declaration.
 *
 * @returns one sentence per problem; empty when the declaration is sound
 */
export function projectionProblems(projection: CheckedProjection): string[] {
  const tables = Object.entries(projection.tables);
  return [
    ...(PROJECTION_NAME.test(projection.name)
      ? []
      : [`\`name\` must be lower-case letters, digits and hyphens, at most 63, got ${quote(projection.name)}`]),
    ...(tables.length > 0 ? [] : ['`tables` must name at least one table, got none']),
    ...tables.flatMap(([name, table]) => [
      ...tableProblems(name, table),
      ...rowSourceProblems(`table \`${name}\``, table, projection.tables),
    ]),
    ...Object.entries(projection.lookups).flatMap(([name, declaration]) => lookupProblems(name, declaration)),
    ...(Object.keys(projection.lookups).length === 0 || typeof projection.lookupKeys === 'function'
      ? []
      : ['`lookupKeys` must be given when there are lookups, got nothing; it says which rows an event needs']),
    ...ledgerProblems(projection),
  ];
}

function tableProblems(name: string, table: Table): string[] {
  const columns = columnsOf(table);
  const prefix = `table \`${name}\``;
  return [
    ...tableNameProblems(prefix, name),
    ...columnProblems(prefix, columns),
    ...sharedColumnProblems(prefix, table),
    ...(table.kind === 'insert'
      ? table.key
          .filter((column) => !Object.hasOwn(columns, column))
          .map((column) => `${prefix}: \`key\` names ${quote(column)}, which is not one of its columns`)
      : [...emptyPartProblems(prefix, table)]),
  ];
}

function tableNameProblems(prefix: string, name: string): string[] {
  if (RESERVED_TABLE.test(name)) {
    return [`${prefix}: the name is taken inside the compiled write; put the schema in front, such as public.${name}`];
  }
  return TABLE_NAME.test(name)
    ? []
    : [`${prefix}: expected a name such as orders or sales.orders of plain letters, got ${quote(name)}`];
}

function columnProblems(prefix: string, columns: Columns): string[] {
  const entries = Object.entries(columns);
  if (entries.length === 0) return [`${prefix}: expected at least one column, got none`];
  return entries.flatMap(([column, type]) => [
    ...(IDENTIFIER.test(column) && column !== RESERVED_COLUMN
      ? []
      : [
          `${prefix}: expected a column name of plain letters, at most 63, other than ${RESERVED_COLUMN}, got ${quote(column)}`,
        ]),
    ...(parseColumnType(type) === undefined
      ? [
          `${prefix}: column \`${column}\` must be of a type from ${COLUMN_TYPE_NAMES.join(', ')}, with ? behind it where null is allowed, got ${quote(type)}`,
        ]
      : []),
  ]);
}

/** A column that is both key and counter, say, would be written twice. */
function sharedColumnProblems(prefix: string, table: Table): string[] {
  if (table.kind === 'insert') return [];
  const parts = table.kind === 'counters' ? [table.key, table.counters] : [table.key, table.version, table.columns];
  const names = parts.flatMap((part) => Object.keys(part));
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `${prefix}: column \`${name}\` stands in two parts of the declaration; keep it in one`,
  );
}

function* emptyPartProblems(prefix: string, table: Exclude<Table, { kind: 'insert' }>): Generator<string> {
  const parts =
    table.kind === 'counters'
      ? { key: table.key, counters: table.counters }
      : { key: table.key, version: table.version };
  for (const [part, columns] of Object.entries(parts)) {
    if (Object.keys(columns).length === 0) yield `${prefix}: \`${part}\` must name at least one column, got none`;
    for (const [column, type] of Object.entries(columns)) {
      if (type.endsWith('?'))
        yield `${prefix}: \`${part}\` column \`${column}\` must not be nullable, got ${quote(type)}`;
    }
  }
}

/** What takes its rows from another table must find each of its columns there, of the same type. */
function rowSourceProblems(prefix: string, table: Table, tables: CheckedProjection['tables']): string[] {
  const source = rowSourceOf(table);
  if (source === undefined) return [];
  const there = Object.hasOwn(tables, source.table) ? tables[source.table] : undefined;
  if (there?.kind !== 'insert') {
    return [`${prefix}: \`from\` must name an insert table of this projection, got ${quote(source.table)}`];
  }
  const own = columnsOf(table);
  const renamed = source.columns ?? {};
  const strange = Object.keys(renamed).filter((column) => !Object.hasOwn(own, column));
  return [
    ...strange.map((column) => `${prefix}: \`from.columns\` names ${quote(column)}, which is not one of its columns`),
    ...Object.entries(own).flatMap(([column, type]) => {
      const name = renamed[column] ?? column;
      const got = Object.hasOwn(there.columns, name) ? there.columns[name] : undefined;
      return got === type
        ? []
        : [
            `${prefix}: column \`${column}\` must be \`${source.table}.${name}\` of type ${type}, got ${quote(got ?? 'no such column')}`,
          ];
    }),
  ];
}

function lookupProblems(name: string, declaration: Lookup): string[] {
  const prefix = `lookup \`${name}\``;
  return [
    ...(IDENTIFIER.test(name) ? [] : [`${prefix}: expected a name of plain letters, got ${quote(name)}`]),
    ...tableNameProblems(prefix, declaration.table),
    ...(IDENTIFIER.test(declaration.key)
      ? []
      : [`${prefix}: \`key\` must be a column name of plain letters, got ${quote(declaration.key)}`]),
    ...columnProblems(prefix, declaration.columns),
    ...(Object.keys(declaration.columns).length <= MAX_LOOKUP_COLUMNS
      ? []
      : [
          `${prefix}: \`columns\` must name at most ${MAX_LOOKUP_COLUMNS}, got ${Object.keys(declaration.columns).length}`,
        ]),
  ];
}

function ledgerProblems({ ledger, tables }: CheckedProjection): string[] {
  if (ledger === undefined) return [];
  const table = tables[ledger];
  const [key, ...more] = table?.kind === 'insert' ? table.key : [];
  const isText = table?.kind === 'insert' && key !== undefined && table.columns[key] === 'text';
  return isText && more.length === 0
    ? []
    : [`\`ledger\` must name an insert table whose \`key\` is one text column, the event id; got ${quote(ledger)}`];
}

function quote(value: unknown): string {
  return JSON.stringify(value);
}
