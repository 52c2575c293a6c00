import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Finds out which commit is deployed.
 *
 * @param directory a folder of the working copy; the working directory unless told
 * @returns the short hash, with `-dirty` behind it when files differ from the commit, or `unknown` outside of git
 */
export async function readCodeCommit(directory: string = process.cwd()): Promise<string> {
  try {
    const { stdout: commit } = await run('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: directory });
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: directory });
    return `${commit.trim()}${changes.trim() === '' ? '' : '-dirty'}`;
  } catch {
    return 'unknown';
  }
}
