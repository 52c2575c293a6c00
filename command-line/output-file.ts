import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Checks a file that is written at the end of a run, so that an hour's work is not lost to a typo.
 *
 * @param option as the user writes it, such as `--report`
 * @param path undefined when the option was not given
 * @returns the problem, or nothing
 */
export function outputFileProblems(option: string, path: string | undefined): string[] {
  if (path === undefined || (isFolder(dirname(path)) && !isFolder(path))) return [];
  return [`\`${option}\` must be a file in a folder that exists, got ${JSON.stringify(path)}`];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
