import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError, type Migration } from './migration.ts';

/**
 * Reads the migrations of one set: every `.sql` file of a folder, not its subfolders.
 *
 * @param set whose tables they make: `FRAMEWORK_MIGRATION_SET`, or the name of a function
 * @param directory the folder
 * @throws {@link MigrationError} naming the folder when it cannot be read or holds no `.sql` file
 */
export async function loadMigrations(set: string, directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory).catch((cause: unknown) => {
    throw new MigrationError([`the migrations of ${set} must be in ${directory}, but it cannot be read`], { cause });
  });
  const names = entries.filter((name) => name.endsWith('.sql')).sort();
  if (names.length === 0)
    throw new MigrationError([`the migrations of ${set} must be in ${directory}, got no .sql file`]);
  return Promise.all(names.map(async (name) => ({ set, name, sql: await readFile(join(directory, name), 'utf8') })));
}
