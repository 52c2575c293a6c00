import { join } from 'node:path';
import type { FunctionFolder } from '../../build/function-folder.ts';
import { prepareFunction, type PreparedFunction } from '../../build/prepare-function.ts';
import type { Screen } from '../../command-line/screen.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { ProblemsError } from '../../contract/problems-error.ts';
import { FunctionFiles } from './function-files.ts';
import { prepareTables } from './prepare-tables.ts';
import type { Running, World, WorldFunction } from './start-world.ts';

/** A world whose functions are to follow their files. */
export interface Reloading {
  readonly world: Pick<World, 'dataApi' | 'functions'>;
  readonly say: Screen['say'];
  /** Hears of each build that has taken over, by the place of its function in the world. */
  readonly onDeployed: (index: number, buildVersion: string) => void;
}

/**
 * Follows the files of a world's functions: each change is bundled, loaded once, and its migrations are applied, as a
 * deployment does it; then new environments run it. A change that cannot be used is told, and the build before runs on.
 *
 * @returns ends the following, once a build under way has come to its end
 */
export function startReloading(reloading: Reloading): AsyncDisposable {
  const ending = new AbortController();
  const ended = Promise.all(
    reloading.world.functions.map((running, index) => follow(running, { ...reloading, index, signal: ending.signal })),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await ended;
    },
  };
}

interface Following extends Reloading {
  readonly index: number;
  readonly signal: AbortSignal;
}

async function follow(running: Running<WorldFunction>, following: Following): Promise<void> {
  const { world, index, signal, onDeployed } = following;
  const say = (line: string): void => {
    following.say(`${running.folder.name}: ${line}`);
  };
  const files = new FunctionFiles(running.folder.path, running.inputs);
  let { buildVersion } = running;
  let isRefused = false;
  for (let count = 1; !signal.aborted; count += 1) {
    const changed = await files.change(signal).catch(() => undefined);
    if (changed === undefined) return;
    const build = { folder: running.folder, directory: `${running.directory}-${count}`, say };
    const prepared = await deployable(build, world.dataApi).catch((error: unknown) => error as Error);
    if (prepared instanceof Error) {
      say(
        `the change of ${describePaths(changed)} is not used, and build ${buildVersion} runs on: ${prepared.message}`,
      );
    } else if (prepared.buildVersion !== buildVersion) {
      ({ buildVersion } = prepared);
      running.runtime.deploy(join(build.directory, 'index.mjs'));
      onDeployed(index, buildVersion);
      say(`build ${buildVersion} runs now, after a change of ${describePaths(changed)}`);
    } else if (isRefused) say(`the change is undone, and build ${buildVersion} runs on`);
    isRefused = prepared instanceof Error;
    if (!(prepared instanceof Error)) await files.addInputs(Object.keys(prepared.inputs));
  }
}

interface Build {
  readonly folder: FunctionFolder;
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** First what finds mistakes without the database, then the migrations, as in a deployment. */
async function deployable({ folder, directory, say }: Build, dataApi: World['dataApi']): Promise<PreparedFunction> {
  const prepared = await prepareFunction(folder, directory);
  const warnings = await prepareTables(dataApi, [{ ...folder, ...prepared }], { onApplied: say });
  for (const warning of warnings) say(`WARN ${warning}`);
  return prepared;
}

/** Paths that are named of a change. */
const MAX_NAMED = 3;

function describePaths(paths: readonly string[]): string {
  const named = paths.slice(0, MAX_NAMED).join(', ');
  return paths.length > MAX_NAMED ? `${named} and ${paths.length - MAX_NAMED} more` : named;
}

/** A start that is tried again. */
export interface RepeatedStart<T> {
  readonly folders: readonly FunctionFolder[];
  readonly start: () => Promise<T>;
  readonly say: Screen['say'];
  readonly signal: AbortSignal;
}

/**
 * Starts something that needs functions, and again after each change of their files for as long as they cannot be used.
 *
 * @returns what was started
 * @throws what has nothing to do with the functions; the signal's reason when it is aborted meanwhile
 */
export async function startOnceUsable<T>({ folders, start, say, signal }: RepeatedStart<T>): Promise<T> {
  const files = folders.map(({ path }) => new FunctionFiles(path));
  for (;;) {
    // Whoever is quick writes while the mistake is still being told.
    await Promise.all(files.map((it) => it.remember()));
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof ProblemsError) || error instanceof UsageError) throw error;
      say(`${error.message}\nWaiting for a change of the files.`);
    }
    const waiting = new AbortController();
    const either = AbortSignal.any([signal, waiting.signal]);
    await Promise.race(files.map((it) => it.change(either))).finally(() => {
      waiting.abort();
    });
  }
}
