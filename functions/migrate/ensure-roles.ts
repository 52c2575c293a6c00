import { FRAMEWORK_SCHEMA, FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import { ensureLogin, grantedRole, type Credentials } from './database-role.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/** The roles of one function, and the tables it works on. */
export interface EnsureRolesOptions extends LockOptions {
  /** Writes events: what the processor logs in as. */
  readonly processor: Credentials;
  /** Reads positions and deletes old rows: what watchdog, pruning and operators log in as. */
  readonly maintenance: Credentials;
  /** The function's own tables, as written in its migrations; those that are gone are left out. */
  readonly tables: readonly string[];
}

/** What each role may do with the framework's tables: text that stands between GRANT and TO. */
export const FRAMEWORK_GRANTS = {
  processor: [
    `SELECT, INSERT ON ${FRAMEWORK_TABLES.ledger}`,
    // An event that comes into effect closes its entry; what is there already is not made of parts again.
    `SELECT (function_name, shard_id, sequence_number, sub_sequence_number, event_id, payload_hash, reason,
     redrive_began_at, applied_at), INSERT, UPDATE (applied_at) ON ${FRAMEWORK_TABLES.quarantine}`,
    `SELECT, INSERT, UPDATE (committed_at), DELETE ON ${FRAMEWORK_TABLES.quarantinePart}`,
    // The fuse judges by what the build did last.
    `SELECT (id, function_name, code_version, events, written, superseded, quarantined, newest_arrival_at), INSERT
     ON ${FRAMEWORK_TABLES.batchLog}`,
    `SELECT, INSERT, UPDATE, DELETE ON ${FRAMEWORK_TABLES.fuse}`,
    `SELECT, INSERT, UPDATE, DELETE ON ${FRAMEWORK_TABLES.inFlight}`,
    `SELECT, INSERT, UPDATE ON ${FRAMEWORK_TABLES.heldPosition}`,
  ],
  maintenance: [
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.ledger}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.batchLog}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.quarantinePart}`,
    `SELECT, UPDATE (allowed_at) ON ${FRAMEWORK_TABLES.fuse}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.inFlight}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.heldPosition}`,
    `SELECT, UPDATE (redrive_began_at, redriven_at) ON ${FRAMEWORK_TABLES.quarantine}`,
    `SELECT ON ${FRAMEWORK_TABLES.migrations}`,
  ],
} as const;

/**
 * Creates the database roles of a function, or gives them their present password, and grants them what they need and
 * nothing else. Safe to repeat, and safe beside another run.
 */
export async function ensureRoles(options: EnsureRolesOptions): Promise<void> {
  await withMigrationLock(options, async (execute) => {
    for (const kind of ['processor', 'maintenance'] as const) {
      await ensureLogin(execute, options[kind]);
      const role = identifier(grantedRole(options[kind].username));
      await execute(`GRANT USAGE ON SCHEMA ${FRAMEWORK_SCHEMA} TO ${role}`);
      for (const grant of FRAMEWORK_GRANTS[kind]) await execute(`GRANT ${grant} TO ${role}`);
    }
    await grantTables(execute, options);
    return { commit: true, result: undefined };
  });
}

async function grantTables(execute: Execute, { tables, processor }: EnsureRolesOptions): Promise<void> {
  const role = identifier(grantedRole(processor.username));
  const { rows } = await execute(
    `SELECT quote_ident(namespace.nspname), quote_ident(namespace.nspname) || '.' || quote_ident(class.relname),
       class.relkind = 'S'
     FROM jsonb_array_elements_text(CAST(:tables AS jsonb)) AS made (name)
     JOIN pg_class AS own ON own.oid = to_regclass(made.name)
     JOIN pg_class AS class ON class.oid = own.oid
       OR (class.relkind = 'S' AND EXISTS (
         SELECT FROM pg_depend
         WHERE objid = class.oid AND refobjid = own.oid AND deptype = 'a' AND classid = 1259 AND refclassid = 1259))
     JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace`,
    { tables: JSON.stringify(tables) },
  );
  for (const [schema, relation, isSequence] of rows) {
    await execute(`GRANT USAGE ON SCHEMA ${schema?.stringValue ?? ''} TO ${role}`);
    const privileges = isSequence?.booleanValue === true ? 'USAGE ON SEQUENCE' : 'SELECT, INSERT, UPDATE ON';
    await execute(`GRANT ${privileges} ${relation?.stringValue ?? ''} TO ${role}`);
  }
}
