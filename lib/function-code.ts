import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFunctionBundle } from '../build/bundle-function.ts';
import { checkMigrations } from '../build/check-migrations.ts';
import {
  FRAMEWORK_MIGRATIONS,
  functionFolder,
  ownFunctionFolder,
  unknownFunctionProblem,
  type FunctionFolder,
} from '../build/function-folder.ts';
import { prepareFunction } from '../build/prepare-function.ts';
import { DECLARED_TABLES_FILE } from '../contract/declared-tables.ts';
import { FRAMEWORK_SCHEMA } from '../contract/framework-tables.ts';
import { PropsError } from './props/props-error.ts';

/** Code of one function, ready to be deployed. */
export interface FunctionCode {
  /** The bundle, and whatever else the function reads. */
  readonly folder: string;
  /** Hash of the bundle, which its log lines carry too. */
  readonly buildVersion: string;
}

/** Code of all functions of a processor. */
export interface StackCode {
  /** Folder of the processor: also the name of its rows in the framework's tables. */
  readonly functionName: string;
  readonly processor: FunctionCode;
  readonly migrate: FunctionCode;
  readonly watchdog: FunctionCode;
  readonly prune: FunctionCode;
  /** Changes when a migration, the code that applies it, or a table of the projection does. */
  readonly migrationsVersion: string;
  /** What of the migrations the release before could not run with, one sentence each. */
  readonly migrationWarnings: readonly string[];
}

const temporary: string[] = [];

/** One listener for all folders: a stage may have more processors than Node.js takes for a leak. */
function removeAtExit(folder: string): void {
  temporary.push(folder);
  if (temporary.length > 1) return;
  process.once('exit', () => {
    for (const each of temporary) rmSync(each, { recursive: true, force: true });
  });
}

/**
 * Bundles all functions of a stack from their source into fresh folders, which are gone when the process ends: what
 * is deployed is never left over from an earlier build.
 *
 * @param nameOrPath folder of the processor: its name in `functions/` under the working directory, or its path
 * @throws PropsError when there is no such function
 * @throws `FunctionError` with everything that would keep the function from starting
 */
export async function bundleStackCode(nameOrPath: string): Promise<StackCode> {
  const unknown = await unknownFunctionProblem('functionName', nameOrPath);
  if (unknown !== undefined) throw new PropsError([unknown]);
  const root = mkdtempSync(join(tmpdir(), 'function-code-'));
  removeAtExit(root);
  const processorFolder = join(root, 'processor');
  const source = functionFolder(nameOrPath);
  const { buildVersion, tables } = await prepareFunction(source, processorFolder);
  const processor = { folder: processorFolder, buildVersion };
  const bundle = async (name: string): Promise<FunctionCode> => {
    const folder = join(root, name);
    return { folder, buildVersion: (await writeFunctionBundle(ownFunctionFolder(name).entry, folder)).buildVersion };
  };
  const [migrate, watchdog, prune] = await Promise.all([bundle('migrate'), bundle('watchdog'), bundle('prune')]);
  const sqlVersion = await copyMigrations(source, join(migrate.folder, 'migrations'));
  const declared = JSON.stringify(tables);
  await writeFile(join(migrate.folder, DECLARED_TABLES_FILE), declared);
  return {
    functionName: source.name,
    processor,
    migrate,
    watchdog,
    prune,
    migrationsVersion: `${migrate.buildVersion}-${sqlVersion}-${shortHash(declared)}`,
    migrationWarnings: (await checkMigrations(source.name, source.migrations)).warnings,
  };
}

/** Puts the SQL files beside the code that applies them, one folder per set, and returns their hash. */
async function copyMigrations({ name, migrations }: FunctionFolder, target: string): Promise<string> {
  const hash = createHash('sha256');
  const sources = [
    [FRAMEWORK_SCHEMA, FRAMEWORK_MIGRATIONS],
    [name, migrations],
  ] as const;
  for (const [set, source] of sources) {
    await mkdir(join(target, set), { recursive: true });
    const names = (await readdir(source)).filter((name) => name.endsWith('.sql')).sort();
    for (const name of names) {
      hash.update(`${set}/${name}\n`).update(await readFile(join(source, name)));
      await copyFile(join(source, name), join(target, set, name));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
