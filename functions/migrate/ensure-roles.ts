import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { FRAMEWORK_SCHEMA, FRAMEWORK_TABLES } from '../../contract/framework-tables.ts';
import type { Execute } from '../../data-api/execute.ts';
import { withMigrationLock, type LockOptions } from './with-migration-lock.ts';

/** Name and password of a database role. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

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
  ],
  maintenance: [
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.ledger}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.batchLog}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.quarantinePart}`,
    `SELECT, UPDATE (allowed_at) ON ${FRAMEWORK_TABLES.fuse}`,
    `SELECT, DELETE ON ${FRAMEWORK_TABLES.inFlight}`,
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
      await ensureRole(execute, options[kind]);
      const role = quoteIdentifier(options[kind].username);
      await execute(`GRANT USAGE ON SCHEMA ${FRAMEWORK_SCHEMA} TO ${role}`);
      for (const grant of FRAMEWORK_GRANTS[kind]) await execute(`GRANT ${grant} TO ${role}`);
    }
    await grantTables(execute, options);
    return { commit: true, result: undefined };
  });
}

async function ensureRole(execute: Execute, { username, password }: Credentials): Promise<void> {
  const { rows } = await execute('SELECT count(*) FROM pg_roles WHERE rolname = CAST(:role AS name)', {
    role: username,
  });
  const verb = rows[0]?.[0]?.longValue === 0 ? 'CREATE' : 'ALTER';
  const verifier = scramVerifier(password, randomBytes(16));
  await execute(`${verb} ROLE ${quoteIdentifier(username)} LOGIN PASSWORD '${verifier}'`);
}

async function grantTables(execute: Execute, { tables, processor }: EnsureRolesOptions): Promise<void> {
  const role = quoteIdentifier(processor.username);
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

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** PostgreSQL's own number of rounds. */
const ITERATIONS = 4096;

/**
 * What PostgreSQL keeps of a password, in the form that `CREATE ROLE ... PASSWORD` takes as it is. Sending this, the
 * password itself is in no statement, and so in no log of statements.
 * {@link https://www.postgresql.org/docs/17/catalog-pg-authid.html}
 *
 * @param password printable ASCII, which SASLprep leaves as it is
 * @param salt 16 random bytes
 */
function scramVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  const serverKey = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
