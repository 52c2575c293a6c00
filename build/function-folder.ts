import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { compareMigrationNames, migrationNameProblems } from '../contract/migration-name.ts';
import { nearestName } from '../contract/nearest-name.ts';
import { MigrationError } from '../functions/migrate/migration.ts';
import { checkMigrations } from './check-migrations.ts';

/** What the framework brings along is below this folder: the repository, or the compiled code of the package. */
export const FRAMEWORK_ROOT = join(import.meta.dirname, '..');

/** Folder of the functions in a project, which is where its commands run. */
const FUNCTIONS = 'functions';

/** Functions that every stack has beside its processor. */
export const OWN_FUNCTIONS = ['migrate', 'watchdog', 'prune'] as const;

/** Folder with the migrations of the framework's own tables. */
export const FRAMEWORK_MIGRATIONS = join(FRAMEWORK_ROOT, FUNCTIONS, 'migrate/framework');

/** What a handler module may be called; the framework's own are JavaScript once they are packed. */
const HANDLERS = ['handler.ts', 'handler.mts', 'handler.js', 'handler.mjs'] as const;

/** Where a processor function has its parts. */
export interface FunctionFolder {
  /** Name of the folder, which is that of the function. */
  readonly name: string;
  /** The folder, relative to the working directory. */
  readonly path: string;
  /** Path of the handler module, relative to the working directory. */
  readonly entry: string;
  /** Folder with its migrations, absolute. */
  readonly migrations: string;
}

/**
 * Says where the parts of a function are, whether they are there or not.
 *
 * @param nameOrPath name of a folder in `functions/`, or path of a folder, which has a `/` in it
 */
export function functionFolder(nameOrPath: string): FunctionFolder {
  const folder = isPath(nameOrPath) ? resolve(nameOrPath) : resolve(FUNCTIONS, nameOrPath);
  const handler = HANDLERS.find((file) => existsSync(join(folder, file))) ?? HANDLERS[0];
  const path = relative(process.cwd(), folder) || '.';
  return { name: basename(folder), path, entry: join(path, handler), migrations: join(folder, 'migrations') };
}

/** A function that comes with the framework: those that every stack has, and the example. */
export function ownFunctionFolder(name: string): FunctionFolder {
  return functionFolder(join(FRAMEWORK_ROOT, FUNCTIONS, name));
}

function isPath(nameOrPath: string): boolean {
  return nameOrPath.includes('/') || nameOrPath.includes(sep);
}

/**
 * Names of the processor functions in `functions/`, sorted.
 *
 * @returns nothing when there is no such folder
 */
export async function functionNames(): Promise<readonly string[]> {
  return (await list(resolve(FUNCTIONS))).folders.filter((name) => !OWN_FUNCTIONS.some((own) => own === name));
}

/**
 * Checks a name or path that a user gave.
 *
 * @param option in which it was given, such as `--function`
 * @returns the problem, with the functions there are; `undefined` when there is such a folder
 */
export async function unknownFunctionProblem(option: string, nameOrPath: string): Promise<string | undefined> {
  const got = JSON.stringify(nameOrPath);
  if (isPath(nameOrPath)) {
    const isFolder = statSync(nameOrPath, { throwIfNoEntry: false })?.isDirectory() === true;
    return isFolder ? undefined : `\`${option}\` must be the folder of a function, got ${got}, which is none`;
  }
  const known = await functionNames();
  if (known.includes(nameOrPath)) return undefined;
  if (known.length === 0) {
    return (
      `\`${option}\` must be a folder of ${resolve(FUNCTIONS)}, got ${got}, and there is none; ` +
      'run this in the folder of your project, or give the path of the function'
    );
  }
  const nearest = nearestName(nameOrPath, known);
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return `\`${option}\` must be one of ${known.join(', ')} (folders of functions/), got ${got}${hint}`;
}

/** What is in a folder; nothing when it does not exist. */
interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** What a look into a function's folder found. */
export interface FolderCheck {
  readonly hasHandler: boolean;
  /** One sentence each, starting with a path relative to the working directory. */
  readonly problems: readonly string[];
}

/** Checks that a function has a handler, and migrations that can be applied. */
export async function checkFunctionFolder({ name, path, migrations }: FunctionFolder): Promise<FolderCheck> {
  const listing = await list(path);
  const hasHandler = HANDLERS.some((file) => listing.files.includes(file));
  const problems = [
    ...(hasHandler ? [] : [missingHandlerProblem(path, listing)]),
    ...(listing.folders.includes('migrations')
      ? await migrationsProblems({ name, migrations }, `${path}/migrations`)
      : [await missingMigrationsProblem(path, listing)]),
  ];
  return { hasHandler, problems };
}

function missingHandlerProblem(path: string, { files }: Listing): string {
  const got = files.length === 0 ? 'no file' : files.join(', ');
  return (
    `${path}/handler.ts is missing, got ${got}; ` + 'create it with `export const handler = createHandler(PROJECTION);`'
  );
}

async function migrationsProblems(
  { name, migrations }: Pick<FunctionFolder, 'name' | 'migrations'>,
  path: string,
): Promise<readonly string[]> {
  const { files, folders } = await list(path);
  const names = files.filter(looksLikeMigration).sort(compareMigrationNames);
  const problems = migrationNameProblems(names).map((found) => `${path}/${found.name}: ${found.problem}`);
  for (const folder of folders) {
    const deeper = await list(join(path, folder));
    if (deeper.files.some(looksLikeMigration)) {
      problems.push(`${path}/${folder}: folders are not looked into; move the SQL files into ${path}`);
    }
  }
  if (names.length === 0 && problems.length === 0) {
    problems.push(`${path} must have at least one SQL file, got none; create 001-tables.sql with the tables`);
  }
  if (problems.length > 0) return problems;
  try {
    return (await checkMigrations(name, migrations)).problems;
  } catch (error) {
    if (error instanceof MigrationError) return error.problems;
    throw error;
  }
}

/** The most common slips are a name that is a little different, and files beside the folder instead of in it. */
async function missingMigrationsProblem(path: string, { files, folders }: Listing): Promise<string> {
  const isHolding = async (folder: string): Promise<boolean> =>
    (await list(join(path, folder))).files.some(looksLikeMigration);
  const holding = await Promise.all(folders.map(async (folder) => ((await isHolding(folder)) ? [folder] : [])));
  const misnamed = holding.flat()[0] ?? nearestName('migrations', folders);
  const loose = files.filter(looksLikeMigration);
  const advice =
    misnamed !== undefined
      ? `rename the folder ${misnamed}`
      : loose.length > 0
        ? `move ${loose.join(', ')} into it`
        : 'create it with 001-tables.sql, which creates the tables';
  return `${path}/migrations must be a folder with SQL files, got no such folder; ${advice}`;
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
