import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What an import took, without the start of Node.js. */
export interface ImportTime {
  /** CPU of all threads: what counts where a function has a share of one core, and what a busy machine leaves alone. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const SCRIPT = `const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
await import(process.argv[1]);
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt }));
process.exit(0);`;

/**
 * Imports a module in a fresh process.
 *
 * @param url file URL of the module
 * @param environment variables the module needs when it is loaded
 */
export async function timeImport(url: string, environment: Readonly<Record<string, string>>): Promise<ImportTime> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT, url], {
    env: { ...environment },
  });
  return JSON.parse(stdout) as ImportTime;
}
