/**
 * The CDK's command line, for `npm run synth` and `npm run deploy`: it starts from an empty `cdk.out`, and ends with 2
 * where the app does. By itself the CDK ends with 1, whatever was wrong.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const CLI = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));

await rm(join(ROOT, 'cdk.out'), { recursive: true, force: true });
const folder = await mkdtemp(join(tmpdir(), 'cdk-'));
try {
  const exitCodeFile = join(folder, 'exit-code');
  const env = { ...process.env, APP_EXIT_CODE_FILE: exitCodeFile };
  // Ctrl-C reaches both; the CDK ends by it, and this process once the CDK has.
  process.on('SIGINT', () => undefined);
  const child = spawn(process.execPath, [CLI, ...process.argv.slice(2)], { cwd: ROOT, env, stdio: 'inherit' });
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const appExitCode = Number(await readFile(exitCodeFile, 'utf8').catch(() => '0'));
  process.exitCode = exitCode === 1 && appExitCode > 0 ? appExitCode : (exitCode ?? 1);
} finally {
  await rm(folder, { recursive: true, force: true });
}
