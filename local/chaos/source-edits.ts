import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** By source file, relative to the repository: texts of it and what stands in their place. */
export type SourceEdits = Readonly<Record<string, readonly (readonly [found: string, placed: string])[]>>;

const ROOT = join(import.meta.dirname, '../..');

/**
 * Edits sources while they are bundled; no file is changed.
 *
 * @param name of what the edits make, for the message
 * @param edits to apply
 * @returns a plugin that fails the build when a source no longer holds a text that is to be replaced
 */
export function editSources(name: string, edits: SourceEdits): Plugin {
  return {
    name,
    setup: (build) => {
      for (const [file, replacements] of Object.entries(edits)) {
        build.onLoad({ filter: new RegExp(`/${file.replaceAll(/[/.]/g, '\\$&')}$`) }, async () => ({
          contents: replacements.reduce(
            (text, replacement) => replace(text, replacement, `${name}: ${file}`),
            await readFile(join(ROOT, file), 'utf8'),
          ),
          loader: 'ts',
        }));
      }
    },
  };
}

function replace(source: string, [found, placed]: readonly [string, string], where: string): string {
  if (!source.includes(found)) throw new Error(`${where} no longer holds ${JSON.stringify(found)}`);
  return source.replaceAll(found, () => placed);
}
