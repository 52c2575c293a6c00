import { readFile } from 'node:fs/promises';
import type { RunAs } from './postgres-process.ts';

/** Users that exist for running something without rights, in order of preference. */
const CANDIDATES = ['postgres', 'nobody'] as const;

/**
 * PostgreSQL refuses to run as root. Where this process is root, the server runs as an unprivileged user that the
 * machine already has; otherwise as the user of this process.
 *
 * @throws Error if this process is root and the machine has no such user.
 */
export async function findUnprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const passwd = await readFile('/etc/passwd', 'utf8');
  const user = CANDIDATES.map((name) => parseUser(passwd, name)).find((found) => found !== undefined);
  if (user) return user;
  throw new Error(
    `PostgreSQL does not run as root and this machine has no user ${CANDIDATES.join(' or ')}: run as another user, or give the URL of a running PostgreSQL`,
  );
}

/** Reads user and group id of `name` from the text of `/etc/passwd`. */
export function parseUser(passwd: string, name: string): Required<RunAs> | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { uid, gid } : undefined;
}
