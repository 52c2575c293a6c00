import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventProcessorStack } from '../../../lib/event-processor-stack.ts';
import { bundleStackCode } from '../../../lib/function-code.ts';
import type { PostgresServer } from '../../../local/postgres/postgres-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';
import { runLocal } from '../../../local/run/run-local.ts';
import { parseRunOptions } from '../../../local/run/run-options.ts';
import { earthquakes, payments, recentChanges, timeline, trades } from '../../support/public-events.ts';

const ROOT = join(import.meta.dirname, '../../..');

let project: string;
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
  project = await createProject();
});
afterAll(async () => {
  await postgres.stop();
  await rm(project, { recursive: true, force: true });
});

/** A checkout of its own: what the command writes into is copied, the rest is linked. */
async function createProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'project-'));
  for (const name of ['eslint.config.js', '.prettierrc.json', 'package.json', 'lib']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of ['node_modules', 'processor', 'contract', 'data-api']) {
    await symlink(join(ROOT, name), join(folder, name));
  }
  const tsconfig = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8')) as object;
  const own = { ...tsconfig, include: ['functions/**/*.ts', 'test/**/*.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(own));
  await mkdir(join(folder, 'functions'));
  return folder;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[], input?: string | Uint8Array): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: project });
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray() as Promise<string[]>,
    child.stderr.setEncoding('utf8').toArray() as Promise<string[]>,
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

function makeNew(args: readonly string[], input?: string | Uint8Array): Promise<Ended> {
  return run(join(ROOT, 'bin/new.ts'), args, input);
}

/** Events as NDJSON. */
function lines(events: readonly (string | object)[]): string {
  return events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event))).join('\n');
}

/** Captured with `aws kinesis get-records`. */
function captured(events: readonly (object | Buffer)[]): string {
  const Records = events.map((event) => ({
    Data: (Buffer.isBuffer(event) ? event : Buffer.from(JSON.stringify(event))).toString('base64'),
    PartitionKey: 'k',
  }));
  return JSON.stringify({ Records });
}

const SAMPLES: Readonly<
  Record<string, { readonly file: string; readonly content: string | Uint8Array; readonly events: number }>
> = {
  timeline: { file: 'timeline.ndjson', content: lines(timeline), events: timeline.length },
  'recent-changes': {
    file: 'changes.ndjson.gz',
    content: gzipSync(lines(recentChanges)),
    events: recentChanges.length,
  },
  quakes: { file: 'quakes.json', content: JSON.stringify(earthquakes, null, 2), events: earthquakes.length },
  // Words that JavaScript, SQL and the generated file keep for themselves.
  order: { file: '-', content: lines(trades), events: trades.length },
  delete: { file: 'captured.json', content: captured(payments), events: payments.length },
  logs: {
    file: 'logs.json',
    content: captured(
      [0, 3].map((from) =>
        gzipSync(
          JSON.stringify({
            messageType: 'DATA_MESSAGE',
            owner: '111122223333',
            logGroup: 'shop',
            logStream: 's',
            subscriptionFilters: ['all'],
            logEvents: [0, 1, 2].map((n) => ({ id: `${from + n}`, timestamp: 1_767_279_600_000 + n, message: 'a' })),
          }),
        ),
      ),
    ),
    events: 6,
  },
  'no-key': { file: 'no-key.ndjson', content: '{"a":[1]}\n{"b":null}\n{}', events: 3 },
};

describe('a function made from a sample', () => {
  test.each(Object.entries(SAMPLES))('is made of %s, and told about', async (name, { file, content, events }) => {
    if (file !== '-') await writeFile(join(project, file), content);
    const { code, stdout, stderr } = await makeNew([name, '--sample', file], file === '-' ? content : undefined);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Made the function ${name} from ${events} events`);
    expect(stdout).not.toContain('would be quarantined');
    const stages = await readFile(join(project, 'lib/settings/stages.ts'), 'utf8');
    expect(stages).toContain(`{ ...DEV, functionName: '${name}' }`);
  });

  test('passes the checks of the repository, without an edit', async () => {
    const types = run(join(ROOT, 'node_modules/typescript/bin/tsc'), ['-p', project]);
    const lint = run(join(ROOT, 'node_modules/eslint/bin/eslint.js'), ['--max-warnings', '0', 'functions', 'test']);
    const form = run(join(ROOT, 'node_modules/prettier/bin/prettier.cjs'), [
      '--check',
      'functions',
      'test',
      'lib/settings',
    ]);
    for (const { code, stdout, stderr } of await Promise.all([types, lint, form])) {
      expect([
        stdout.replace('Checking formatting...\nAll matched files use Prettier code style!\n', ''),
        stderr,
        code,
      ]).toEqual(['', '', 0]);
    }
  });

  test('passes its own unit test', async () => {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const { code, stdout } = await run(vitest, ['run', '--reporter', 'dot', '--root', project]);
    expect([code, stdout.slice(code === 0 ? stdout.length : 0)]).toEqual([0, '']);
  });

  test.each(Object.entries(SAMPLES))(
    '%s writes its sample events to its tables, nothing else given',
    async (name, { events }) => {
      const path = join(project, 'functions', name);
      const argv = ['--function', path, '--source', 'memory', '--database-url', postgres.url];
      const options = parseRunOptions(argv);
      const screen = { say: () => undefined, update: () => undefined };
      const [report] = (options && (await runLocal(options, screen, new AbortController().signal))) ?? [];
      expect(report).toMatchObject({ written: events, quarantined: 0, skipped: 0, caughtUp: true });
    },
  );

  test('becomes a stack', async () => {
    const name = 'timeline';
    const code = await bundleStackCode(join(project, 'functions', name));
    const app = new App({ outdir: join(project, 'cdk.out') });
    new EventProcessorStack(app, `${name}-dev`, { functionName: name, removalPolicy: 'destroy', code });
    expect(app.synth().stacks).toHaveLength(1);
  });
});

describe('what cannot be made', () => {
  test.each([
    ['a name that exists', ['timeline', '--sample', 'timeline.ndjson'], /functions\/timeline already exists/],
    [
      'a file that is no JSON',
      ['table', '--sample', 'table.csv'],
      /line 1: expected a JSON object, got "a,b"\n.* line 2: /,
    ],
    ['an option that does not exist', ['other', '--sampel', 'timeline.ndjson'], /unknown option '--sampel'/],
    ['everything at once', ['New!', '--sample', 'empty.json'], /^NAME must be .*\n`--sample` must hold/],
  ])('%s is told, and nothing is left behind', async (_, args, message) => {
    await writeFile(join(project, 'empty.json'), '[]');
    await writeFile(join(project, 'table.csv'), 'a,b\n1,2\n');
    const stages = join(project, 'lib/settings/stages.ts');
    const look = async () => [await readdir(join(project, 'functions')), await readFile(stages, 'utf8')];
    const before = await look();
    const { code, stdout, stderr } = await makeNew(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
    expect(await look()).toEqual(before);
  });
});
