import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What a run of a program needs none of. */
const LEFT_OUT = new Set(['node_modules', '.git', 'cdk.out', 'dist', '.cache', 'coverage', 'docs', 'test']);

/** Functions that every project has, and the one that tests know; another one may be called like one of a test. */
const KEPT_FUNCTIONS = new Set(['migrate', 'watchdog', 'prune', 'flights']);

/** A copy of the project, for functions that nobody else may see: tests of other files list `functions/` too. */
export interface ScratchProject {
  readonly root: string;
  /** Puts a function there that works, but for these files; `undefined` leaves one out. */
  readonly addFunction: (name: string, files?: Readonly<Record<string, string | undefined>>) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Copies the project and gives the copy the packages of the original. */
export async function createScratchProject(): Promise<ScratchProject> {
  const root = await mkdtemp(join(tmpdir(), 'scratch-project-'));
  const names = (await readdir(ROOT)).filter((name) => !LEFT_OUT.has(name));
  await Promise.all(names.map((name) => cp(join(ROOT, name), join(root, name), { recursive: true })));
  for (const name of await readdir(join(root, 'functions'))) {
    if (!KEPT_FUNCTIONS.has(name)) await rm(join(root, 'functions', name), { recursive: true });
  }
  // A stage may deploy functions that were made since; none of them is here.
  const stages = join(root, 'lib/settings/stages.ts');
  const listed = await readFile(stages, 'utf8');
  await writeFile(stages, listed.replaceAll(/\{ \.\.\.DEV, functionName: '(?!flights')[\w-]+' \},?\s*/g, ''));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return {
    root,
    addFunction: async (name, files = {}) => {
      const all: Readonly<Record<string, string | undefined>> = { ...workingFunction(name), ...files };
      for (const [path, content] of Object.entries(all)) {
        if (content === undefined) continue;
        const target = join(root, 'functions', name, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content);
      }
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Files of a function that stores orders by `id`. */
export function workingFunction(
  name: string,
): Readonly<Record<'handler.ts' | 'projection.ts' | typeof TABLES, string>> {
  return {
    'handler.ts': `import { createHandler } from '../../processor/create-handler.ts';
import { orders } from './projection.ts';

export const handler = createHandler(orders);
`,
    'projection.ts': `import * as z from 'zod';
import { defineProjection, inserts } from '../../processor/projection.ts';

export const orders = defineProjection({
  name: '${name}',
  schema: z.object({ id: z.string(), state: z.string() }),
  eventId: (event) => event.id,
  tables: { orders: inserts({ columns: { id: 'text', state: 'text' } }) },
  project: (event) => ({ orders: event }),
});
`,
    [TABLES]: 'CREATE TABLE orders (id text PRIMARY KEY, state text NOT NULL);\n',
  };
}

/** The migration of {@link workingFunction}. */
export const TABLES = 'migrations/001-tables.sql';
