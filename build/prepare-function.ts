import { BundleError, writeFunctionBundle, type FunctionBundle } from './bundle-function.ts';
import { checkFunctionFolder, type FunctionFolder } from './function-folder.ts';
import { loadBundle } from './load-bundle.ts';
import type { DeclaredTable } from '../contract/declared-tables.ts';
import { ProblemsError } from '../contract/problems-error.ts';

/** Thrown when a function would not start; `problems` has one entry for each reason. */
export class FunctionError extends ProblemsError {
  /**
   * Collects the problems into one message.
   *
   * @param name of the function
   * @param problems one each: file, line where there is one, expected, got, and what to do
   */
  constructor(name: string, problems: readonly string[]) {
    super(problems, { name: 'FunctionError', heading: `the function ${name} is not usable` });
  }
}

/** A processor function that can start. */
export interface PreparedFunction extends FunctionBundle {
  /** The tables that its projection declares. */
  readonly tables: readonly DeclaredTable[];
}

/**
 * Bundles a processor function and loads it once, so that a function that cannot start is found before anything is
 * filled or deployed.
 *
 * @param folder where its parts are
 * @param directory where `index.mjs` and its source map go; created when missing
 * @returns the bundle that was written
 * @throws {@link FunctionError} with everything that is wrong with its folder, its source, its projection and handler
 */
export async function prepareFunction(folder: FunctionFolder, directory: string): Promise<PreparedFunction> {
  const { name, entry } = folder;
  const { hasHandler, problems } = await checkFunctionFolder(folder);
  if (!hasHandler) throw new FunctionError(name, problems);
  const bundle = await writeFunctionBundle(entry, directory).catch((error: unknown) => {
    throw error instanceof BundleError ? new FunctionError(name, [...problems, ...error.problems]) : error;
  });
  const loaded = await loadBundle({ entry, directory });
  const all = [...problems, ...loaded.problems];
  if (all.length > 0) throw new FunctionError(name, all);
  return { ...bundle, tables: loaded.tables };
}
