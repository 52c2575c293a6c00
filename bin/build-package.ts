/**
 * Compiles what the npm package ships into `dist`; `npm pack` runs it first. Node.js strips no types below `node_modules`,
 * so the package is JavaScript with declarations, and the SQL of the framework's own tables.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const MIGRATIONS = 'functions/migrate/framework';
const COMPILER = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));

await rm(DIST, { recursive: true, force: true });
const compiler = spawn(process.execPath, [COMPILER, '--project', 'tsconfig.package.json'], {
  cwd: ROOT,
  // What npm pack prints belongs to its caller.
  stdio: ['ignore', 2, 2],
});
const [exitCode] = (await once(compiler, 'exit')) as [number | null];
await cp(join(ROOT, MIGRATIONS), join(DIST, MIGRATIONS), { recursive: true });
process.exitCode = exitCode ?? 1;
