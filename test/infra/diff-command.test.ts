import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runProgram, type ProgramResult } from '../support/run-program.ts';
import { createScratchProject, type ScratchProject } from '../support/scratch-project.ts';
import { startStubCloudFormation } from '../support/stub-cloudformation.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let project: ScratchProject;
let deployed: string;

beforeAll(async () => {
  project = await createScratchProject();
  const { code, stderr } = await runProgram('bin/cdk.ts', ['synth', '--quiet'], { root: project.root });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  deployed = await readFile(join(project.root, 'cdk.out/flights-dev.template.json'), 'utf8');
});

afterAll(() => project.remove());

/** Runs a command as `npm run` does, against an account that has the stacks. */
async function run(
  command: string,
  argv: readonly string[],
  stacks: Readonly<Record<string, string>>,
): Promise<ProgramResult & { readonly actions: readonly string[] }> {
  await using cloudFormation = await startStubCloudFormation(stacks);
  const { env, actions } = cloudFormation;
  return { ...(await runProgram('bin/cdk.ts', [command, ...argv], { root: project.root, env })), actions };
}

/** What is deployed, but with a mapping that began elsewhere. */
function withOtherMapping(): string {
  return deployed.replace('"StartingPosition": "TRIM_HORIZON"', '"StartingPosition": "LATEST"');
}

describe('npm run diff', () => {
  test('says what it does when asked for help, and asks nobody', async () => {
    const { code, stdout, actions } = await run('diff', ['-c', 'stage=prod', '--help'], {});
    expect([code, actions]).toEqual([0, []]);
    expect(stdout).toMatch(/^Usage: npm run diff -- \[options\]\n/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('says that a stack is not deployed yet', async () => {
    const { code, stdout } = await run('diff', [], {});
    expect([code, stdout]).toEqual([0, 'flights-dev: not deployed yet, everything will be created\n']);
  });

  test('refuses to replace the mapping, and ends with exit code 2', async () => {
    const { code, stderr } = await run('diff', [], { 'flights-dev': withOtherMapping() });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^flights-dev: `PollingMapping\w+` \(AWS::Lambda::EventSourceMapping\) would be replaced/m);
    const [, logicalId = ''] = /allowReplacement=(\w+)/.exec(stderr) ?? [];
    const allowed = await run('diff', ['-c', `allowReplacement=${logicalId}`], { 'flights-dev': withOtherMapping() });
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
    expect(allowed.stdout).toContain('  allowed: `PollingMapping');
  });
});

describe('npm run deploy', () => {
  test('deploys nothing when it would replace the mapping', async () => {
    const options = ['--require-approval', 'never'];
    const { code, stdout, stderr, actions } = await run('deploy', options, { 'flights-dev': withOtherMapping() });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^flights-dev: deploying the function flights to the stage dev\n/);
    expect(stderr).toContain('would be replaced');
    expect(actions).toEqual(['DescribeStacks', 'GetTemplate']);
  });
});
