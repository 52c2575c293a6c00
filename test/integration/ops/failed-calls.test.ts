import { describe, expect, it } from 'vitest';
import { runProgram } from '../../support/run-program.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

const NOWHERE = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };

describe('a command that cannot see', () => {
  it('says that there are no credentials, or no region, and ends with 3', async () => {
    const argv = ['fuse', '--stack', 'flights-prod', '--region', 'eu-west-1'];
    expect(await runProgram('bin/ops.ts', argv, { env: NOWHERE })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'Could not load credentials from any providers; sign in, or choose a profile with AWS_PROFILE\n',
    });
    const env = { ...NOWHERE, ...CREDENTIALS };
    expect(await runProgram('bin/ops.ts', ['fuse', '--stack', 'flights-prod'], { env })).toMatchObject({
      code: 3,
      stderr: 'the region is missing; pass `--region`, or set AWS_REGION\n',
    });
  });
});

describe('a command without a stack that it can work on', () => {
  it('says which options name one, and ends with 2', async () => {
    const { code, stderr } = await runProgram('bin/ops.ts', ['redrive'], { env: CREDENTIALS });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'missing `--stack NAME`: pass it, set STACK_NAME, or use `--local` for a world on this machine\n',
    );
  });

  it('is told what it needs to find an event, before anything is asked', async () => {
    const find = (...argv: readonly string[]) => runProgram('bin/ops.ts', ['find', ...argv], { env: CREDENTIALS });
    expect(await find('--local')).toMatchObject({
      code: 2,
      stderr: 'missing event id: pass it, `--sequence`, or `--partition-key`\n',
    });
    expect(await find('--local', '--shard', 'shardId-000000000001')).toMatchObject({
      code: 2,
      stderr: '`--shard` must come with `--sequence`\nmissing event id: pass it, `--sequence`, or `--partition-key`\n',
    });
  });
});
