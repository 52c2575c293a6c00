import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

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
export function scramVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  const serverKey = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
