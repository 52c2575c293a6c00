import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { FailureObjects } from './failure-object-source.ts';

/** Stands beside an object that was put back. */
const MARK_ENDING = '.redriven';

/**
 * On-failure objects in a folder: the local world's destination, or a copy of the bucket, such as `aws s3 sync` makes.
 *
 * @param folder stands for the bucket
 */
export function createFolderFailureObjects(folder: string): FailureObjects {
  return {
    keys: async function* () {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const keys = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
        .sort();
      const marked = new Set(keys.filter((key) => key.endsWith(MARK_ENDING)));
      yield* keys.filter((key) => !marked.has(key) && !marked.has(key + MARK_ENDING));
    },
    read: (key) => readFile(join(folder, key), 'utf8'),
    mark: (key) => writeFile(join(folder, key + MARK_ENDING), ''),
  };
}
