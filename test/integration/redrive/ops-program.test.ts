import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { announceLocalWorld } from '../../../command-line/local-worlds.ts';
import { startAwsServices, type AwsServices } from '../../../local/aws/aws-services.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { localWorld } from '../../support/local-world.ts';
import { runProgram } from '../../support/run-program.ts';

const { outputs } = deployedStack();

let folder: string;
let failures: string;
let services: AwsServices;

beforeAll(async () => {
  services = await startAwsServices();
  services.stacks.set('flights-local', { status: 'CREATE_COMPLETE', outputs });
});

afterAll(() => services[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redrive-'));
  failures = join(folder, 'failures');
  await mkdir(failures);
  vi.stubEnv('TMPDIR', folder);
  services.world = localWorld(services);
  await announceLocalWorld(services.world);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

function redrive(...argv: readonly string[]) {
  return runProgram('bin/ops.ts', ['redrive', ...argv]);
}

describe('ops redrive', () => {
  it('needs a bucket that somebody names, and no prefix without one', async () => {
    expect(await redrive('--local', '--bucket')).toMatchObject({
      code: 2,
      stderr: '`--bucket` must name a bucket: flights-local has no on-failure bucket of its own\n',
    });
    const { code, stderr } = await redrive('--local', '--prefix', 'aws/', '--failures', failures);
    expect(code).toBe(2);
    expect(stderr).toContain('`--prefix` needs `--bucket`');
  });

  it('lists what is in the bucket of the stack, and marks nothing', async () => {
    const payload = JSON.stringify({ Records: [{ kinesis: { partitionKey: 'a', data: 'e30=' } }] });
    const info = { shardId: 'shardId-0', streamArn: outputs.StreamArn };
    const object = { body: JSON.stringify({ KinesisBatchInfo: info, payload }), modifiedAtMs: 0 };
    services.buckets.set('failed', new Map([['aws/lambda/m/1', object]]));
    services.stacks.set('flights-local', { status: '', outputs: { ...outputs, FailedBatchesBucket: 'failed' } });
    const { code, stdout } = await redrive('--local', '--bucket', '--details', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ items: 1, entries: [{ id: 'aws/lambda/m/1', records: 1 }] });
    expect([...(services.buckets.get('failed')?.keys() ?? [])]).toEqual(['aws/lambda/m/1']);
  });

  it('explains its options, and refuses a bucket beside a folder', async () => {
    const { code, stdout } = await redrive('--help');
    expect(code).toBe(0);
    for (const option of ['--stack <name>', '--local [name]', '--bucket [name]', '--prefix <prefix>', '--apply']) {
      expect(stdout).toContain(option);
    }
    const { code: refused, stderr } = await redrive('--local', '--bucket', 'failed', '--failures', failures);
    expect([refused, stderr]).toEqual([2, expect.stringContaining('cannot be used with')]);
  });

  it.each([['0'], ['10001'], ['fast']])('refuses a rate of %s', async (rate) => {
    const { code, stderr } = await redrive('--rate', rate);
    expect(code).toBe(2);
    expect(stderr).toBe(`\`--rate\` must be an integer from 1 to 10000, got ${JSON.stringify(rate)}\n`);
  });

  it('needs a command', async () => {
    expect(await runProgram('bin/ops.ts', [])).toMatchObject({
      code: 2,
      stderr: 'missing command; --help lists the commands\n',
    });
  });

  it('lists on-failure objects without touching them, refuses what it cannot read, and ends with 1', async () => {
    const payload = JSON.stringify({ Records: [{ kinesis: { partitionKey: 'a', data: 'e30=' } }] });
    const info = { shardId: 'shardId-0', streamArn: outputs.StreamArn };
    await writeFile(join(failures, 'good'), JSON.stringify({ KinesisBatchInfo: info, payload }));
    await writeFile(join(failures, 'queue'), JSON.stringify({ KinesisBatchInfo: info }));
    const { code, stdout } = await redrive('--local', '--failures', failures, '--details', '--json');

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      isApplied: false,
      records: 0,
      reasons: [{ reason: 'unknown', items: 1 }],
      entries: [{ id: 'good', records: 1 }],
      refused: [{ id: 'queue', problem: expect.stringContaining('only metadata') as string }],
    });
    expect((await readdir(failures)).sort()).toEqual(['good', 'queue']);
  });
});
