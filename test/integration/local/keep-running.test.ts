import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worlds-'));
  // PostgreSQL may run as another user, and has its files there.
  await chmod(folder, 0o755);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a run that is kept running', () => {
  it('is found by the commands in another terminal, and leaves nothing behind when it is ended', async () => {
    const env = { ...(process.env as Readonly<Record<string, string>>), TMPDIR: folder };
    let command: Promise<ProgramResult> | undefined;
    const running = new AbortController();
    const result = await runProgram('bin/local.ts', ['--events', '100', '--keep-running'], {
      env,
      onOutput: (stdout) => {
        if (command !== undefined || !stdout.includes('The commands find this run')) return;
        command = runProgram('bin/ops.ts', ['redrive', '--local', '--json'], { env });
        void command.finally(() => {
          running.abort();
        });
      },
      interruptOn: running.signal,
    });
    expect(await command).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse((await command)?.stdout ?? '')).toMatchObject({ items: 0, isApplied: false });
    expect(result.stdout).toMatch(/^ {2}npm run ops -- redrive --local$/m);
    expect(result.stdout).toMatch(/^Running until Ctrl-C, as flights-local\./m);
    expect(result).toMatchObject({ code: 130, leftRunning: false });
    const [own = ''] = (await readdir(folder)).filter((name) => name.startsWith('kinesis-to-aurora-'));
    expect(await readdir(join(folder, own))).toEqual([]);
  });
});
