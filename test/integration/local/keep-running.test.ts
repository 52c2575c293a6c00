import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalWorld } from '../../../contract/local-world.ts';
import { TRY_WAITING_ENTRIES } from '../../../contract/try-waiting-entries.ts';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worlds-'));
  // PostgreSQL may run as another user, and has its files there.
  await chmod(folder, 0o755);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whether a line of `status --watch --json` tells what the watchdog and the alarms say. */
function tellsAll(line: string): boolean {
  if (!line.startsWith('{')) return false;
  const { watchdog, alarms } = JSON.parse(line) as { readonly watchdog: unknown; readonly alarms: unknown };
  return watchdog !== 'silent' && Array.isArray(alarms);
}

/** Looks until the world has everything that a deployed stack has; the last look. */
async function lookUntilWatched(env: Readonly<Record<string, string>>): Promise<unknown> {
  const watching = new AbortController();
  const { stdout } = await runProgram('bin/ops.ts', ['status', '--local', '--watch', '--every', '5', '--json'], {
    env,
    onOutput: (output) => {
      if (output.split('\n').slice(0, -1).some(tellsAll)) watching.abort();
    },
    interruptOn: watching.signal,
  });
  const line = stdout.split('\n').find(tellsAll) ?? stdout;
  return JSON.parse(line);
}

/** Where the services of the only world are. */
async function servicesOf(worlds: string): Promise<string> {
  const [file = ''] = await readdir(worlds);
  return (JSON.parse(await readFile(join(worlds, file), 'utf8')) as LocalWorld).endpoints.others;
}

/** Signals what the watchdog signals after its sixth minute, behind which alarms are made. */
async function signalThatItRuns(worlds: string): Promise<void> {
  await fetch(`${await servicesOf(worlds)}/signal`, { method: 'PUT', body: '{}' });
}

/** Asks Lambda of the world to invoke the function by its ARN, as the watchdog does where entries wait. */
async function askToTryEntries(worlds: string): Promise<number> {
  const arn = encodeURIComponent('arn:aws:lambda:us-east-1:000000000000:function:flights:live');
  const url = `${await servicesOf(worlds)}/2015-03-31/functions/${arn}/invocations`;
  return (await fetch(url, { method: 'POST', body: TRY_WAITING_ENTRIES })).status;
}

describe('a run that is kept running', () => {
  it('is watched as a deployed stack is, found by the commands in another terminal, and leaves nothing behind', async () => {
    const env = { ...(process.env as Readonly<Record<string, string>>), TMPDIR: folder };
    const worlds = join(folder, `kinesis-to-aurora-${userInfo().uid}`);
    let commands: Promise<{ redrive: ProgramResult; status: unknown; asked: number }> | undefined;
    const running = new AbortController();
    const result = await runProgram('bin/local.ts', ['--events', '100', '--keep-running'], {
      env,
      onOutput: (stdout) => {
        if (commands !== undefined || !stdout.includes('The commands find this run')) return;
        commands = (async () => {
          const redrive = await runProgram('bin/ops.ts', ['redrive', '--local', '--json'], { env });
          await signalThatItRuns(worlds);
          return { redrive, status: await lookUntilWatched(env), asked: await askToTryEntries(worlds) };
        })();
        void commands.finally(() => {
          running.abort();
        });
      },
      interruptOn: running.signal,
    });
    const { redrive, status, asked } = (await commands) ?? {};
    expect(redrive).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(redrive?.stdout ?? '')).toMatchObject({ items: 0, isApplied: false });
    expect(status).toMatchObject({ watchdog: { verdict: 'OK' }, alarms: [], pageSubscribers: 1, failures: [] });
    expect(asked).toBe(202);
    expect(result.stdout).toMatch(/^ {2}npm run ops -- redrive --local$/m);
    expect(result.stdout).toMatch(/^Running until Ctrl-C, as flights-local\./m);
    expect(result.stdout).not.toMatch(/^PAGE|watchdog|alarms/m);
    expect(result).toMatchObject({ code: 130, leftRunning: false });
    expect(await readdir(worlds)).toEqual([]);
  });
});
