import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../command-line/usage-error.ts';

const FUNCTIONS = join(import.meta.dirname, '../../functions');

/** A processor function in the repository. */
export interface LocatedFunction {
  readonly name: string;
  /** Path of the handler module, relative to the repository. */
  readonly entry: string;
  /** Folder with the function's own migrations, absolute. */
  readonly migrations: string;
}

/**
 * Finds a function by its folder's name.
 *
 * @throws {@link UsageError} naming the functions there are
 */
export async function findFunction(name: string): Promise<LocatedFunction> {
  const names = await listFunctions();
  if (!names.includes(name)) {
    throw new UsageError([`\`--function\` must be one of ${names.join(', ')}, got ${JSON.stringify(name)}`]);
  }
  return { name, entry: `functions/${name}/handler.ts`, migrations: join(FUNCTIONS, name, 'migrations') };
}

/** A folder is a processor function when it has a projection. */
async function listFunctions(): Promise<string[]> {
  const entries = await readdir(FUNCTIONS, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found = await Promise.all(
    folders.map((name) =>
      stat(join(FUNCTIONS, name, 'projection.ts')).then(
        () => [name],
        () => [],
      ),
    ),
  );
  return found.flat().sort();
}
