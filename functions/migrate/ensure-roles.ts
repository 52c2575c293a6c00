import { FRAMEWORK_SCHEMA, FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { identifier } from '../../processor/tables/table-kind.ts';
import { ensureLogin, grantedRole, type Credentials } from './database-role.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/** The roles of one function. */
export interface EnsureRolesOptions extends LockOptions {
  /** Writes events: what the processor logs in as. */
  readonly processor: Credentials;
  /** Reads positions and deletes old rows: what watchdog, pruning and operators log in as. */
  readonly maintenance: Credentials;
}

/** What each role may do with the framework's tables: text that stands between GRANT and TO. */
export const FRAMEWORK_GRANTS = {
  processor: [
    `SELECT, INSERT ON ${FRAMEWORK_TABLES.ledger}`,
    // An event that comes into effect closes its entry; what is there already is not made of parts again.
    // What waits is tried again, so its payload is read as well.
    `SELECT, INSERT, UPDATE (applied_at, retry_at, heal_until, unsettled_tries, reason, detail, sql_state, code_version)
     ON ${FRAMEWORK_TABLES.quarantine}`,
    `SELECT, INSERT, UPDATE (committed_at), DELETE ON ${FRAMEWORK_TABLES.quarantinePart}`,
    `SELECT, INSERT, UPDATE (version, touches, committed_at) ON ${FRAMEWORK_TABLES.tombstone}`,
    // The fuse judges by what the build did last.
    `SELECT (id, function_name, shard_id, batch_sequence_number, code_version, events, written, superseded, existing, quarantined, waiting,
     newest_arrival_at), INSERT
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
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.tombstone}`,
    `SELECT, UPDATE (redrive_began_at, redriven_at) ON ${FRAMEWORK_TABLES.quarantine}`,
    `SELECT ON ${FRAMEWORK_TABLES.migrations}`,
  ],
} as const;

/**
 * Creates the database roles of a function, or gives them their present password. They come before the migrations, which
 * may grant them something. Safe to repeat, and safe beside another run.
 */
export async function ensureRoles(options: EnsureRolesOptions): Promise<void> {
  await withMigrationLock(options, async (execute) => {
    for (const kind of ['processor', 'maintenance'] as const) await ensureLogin(execute, options[kind]);
    return { commit: true, result: undefined };
  });
}

/** Grants both roles what they need of the framework's tables, and nothing else. */
export async function grantFramework(
  execute: Execute,
  roles: Pick<EnsureRolesOptions, 'processor' | 'maintenance'>,
): Promise<void> {
  for (const kind of ['processor', 'maintenance'] as const) {
    const role = identifier(grantedRole(roles[kind].username));
    await execute(`GRANT USAGE ON SCHEMA ${FRAMEWORK_SCHEMA} TO ${role}`);
    for (const grant of FRAMEWORK_GRANTS[kind]) await execute(`GRANT ${grant} TO ${role}`);
  }
}
