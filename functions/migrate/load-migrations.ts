import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { MigrationError, migrationFile, type Migration } from './migration.ts';

/** Takes a byte order mark away, which PostgreSQL would refuse, and throws where another one would write U+FFFD. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the migrations of one set: every `.sql` file of a folder, not its subfolders.
 *
 * @param set whose tables they make: `FRAMEWORK_MIGRATION_SET`, or the name of a function
 * @param directory the folder
 * @throws {@link MigrationError} naming the folder when it cannot be read or holds no `.sql` file, and every file that is no
 *   text in UTF-8
 */
export async function loadMigrations(set: string, directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory).catch((cause: unknown) => {
    throw new MigrationError([`the migrations of ${set} must be in ${directory}, but it cannot be read`], { cause });
  });
  const names = entries.filter((name) => name.endsWith('.sql')).sort();
  if (names.length === 0)
    throw new MigrationError([`the migrations of ${set} must be in ${directory}, got no .sql file`]);
  const files = await Promise.all(
    names.map(async (name) => ({ set, name, sql: textOf(await readFile(join(directory, name))) })),
  );
  const strange = files.filter(({ sql }) => sql === undefined);
  if (strange.length > 0) {
    throw new MigrationError(
      strange.map((file) => `${migrationFile(file)}: must be text in UTF-8, got other bytes; save it as UTF-8`),
    );
  }
  return files.map(({ sql = '', ...file }) => ({ ...file, sql }));
}

/** A text with NUL characters is one in UTF-16, or none: the database would lose its place in what it reads. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
