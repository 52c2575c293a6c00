/**
 * The CDK's command line, for `npm run synth`, `npm run diff` and `npm run deploy`: it starts from an empty `cdk.out`, and
 * ends with 2 where the app does. By itself the CDK ends with 1, whatever was wrong.
 *
 * Diff and deploy compare what was synthesized with what is deployed, and refuse to take data or a position away; what
 * is deployed then is what was compared.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../command-line/run-command.ts';
import { checkAssembly } from '../ops/deploy/check-assembly.ts';
import { readDeployOptions } from '../ops/deploy/deploy-options.ts';
import { describeTargets } from '../ops/deploy/read-assembly.ts';
import { describeFailedCall } from '../ops/failed-call.ts';

const ROOT = join(import.meta.dirname, '..');
const ASSEMBLY = join(ROOT, 'cdk.out');
const CLI = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));

const DIFF_HELP = `Usage: npm run diff -- [options]

Synthesize, and compare with the deployed stacks. Exits with code 2 if a
deployment would lose data, a position or the order of records.

Options:
  -c, --context <name=value>  the stage, such as stage=prod, or any setting;
                              allowReplacement=ID allows one replacement
  --profile <name>            the AWS profile
  --region <name>             the region (env: AWS_REGION)
  -h, --help                  display help for command

Example:
  npm run diff -- -c stage=prod`;

const [command = '', ...rest] = process.argv.slice(2);
const asksForHelp = rest.some((arg) => arg === '--help' || arg === '-h');
if (command === 'diff' && asksForHelp) console.log(DIFF_HELP);
else if (command === 'diff' || (command === 'deploy' && !asksForHelp)) await compareFirst();
else if (command === 'deploy') await runCdk([command, ...rest]);
else await synthesizeAfresh([command, ...rest]);

async function compareFirst(): Promise<void> {
  const options = readDeployOptions(rest);
  if (!(await synthesizeAfresh(['synth', '--quiet', ...options.forSynthesis]))) return;
  await runCommand(
    async () => {
      if (command === 'deploy') for (const line of describeTargets(ASSEMBLY, rest)) console.log(line);
      await checkAssembly(ASSEMBLY, options, console.log);
      return command === 'diff' || (await runCdk(['deploy', '--app', ASSEMBLY, ...rest]));
    },
    { describeFailure: describeFailedCall },
  );
}

async function synthesizeAfresh(args: readonly string[]): Promise<boolean> {
  await rm(ASSEMBLY, { recursive: true, force: true });
  return await runCdk(args);
}

/** Sets the exit code, that of the CDK or that of the app where the app failed, and returns whether it is 0. */
async function runCdk(args: readonly string[]): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'cdk-'));
  try {
    const exitCodeFile = join(folder, 'exit-code');
    const env = { ...process.env, APP_EXIT_CODE_FILE: exitCodeFile };
    // Ctrl-C reaches both; the CDK ends by it, and this process once the CDK has.
    process.on('SIGINT', () => undefined);
    const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, env, stdio: 'inherit' });
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    const appExitCode = Number(await readFile(exitCodeFile, 'utf8').catch(() => '0'));
    process.exitCode = exitCode === 1 && appExitCode > 0 ? appExitCode : (exitCode ?? 1);
    return process.exitCode === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
