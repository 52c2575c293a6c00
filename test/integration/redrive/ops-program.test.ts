import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../support/run-program.ts';

const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/flights';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redrive-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function redrive(...argv: readonly string[]) {
  return runProgram('bin/ops.ts', ['redrive', ...argv]);
}

describe('ops redrive', () => {
  it('names everything that is missing, and ends with 2', async () => {
    const { code, stderr } = await redrive('--apply');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--cluster-arn.*\n.*--secret-arn.*\n.*--database.*\n.*--stream-arn/);
  });

  it('needs no database for a bucket, and no prefix without one', async () => {
    expect(await redrive('--bucket', 'failed')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^missing `--stream-arn`: .*\n$/) as string,
    });
    expect(await redrive('--bucket', '--stream-arn', STREAM)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^`--bucket` must have a name, or come with `--stack`.*\n$/) as string,
    });
    const { code, stderr } = await redrive('--prefix', 'aws/', '--failures', folder, '--stream-arn', STREAM);
    expect(code).toBe(2);
    expect(stderr).toContain('`--prefix` must come with `--bucket`');
  });

  it('explains its options, and refuses a bucket beside a folder', async () => {
    const { code, stdout } = await redrive('--help');
    expect(code).toBe(0);
    for (const option of ['--bucket [name]', '--prefix <prefix>', '--failures <folder>', '--apply']) {
      expect(stdout).toContain(option);
    }
    const { code: refused, stderr } = await redrive('--bucket', 'failed', '--failures', folder);
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

  it.each([
    ['no region', {}, 'the region is missing; pass `--region`, or set AWS_REGION\n'],
    [
      'no credentials',
      { AWS_REGION: 'us-east-1' },
      'Could not load credentials from any providers; sign in, or choose a profile with AWS_PROFILE\n',
    ],
  ])('has one line about %s, and ends with 1', async (_, variables, line) => {
    const target = ['--cluster-arn', 'a', '--secret-arn', 'b', '--database', 'c'];
    const env = { ...variables, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await runProgram('bin/ops.ts', ['redrive', ...target], { env })).toMatchObject({ code: 1, stderr: line });
  });

  it('lists on-failure objects without touching them, refuses what it cannot read, and ends with 1', async () => {
    const payload = JSON.stringify({ Records: [{ kinesis: { partitionKey: 'a', data: 'e30=' } }] });
    const info = { shardId: 'shardId-0', streamArn: STREAM };
    await writeFile(join(folder, 'good'), JSON.stringify({ KinesisBatchInfo: info, payload }));
    await writeFile(join(folder, 'queue'), JSON.stringify({ KinesisBatchInfo: info }));
    const { code, stdout } = await redrive('--failures', folder, '--stream-arn', STREAM, '--json');

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      isApplied: false,
      records: 0,
      entries: [{ id: 'good', records: 1 }],
      refused: [{ id: 'queue', problem: expect.stringContaining('metadata only') as string }],
    });
    expect((await readdir(folder)).sort()).toEqual(['good', 'queue']);
  });
});
