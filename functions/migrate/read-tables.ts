import type { Field } from '@aws-sdk/client-rds-data';
import type { DeclaredTable } from '../../contract/declared-tables.ts';
import { FRAMEWORK_SCHEMA } from '../../contract/framework-tables.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import type { Execute } from '../../data-api/execute.ts';
import { parseColumnType } from '../../processor/tables/column-type.ts';

/** A table as the database has it. */
export interface FoundTable {
  /** As in `pg_class.relkind`: r table, p partitioned table, v view, m materialized view, f foreign table. */
  readonly kind: string;
  /** Whether no two rows can have the same values of the declared unique key. */
  readonly isUnique: boolean;
  /** Of a unique index over the declared key that does not serve, what is the matter with it. */
  readonly keyFlaw: string | undefined;
  /** Why the statement cannot write to it. */
  readonly obstacle: string | undefined;
  /** Whether policies decide which rows a role sees and writes. */
  readonly hasRowSecurity: boolean;
  /** By name, in their order. */
  readonly columns: ReadonlyMap<string, FoundColumn>;
}

/** A column as the database has it, and how it goes with what is declared for it. */
export interface FoundColumn {
  /** As it would be declared in SQL. */
  readonly type: string;
  /** The type without a length; of a domain, the one behind it. */
  readonly base: string;
  /** NOT NULL, or of a domain that is. */
  readonly isRequired: boolean;
  /** Has a default, or is an identity or generated column. */
  readonly isFilledIn: boolean;
  /** Takes no value from an insert. */
  readonly isGenerated: boolean;
  /** Whether the declared type is a type of the database; true for columns that are not declared. */
  readonly isTypeKnown: boolean;
  /** Whether values of the declared type can be written into it as they are. */
  readonly takesDeclared: boolean;
  /** Whether its values read as those of the declared type; or where it is only asked, whether they compare with them. */
  readonly readsAsDeclared: boolean;
  /** Whether the declared type is a domain with a length, to which a cast cuts a value. */
  readonly isCut: boolean;
  /** What to declare for it instead. */
  readonly declareAs: string;
}

/** Names of types that PostgreSQL spells out, as they are declared. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'character varying': 'text',
  character: 'text',
  name: 'text',
  citext: 'text',
  real: 'double precision',
  money: 'numeric',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
};

/**
 * The relation that `declared.schema` and `declared.name` mean. By name in the catalog: `to_regclass` fails, and ends the
 * transaction, where whoever asks may not use the schema.
 */
export const JOIN_CLASS = `JOIN (pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace)
  ON class.relname = declared.name AND class.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND (namespace.nspname = declared.schema OR declared.schema IS NULL AND pg_table_is_visible(class.oid))`;

/** The schema and the name in the name of a declared table. */
export function relationOf(table: string): { readonly schema: string | null; readonly name: string } {
  const [name = '', schema = null] = table.split('.').reverse();
  return { schema, name };
}

/** Views and rules stand between a statement and a table; what finds rows by a key needs the table itself. */
const OBSTACLE = `CASE
    WHEN rule.name IS NOT NULL THEN 'has the rule ' || quote_ident(rule.name) || ', which a write with RETURNING cannot pass; make it a trigger'
    WHEN class.relkind = 'f' AND declared.unique_key <> '[]'
      THEN 'is a foreign table, which takes no ON CONFLICT; write to a table of this database'
    -- Of the bits of tgtype, 64 is INSTEAD OF.
    WHEN class.relkind = 'v' AND declared.unique_key <> '[]'
        AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgtype & 64 <> 0)
      THEN 'is a view with an INSTEAD OF trigger, which takes no ON CONFLICT; declare it with \`inserts\`, or write to the table behind it'
    WHEN class.relkind = 'v' AND pg_relation_is_updatable(class.oid, declared.unique_key = '[]') & 8 = 0
      THEN 'is a view that PostgreSQL cannot insert into by itself; write to the table behind it'
  END`;

/** What tables there are, of which kind, and whether a unique index lets no two rows have one key. */
const TABLES_SQL = `
SELECT declared.n, class.relkind::text, coalesce(keys.is_unique, false), keys.flaw, ${OBSTACLE}, class.relrowsecurity
FROM jsonb_to_recordset(CAST(:declared AS jsonb))
  AS declared (n integer, schema text, name text, unique_key jsonb, only_read boolean)
${JOIN_CLASS}
LEFT JOIN LATERAL (
  SELECT bool_or(flaw IS NULL) AS is_unique, min(flaw) AS flaw FROM (
    SELECT CASE
      WHEN NOT unique_index.indimmediate THEN 'one that is DEFERRABLE'
      WHEN unique_index.indpred IS NOT NULL THEN 'one with a WHERE'
      WHEN unique_index.indexprs IS NOT NULL THEN 'one with an expression'
      WHEN NOT unique_index.indisvalid THEN 'one that is not valid'
    END AS flaw
    FROM pg_index AS unique_index
    CROSS JOIN LATERAL (
      SELECT jsonb_agg(attribute.attname::text ORDER BY attribute.attname::text COLLATE "C") AS key
      FROM pg_attribute AS attribute
      WHERE attribute.attrelid = class.oid
        -- Numbered from 0; columns behind the key are only included.
        AND array_position(unique_index.indkey::int2[], attribute.attnum) < unique_index.indnkeyatts
    ) AS columns
    WHERE unique_index.indrelid = class.oid AND unique_index.indisunique
      AND (columns.key = declared.unique_key OR declared.only_read AND columns.key <@ declared.unique_key)
  ) AS key
) AS keys ON true
LEFT JOIN LATERAL (
  -- 2 is UPDATE, 3 INSERT, 4 DELETE; a view is itself a rule for SELECT.
  SELECT rulename::text AS name FROM pg_rewrite WHERE ev_class = class.oid AND ev_type IN ('2', '3', '4') LIMIT 1
) AS rule ON true
ORDER BY declared.n`;

/** Whether PostgreSQL assigns a value of one type to a column of another, and the value stays what it was. */
function assigns(source: string, target: string): string {
  return `(${source} = ${target}
    OR EXISTS (
      SELECT FROM pg_cast
      WHERE castsource = ${source} AND casttarget = ${target} AND castcontext IN ('a', 'i')
        -- Rounded, or moved to the time zone of the session, without a word.
        AND NOT (castsource::regtype::text IN ('numeric', 'double precision', 'real')
          AND casttarget::regtype::text IN ('smallint', 'integer', 'bigint'))
        AND NOT (castsource::regtype::text LIKE 'timestamp%' AND casttarget::regtype::text NOT LIKE 'timestamp with %'))
    OR (SELECT typcategory FROM pg_type WHERE oid = ${target}) = 'S')`;
}

/** Texts of JSON read as texts, whatever they are in the database; numbers only where none is cut short. */
const READS_ALIKE = `(declared.type_oid = 'text'::regtype AND base.typcategory NOT IN ('N', 'B', 'A', 'C')
    AND base.name NOT IN ('json', 'jsonb')
  OR declared.type_oid::text IN ('json', 'jsonb') AND base.name IN ('json', 'jsonb')
  OR declared.type_oid = 'integer'::regtype AND base.name = 'smallint'
  OR declared.type_oid = 'bigint'::regtype AND base.name IN ('smallint', 'integer')
  OR declared.type_oid::text IN ('numeric', 'double precision') AND base.typcategory = 'N'
  OR declared.category = 'A' AND base.typcategory = 'A' AND declared.element = 'text'::regtype
    AND (SELECT typcategory FROM pg_type WHERE oid = base.typelem) = 'S')`;

/** What is asked is compared: then PostgreSQL takes any number for any other, and any text. */
const READS_AS_DECLARED = `(declared.type_oid = base.oid
  OR NOT declared.is_asked AND ${READS_ALIKE}
  OR declared.is_asked AND (declared.category = base.typcategory AND base.typcategory IN ('N', 'S')
    OR EXISTS (SELECT FROM pg_operator WHERE oprname = '=' AND oprleft = base.oid AND oprright = declared.type_oid)))`;

/** Every column of these tables: what the database says of it, and how it goes with what is declared for it. */
const COLUMNS_SQL = `
WITH RECURSIVE tables AS (
  SELECT declared.n, class.oid, declared.columns
  FROM jsonb_to_recordset(CAST(:declared AS jsonb)) AS declared (n integer, schema text, name text, columns jsonb)
  ${JOIN_CLASS}
), domains AS (
  SELECT oid AS domain, typbasetype AS base, typtypmod AS modifier, typnotnull AS is_required, typdefault IS NOT NULL AS has_default
  FROM pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT domains.domain, inner_type.typbasetype, inner_type.typtypmod, domains.is_required OR inner_type.typnotnull,
    domains.has_default OR inner_type.typdefault IS NOT NULL
  FROM domains JOIN pg_type AS inner_type ON inner_type.oid = domains.base AND inner_type.typtype = 'd'
), behind_domains AS (
  SELECT domains.* FROM domains JOIN pg_type AS base_type ON base_type.oid = domains.base AND base_type.typtype <> 'd'
)
SELECT tables.n, attribute.attname::text, format_type(attribute.atttypid, attribute.atttypmod), base.name,
  attribute.attnotnull OR coalesce(domain.is_required, false),
  attribute.atthasdef OR attribute.attidentity <> '' OR coalesce(domain.has_default, false),
  attribute.attgenerated <> '' OR attribute.attidentity = 'a',
  declared.type IS NULL OR declared.type_oid IS NOT NULL,
  coalesce(${assigns('declared.type_oid', 'base.oid')}
    OR declared.category = 'A' AND base.typcategory = 'A' AND ${assigns('declared.element', 'base.typelem')}, true),
  coalesce(${READS_AS_DECLARED}, true),
  coalesce(declared.is_cut, false)
FROM tables
JOIN pg_attribute AS attribute ON attribute.attrelid = tables.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
LEFT JOIN behind_domains AS domain ON domain.domain = attribute.atttypid
CROSS JOIN LATERAL (
  SELECT oid, typcategory, typelem, format_type(oid, NULL) AS name
  FROM pg_type WHERE oid = coalesce(domain.base, attribute.atttypid)
) AS base
LEFT JOIN LATERAL (
  SELECT column_.type, type_.oid::regtype AS type_oid, type_.typcategory AS category, type_.typelem AS element,
    coalesce(column_."isAsked", false) AS is_asked,
    -- What is too long for a type with a length is refused when it is assigned, and cut when it is cast.
    behind.modifier <> -1 AND format_type(behind.base, NULL) IN ('character varying', 'character', 'bit', 'bit varying') AS is_cut
  FROM jsonb_to_recordset(tables.columns) AS column_ (name text, type text, "isAsked" boolean)
  LEFT JOIN behind_domains AS behind ON behind.domain = to_regtype(column_.type)
  LEFT JOIN pg_type AS type_ ON type_.oid = coalesce(behind.base, to_regtype(column_.type))
  WHERE column_.name = attribute.attname
  -- A key that is read as well is checked as what is read.
  ORDER BY is_asked LIMIT 1
) AS declared ON true
ORDER BY tables.n, attribute.attnum`;

/** Names of all tables and views that are no part of PostgreSQL, as a projection would declare them. */
const NAMES_SQL = `
SELECT CASE WHEN pg_table_is_visible(class.oid) THEN '' ELSE namespace.nspname || '.' END || class.relname
FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT class.relispartition
  AND namespace.nspname NOT IN ('pg_catalog', 'information_schema', '${FRAMEWORK_SCHEMA}')
ORDER BY 1 LIMIT 10000`;

/**
 * Looks for the table that a declaration means which is not there: of the same name in another schema or with other
 * capitals, or of a similar name.
 */
export async function findNearestTable(execute: Execute, declared: string): Promise<string | undefined> {
  const { rows } = await execute(NAMES_SQL, {});
  const names = rows.flatMap(([name]) => name?.stringValue ?? []);
  const bareName = (name: string): string => relationOf(name).name.toLowerCase();
  return names.find((name) => bareName(name) === bareName(declared)) ?? nearestName(declared, names);
}

/**
 * Looks the declared tables up in the catalog.
 *
 * @returns one for each declared table, in their order; undefined where there is none
 */
export async function readTables(
  execute: Execute,
  declared: readonly DeclaredTable[],
): Promise<readonly (FoundTable | undefined)[]> {
  const described = describe(declared);
  const tables = await execute(TABLES_SQL, { declared: described });
  const columns = await execute(COLUMNS_SQL, { declared: described });
  return declared.map((_table, n) => {
    const [, kind, isUnique, flaw, obstacle, security] = tables.rows.find(([index]) => index?.longValue === n) ?? [];
    if (kind?.stringValue === undefined) return undefined;
    const own = columns.rows.filter(([index]) => index?.longValue === n);
    return {
      kind: kind.stringValue,
      isUnique: isUnique?.booleanValue === true,
      keyFlaw: flaw?.stringValue,
      obstacle: obstacle?.stringValue,
      hasRowSecurity: security?.booleanValue === true,
      columns: new Map(own.map(([, name, ...facts]) => [name?.stringValue ?? '', readColumn(facts)])),
    };
  });
}

function readColumn([type, base, ...facts]: readonly Field[]): FoundColumn {
  const is = (index: number): boolean => facts[index]?.booleanValue === true;
  return {
    type: type?.stringValue ?? '',
    base: base?.stringValue ?? '',
    declareAs: declarationFor(base?.stringValue ?? ''),
    isRequired: is(0),
    isFilledIn: is(1),
    isGenerated: is(2),
    isTypeKnown: is(3),
    takesDeclared: is(4),
    readsAsDeclared: is(5),
    isCut: is(6),
  };
}

function describe(declared: readonly DeclaredTable[]): string {
  return JSON.stringify(
    declared.map(({ table, uniqueKey, columns, privileges }, n) => ({
      n,
      ...relationOf(table),
      unique_key: [...uniqueKey].sort(),
      only_read: privileges.every((privilege) => privilege === 'SELECT'),
      columns,
    })),
  );
}

/** How a column of a type is declared. */
function declarationFor(base: string): string {
  const [element = '', list = ''] = /^(.*?)(\[\])?$/.exec(base)?.slice(1) ?? [];
  const name = SHORT_NAMES[element] ?? element;
  return parseColumnType(name + list) === undefined ? `sql('${base}')` : `'${name}${list}'`;
}
