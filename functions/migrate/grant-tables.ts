import type { DeclaredTable } from '../../contract/declared-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import { FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import { JOIN_CLASS, relationOf } from './read-tables.ts';

/** Who is given what. */
export interface GrantOptions {
  /** Name of the role that has the grants. */
  readonly role: string;
  /** Who that is, in a sentence: `the processor`. */
  readonly who: string;
  /** What the role is to be able to work on; what is not in the database is left out. */
  readonly tables: readonly DeclaredTable[];
}

/** Every object that a role needs a privilege on: schemas, tables, and the sequences behind columns that fill themselves. */
const WANTED = `
WITH tables AS (
  SELECT class.oid, class.relnamespace, declared.privileges
  FROM jsonb_to_recordset(CAST(:declared AS jsonb)) AS declared (schema text, name text, privileges jsonb)
  ${JOIN_CLASS}
), wanted AS (
  SELECT DISTINCT 'SCHEMA' AS kind, schema.oid, quote_ident(schema.nspname) AS name, schema.nspowner AS owner, 'USAGE' AS privilege
  FROM tables JOIN pg_namespace AS schema ON schema.oid = tables.relnamespace
  UNION
  SELECT 'TABLE', class.oid, quote_ident(schema.nspname) || '.' || quote_ident(class.relname), class.relowner, privilege
  FROM tables
  JOIN pg_class AS class ON class.oid = tables.oid
  JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
  CROSS JOIN jsonb_array_elements_text(tables.privileges) AS privilege
  UNION
  SELECT 'SEQUENCE', sequence.oid, quote_ident(schema.nspname) || '.' || quote_ident(sequence.relname), sequence.relowner, 'USAGE'
  FROM tables
  JOIN pg_depend AS depend ON depend.refobjid = tables.oid AND depend.deptype = 'a'
    AND depend.classid = 'pg_class'::regclass AND depend.refclassid = 'pg_class'::regclass
  JOIN pg_class AS sequence ON sequence.oid = depend.objid AND sequence.relkind = 'S'
  JOIN pg_namespace AS schema ON schema.oid = sequence.relnamespace
  WHERE tables.privileges @> '["INSERT"]'
)`;

/** What of it the role does not have yet; the last column tells whether the one who asks may grant it. */
const MISSING_SQL = `${WANTED}, judged AS (
  SELECT kind, name, owner, privilege,
    CASE kind WHEN 'SCHEMA' THEN has_schema_privilege(CAST(:role AS name), oid, privilege)
      WHEN 'TABLE' THEN has_table_privilege(CAST(:role AS name), oid, privilege)
      ELSE has_sequence_privilege(CAST(:role AS name), oid, privilege) END AS is_there,
    pg_has_role(owner, 'USAGE') OR CASE kind
      WHEN 'SCHEMA' THEN has_schema_privilege(oid, privilege || ' WITH GRANT OPTION')
      WHEN 'TABLE' THEN has_table_privilege(oid, privilege || ' WITH GRANT OPTION')
      ELSE has_sequence_privilege(oid, privilege || ' WITH GRANT OPTION') END AS may_grant
  FROM wanted
)
SELECT kind, name, pg_get_userbyid(owner)::text, string_agg(privilege, ', ' ORDER BY privilege), may_grant
FROM judged WHERE NOT is_there GROUP BY kind, name, owner, may_grant ORDER BY kind, name`;

/**
 * Grants a role what is declared for the tables, and nothing else: on tables of migrations and on those that
 * were there before. What it has already is left alone.
 *
 * @param execute as a user who owns the tables, or may pass on their privileges
 * @returns one sentence for each grant that this user may not make, with the statement for the owner
 */
export async function grantTables(execute: Execute, { role, who, tables }: GrantOptions): Promise<readonly string[]> {
  const { rows } = await execute(MISSING_SQL, {
    declared: describe(tables),
    role,
  });
  const problems: string[] = [];
  for (const row of rows) {
    const [kind = '', name = '', owner = '', privileges = ''] = row.map(({ stringValue }) => stringValue);
    const statement = `GRANT ${privileges} ON ${kind} ${name} TO ${identifier(role)}`;
    if (row[4]?.booleanValue === true) {
      await execute(statement);
      if (kind !== 'SCHEMA') await execute(NOTE_SQL, { role, kind, name, privileges });
    } else {
      problems.push(
        `${who} needs ${privileges} on the ${kind.toLowerCase()} ${name}, which belongs to ${owner}, and the user of the ` +
          `migrations may not grant it; have ${owner} run: ${statement}`,
      );
    }
  }
  return problems;
}

function describe(tables: readonly DeclaredTable[]): string {
  return JSON.stringify(tables.map(({ table, privileges }) => ({ ...relationOf(table), privileges })));
}

/** Remembers what was granted. A schema is no secret: what it holds is granted one by one. */
const NOTE_SQL = `
INSERT INTO ${FRAMEWORK_TABLES.tableGrant} (role_name, kind, object_name, privilege)
SELECT :role, :kind, :name, privilege FROM unnest(string_to_array(CAST(:privileges AS text), ', ')) AS privilege
ON CONFLICT DO NOTHING`;

/** Counts the releases that do not declare what was granted. */
const COUNT_SQL = `${WANTED}
UPDATE ${FRAMEWORK_TABLES.tableGrant} AS granted
SET undeclared_releases = CASE WHEN EXISTS (
    SELECT FROM wanted WHERE kind = granted.kind AND name = granted.object_name AND privilege = granted.privilege
  ) THEN 0 ELSE undeclared_releases + 1 END
WHERE role_name = :role`;

/** Forgets what this release and the one before do not declare, and says what is to be revoked of it. */
const FORGET_SQL = `
DELETE FROM ${FRAMEWORK_TABLES.tableGrant} WHERE role_name = :role AND undeclared_releases > 1
RETURNING kind, object_name, privilege, EXISTS (
  SELECT FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  WHERE quote_ident(namespace.nspname) || '.' || quote_ident(class.relname) = object_name AND pg_has_role(class.relowner, 'USAGE')
)`;

/**
 * Revokes what was granted for an earlier release and what neither this one nor the one before declares: that one still
 * runs beside this one, and again after a rollback. What a migration or an owner has granted stays.
 *
 * @param execute as {@link grantTables}, once it is sure that this release is deployed
 * @returns what was revoked, such as `DELETE on public.orders`
 */
export async function revokeUndeclared(
  execute: Execute,
  { role, tables }: Omit<GrantOptions, 'who'>,
): Promise<readonly string[]> {
  await execute(COUNT_SQL, { declared: describe(tables), role });
  const { rows } = await execute(FORGET_SQL, { role });
  const revoked: string[] = [];
  for (const row of rows) {
    const [kind = '', name = '', privilege = ''] = row.map(({ stringValue }) => stringValue);
    if (row[3]?.booleanValue !== true) continue;
    await execute(`REVOKE ${privilege} ON ${kind} ${name} FROM ${identifier(role)}`);
    revoked.push(`${privilege} on ${name}`);
  }
  return revoked;
}
