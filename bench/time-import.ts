import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SCRIPT = `const startedAt = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - startedAt));
process.exit(0);`;

/**
 * Imports a module in a fresh process.
 *
 * @param url file URL of the module
 * @param environment variables the module needs when it is loaded
 * @returns milliseconds that the import took, without the start of Node.js
 */
export async function timeImport(url: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, url], {
    env: { ...environment },
  });
  return Number(stdout);
}
