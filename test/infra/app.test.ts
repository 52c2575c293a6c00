import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { STAGES } from '../../lib/settings/stages.ts';
import { createScratchProject, type ScratchProject } from '../support/scratch-project.ts';
import { synthesize } from './synthesized.ts';

// A synthesis takes a second or two, and many times that on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const ROOT = join(import.meta.dirname, '../..');
const { context: flags } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

interface Run {
  readonly exitCode: number;
  readonly stderr: string;
  readonly files: readonly string[];
  readonly read: (name: string) => string;
}

/** Runs the app as the CDK command line runs it: context and output folder come in the environment. */
async function runApp<T>(
  context: Readonly<Record<string, string>>,
  look: (run: Run) => T,
  root: string = project.root,
): Promise<T> {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'));
  try {
    const { exitCode, stderr } = await new Promise<Pick<Run, 'exitCode' | 'stderr'>>((resolve) => {
      const env = {
        PATH: process.env['PATH'],
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ ...flags, ...context }),
      };
      const child = execFile(process.execPath, ['bin/app.ts'], { cwd: root, env }, (_, __, output) => {
        resolve({ exitCode: child.exitCode ?? -1, stderr: output });
      });
    });
    return look({
      exitCode,
      stderr,
      files: readdirSync(outdir),
      read: (name) => readFileSync(join(outdir, name), 'utf8'),
    });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

let project: ScratchProject;

// With the functions that come along, whatever else is in this checkout.
beforeAll(async () => {
  project = await createScratchProject();
});
afterAll(() => project.remove());

describe('bin/app.ts', () => {
  test('synthesizes the default stage without an account, with the same assets each time', async () => {
    const [first, second] = await Promise.all([
      runApp({}, ({ exitCode, files }) => ({ exitCode, files })),
      runApp({}, ({ exitCode, files }) => ({ exitCode, files })),
    ]);
    expect(first.exitCode).toBe(0);
    expect(first.files).toContain('flights-dev.template.json');
    // Four bundles, and the CDK's own function that empties the bucket of a test stage.
    expect(first.files.filter((name) => name.startsWith('asset.'))).toHaveLength(5);
    expect(second.files).toEqual(first.files);
  });

  test('replaces single settings from the command line', async () => {
    const mapping = await runApp({ batchSize: '500', parallelizationFactor: '10' }, ({ read }) => {
      const { Resources } = JSON.parse(read('flights-dev.template.json')) as {
        readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>;
      };
      return Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping')?.Properties;
    });
    expect(mapping).toMatchObject({ BatchSize: 500, ParallelizationFactor: 10 });
  });

  test('tells every problem at once and ends with exit code 2', async () => {
    const run = await runApp({ stage: 'prod', batchSize: '0', retryAttempts: '10001' }, (it) => it);
    expect(run.exitCode).toBe(2);
    expect(run.stderr.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- `batchSize` must be an integer from 1 to 10000, got 0',
      '- `retryAttempts` must be an integer from -1 to 10000, got 10001',
      expect.stringContaining('nobody would be paged'),
    ]);
  });

  test('refuses a function that is not there, with the nearest one', async () => {
    const run = await runApp({ functionName: 'flight' }, (it) => it);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(
      /must be one of .*flights.* \(folders of functions\/\), got "flight"; did you mean `flights`\?/,
    );
  });

  test('makes a stack of each processor of a stage, and tells the problems of all of them with their names', async () => {
    const several = await createScratchProject();
    try {
      for (const name of ['orders', 'refunds']) await several.addFunction(name);
      const common = "removalPolicy: 'destroy', rollout: 'all-at-once'";
      await writeFile(
        join(several.root, 'lib/settings/stages.ts'),
        `export const STAGES = {
  test: [{ ${common}, functionName: 'orders' }, { ${common}, functionName: 'refunds', batchSize: 200 }],
};
export const DEFAULT_STAGE = 'test';
`,
      );
      const both = await runApp({ memorySize: '512' }, (run) => run.files, several.root);
      expect(both.filter((name) => name.endsWith('.template.json'))).toEqual([
        'orders-test.template.json',
        'refunds-test.template.json',
      ]);
      const { exitCode, stderr } = await runApp({ memorySize: '1' }, (run) => run, several.root);
      expect([exitCode, stderr.split('\n').filter((line) => line.startsWith('- '))]).toEqual([
        2,
        ['orders', 'refunds'].map((name) => `- ${name}: \`memorySize\` must be an integer from 128 to 10240, got 1`),
      ]);
    } finally {
      await several.remove();
    }
  });
});

describe('the stages', () => {
  test('keep records for one day where nobody will miss them, and have a reader where somebody would', () => {
    const [dev] = STAGES.dev;
    const [prod] = STAGES.prod;
    expect(synthesize(dev).ofType('AWS::Kinesis::Stream')[0]?.[1].Properties).toMatchObject({
      RetentionPeriodHours: 24,
    });
    const paged = synthesize({ ...prod, pageEmails: ['a@example.com'] });
    expect(paged.ofType('AWS::Kinesis::Stream')[0]?.[1].Properties).toMatchObject({ RetentionPeriodHours: 168 });
    expect(paged.ofType('AWS::RDS::DBInstance')).toHaveLength(2);
    expect(synthesize(dev).ofType('AWS::RDS::DBInstance')).toHaveLength(1);
  });
});
