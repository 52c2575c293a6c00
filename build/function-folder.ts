import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMigrationNames, migrationNameProblems } from '../contract/migration-name.ts';
import { nearestName } from '../contract/nearest-name.ts';
import { checkMigrations } from './check-migrations.ts';

const FUNCTIONS = join(import.meta.dirname, '..', 'functions');

/** Functions that every stack has beside its processor. */
const OWN = new Set(['migrate', 'watchdog', 'prune']);

/** Where a processor function has its parts. */
export interface FunctionFolder {
  /** Name of the folder, which is that of the function. */
  readonly name: string;
  /** Path of the handler module, relative to the repository. */
  readonly entry: string;
  /** Folder with its migrations, absolute. */
  readonly migrations: string;
}

/** Says where the parts of a function are, whether they are there or not. */
export function functionFolder(name: string): FunctionFolder {
  return { name, entry: `functions/${name}/handler.ts`, migrations: join(FUNCTIONS, name, 'migrations') };
}

/**
 * Checks a name that a user gave.
 *
 * @param option in which it was given, such as `--function`
 * @returns the problem, with the functions there are; `undefined` when there is such a folder
 */
export async function unknownFunctionProblem(option: string, name: string): Promise<string | undefined> {
  const folders = await readdir(FUNCTIONS, { withFileTypes: true });
  const known = folders.flatMap((entry) => (entry.isDirectory() && !OWN.has(entry.name) ? [entry.name] : [])).sort();
  if (known.includes(name)) return undefined;
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return `\`${option}\` must be one of ${known.join(', ')} (folders of functions/), got ${JSON.stringify(name)}${hint}`;
}

/** What is in a folder; nothing when it does not exist. */
interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** What a look into a function's folder found. */
export interface FolderCheck {
  readonly hasHandler: boolean;
  /** One sentence each, starting with a path relative to the repository. */
  readonly problems: readonly string[];
}

/** Checks that a function has a handler, and migrations that can be applied. */
export async function checkFunctionFolder(name: string): Promise<FolderCheck> {
  const listing = await list(join(FUNCTIONS, name));
  const hasHandler = listing.files.includes('handler.ts');
  const problems = [
    ...(hasHandler ? [] : [missingHandlerProblem(name, listing)]),
    ...(listing.folders.includes('migrations')
      ? await migrationsProblems(name)
      : [await missingMigrationsProblem(name, listing)]),
  ];
  return { hasHandler, problems };
}

function missingHandlerProblem(name: string, { files }: Listing): string {
  const got = files.length === 0 ? 'no file' : files.join(', ');
  return (
    `functions/${name}/handler.ts is missing, got ${got}; ` +
    'create it with `export const handler = createHandler(PROJECTION);`'
  );
}

async function migrationsProblems(name: string): Promise<string[]> {
  const path = `functions/${name}/migrations`;
  const { files, folders } = await list(join(FUNCTIONS, name, 'migrations'));
  const names = files.filter(looksLikeMigration).sort(compareMigrationNames);
  const problems = migrationNameProblems(names).map((found) => `${path}/${found.name}: ${found.problem}`);
  for (const folder of folders) {
    const deeper = await list(join(FUNCTIONS, name, 'migrations', folder));
    if (deeper.files.some(looksLikeMigration)) {
      problems.push(`${path}/${folder}: folders are not looked into; move the SQL files into ${path}`);
    }
  }
  if (names.length === 0 && problems.length === 0) {
    problems.push(`${path} must have at least one SQL file, got none; create 001-tables.sql with the tables`);
  }
  if (problems.length > 0) return problems;
  return [...(await checkMigrations(name, join(FUNCTIONS, name, 'migrations'))).problems];
}

/** The most common slips are a name that is a little different, and files beside the folder instead of in it. */
async function missingMigrationsProblem(name: string, { files, folders }: Listing): Promise<string> {
  const isHolding = async (folder: string): Promise<boolean> =>
    (await list(join(FUNCTIONS, name, folder))).files.some(looksLikeMigration);
  const holding = await Promise.all(folders.map(async (folder) => ((await isHolding(folder)) ? [folder] : [])));
  const misnamed = holding.flat()[0] ?? nearestName('migrations', folders);
  const loose = files.filter(looksLikeMigration);
  const advice =
    misnamed !== undefined
      ? `rename the folder ${misnamed}`
      : loose.length > 0
        ? `move ${loose.join(', ')} into it`
        : 'create it with 001-tables.sql, which creates the tables';
  return `functions/${name}/migrations must be a folder with SQL files, got no such folder; ${advice}`;
}

/** Notes may lie beside migrations; but a migration must not be overlooked because it is misnamed. */
function looksLikeMigration(name: string): boolean {
  return /\.sql$/i.test(name) || (/^\d+[-_ ]/.test(name) && !name.endsWith('.md'));
}

async function list(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const names = (isWanted: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries
      .filter(isWanted)
      .map(({ name }) => name)
      .sort();
  return { files: names((entry) => !entry.isDirectory()), folders: names((entry) => entry.isDirectory()) };
}
