import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Loader, Plugin } from 'esbuild';

/** The head of a class that inherits, at the start of a line, where neither a comment nor a text has it. */
const CLASS_HEAD =
  /^[ \t]*(?:export\s+(?:default\s+)?)?(?:abstract\s+)?(?:(?:const|let|var)\s+([\w$]+)\s*=\s*)?class(?:\s+(?!extends\b)([\w$]+))?(?:\s*<[^{}]*>)?\s+extends\s[^{};=]*\{/gm;

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
};

/**
 * Gives each class that inherits from another its name as a static member, which minification leaves alone: what Lambda's
 * runtime logs of an error is the name of its class. esbuild's `keepNames` names every function, too.
 */
export const keepClassNames: Plugin = {
  name: 'keep-class-names',
  setup: (build) => {
    build.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: nameClasses(source), loader: LOADERS[extname(path)] ?? 'default' };
    });
  },
};

/** Puts the names on the lines of the heads, so that the lines of stack traces stay true. */
function nameClasses(source: string): string {
  return source.replace(CLASS_HEAD, (head: string, variable?: string, own?: string) => {
    const name = own ?? variable;
    return name === undefined ? head : `${head}static name=${JSON.stringify(name)};`;
  });
}
