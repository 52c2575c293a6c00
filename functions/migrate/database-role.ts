import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { MAX_ROLE_NAME_BYTES, SECOND_USER_ENDING } from '../../contract/database-role-name.ts';
import type { Execute } from '../../data-api/execute.ts';
import { identifier } from '../../processor/tables/table-kind.ts';

/** Name and password of a database role. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * The role that has the grants. Its name is that of the first of two users who take turns when the password is
 * rotated; the second one is a member of it.
 */
export function grantedRole(username: string): string {
  return username.endsWith(SECOND_USER_ENDING) ? username.slice(0, -SECOND_USER_ENDING.length) : username;
}

/** The user whose turn is next. */
export function otherUser(username: string): string {
  const role = grantedRole(username);
  return username === role ? `${role}${SECOND_USER_ENDING}` : role;
}

/**
 * Lets a user log in with a password, and gives it the privileges of its role. Both are created when they are missing.
 *
 * @param execute in a transaction that no other run shares
 */
export async function ensureLogin(execute: Execute, { username, password }: Credentials): Promise<void> {
  const role = grantedRole(username);
  if (Buffer.byteLength(role) > MAX_ROLE_NAME_BYTES) {
    throw new Error(`the name of a database role must have at most ${MAX_ROLE_NAME_BYTES} bytes, got ${role}`);
  }
  await ensureRole(execute, role);
  if (username !== role) {
    await ensureRole(execute, username);
    await execute(`GRANT ${identifier(role)} TO ${identifier(username)}`);
  }
  const verifier = scramVerifier(password, randomBytes(16));
  await execute(`ALTER ROLE ${identifier(username)} LOGIN PASSWORD '${verifier}'`);
}

async function ensureRole(execute: Execute, role: string): Promise<void> {
  const { rows } = await execute('SELECT count(*) FROM pg_roles WHERE rolname = CAST(:role AS name)', { role });
  if (rows[0]?.[0]?.longValue === 0) await execute(`CREATE ROLE ${identifier(role)}`);
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
