import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionFolder } from '../../../build/function-folder.ts';
import { FunctionError, prepareFunction } from '../../../build/prepare-function.ts';
import { runProgram } from '../../support/run-program.ts';
import { createScratchProject, TABLES, workingFunction, type ScratchProject } from '../../support/scratch-project.ts';

const HERE = process.cwd();
let project: ScratchProject;
let folder: string;

beforeAll(async () => {
  project = await createScratchProject();
  // Where the functions of a project are looked for.
  process.chdir(project.root);
  folder = await mkdtemp(join(tmpdir(), 'broken-function-'));
  await writeFile(join(folder, 'orders.ndjson'), '{"id":"o1","state":"new"}\n{"id":"o2","state":"new"}\n');
});

afterAll(async () => {
  process.chdir(HERE);
  await Promise.all([project.remove(), rm(folder, { recursive: true, force: true })]);
});

type Files = Readonly<Record<string, string | undefined>>;

async function start(name: string, files: Files, ...options: readonly string[]) {
  await project.addFunction(name, files);
  const input = ['--input', join(folder, 'orders.ndjson'), '--partition-key', 'id', '--source', 'memory'];
  return runProgram('bin/local.ts', ['--function', name, ...input, ...options], { root: project.root });
}

/** Context of a synthesis comes in the environment, as the CDK hands it over. */
async function synthesize(name: string) {
  const outdir = await mkdtemp(join(folder, 'cdk-'));
  const env = { CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ functionName: name }) };
  const { code, stderr } = await runProgram('bin/app.ts', [], { root: project.root, env });
  const templates = (await readdir(outdir)).filter((file) => file.endsWith('.template.json'));
  return { code, stderr, templates, outdir };
}

function edited(name: string, file: 'handler.ts' | 'projection.ts', from: string, to: string): Files {
  const content = workingFunction(name)[file];
  if (!content.includes(from)) throw new Error(`${file} has no ${from}`);
  return { [file]: content.replace(from, to) };
}

function appended(name: string, line: string): Files {
  return { 'projection.ts': `${workingFunction(name)['projection.ts']}${line}\n` };
}

/** What is wrong with each function: its name, its files, and the problems that are reported, as they are. */
const BROKEN: readonly (readonly [name: string, files: (name: string) => Files, problems: readonly string[]])[] = [
  [
    'wrong-type',
    (name) => edited(name, 'projection.ts', "state: 'text'", "state: 'varchar' as 'text', '': 'text'"),
    [
      'projection.ts:4:23: ProjectionError: table `orders`: column `state` must be of a type from text, ',
      'projection.ts:4:23: ProjectionError: table `orders`: ',
    ],
  ],
  [
    'no-handler-export',
    (name) => edited(name, 'handler.ts', 'handler =', 'handle ='),
    ['handler.ts: must export a function named `handler`, got exports handle; write `export const handler = '],
  ],
  [
    'handler-that-is-no-function',
    (name) => edited(name, 'handler.ts', 'createHandler(orders)', '{ createHandler, orders }'),
    ['handler.ts: must export a function named `handler`, got a `handler` of type object; '],
  ],
  [
    'default-export',
    (name) => edited(name, 'handler.ts', 'export const handler =', 'export default'),
    ['handler.ts: must export a function named `handler`, got exports default; '],
  ],
  [
    'handler-with-a-callback',
    () => ({ 'handler.ts': 'export const handler = (e: object, c: object, done: object) => [e, c, done];\n' }),
    ['handler.ts: `handler` must take (event, context), got 3 parameters; '],
  ],
  [
    'no-projection-export',
    (name) => edited(name, 'projection.ts', 'export const', 'const'),
    ['handler.ts:2:10: Import "orders" will always be undefined because the file '],
  ],
  [
    'other-projection-export',
    (name) => edited(name, 'projection.ts', 'export const orders', 'export const order'),
    ['handler.ts:2:10: No matching export in "functions/other-projection-export/projection.ts" for import "orders", '],
  ],
  [
    'throws-while-loading',
    (name) => edited(name, 'projection.ts', 'z.object(', '(undefined as unknown as typeof z).object('),
    [
      "projection.ts:6:46: must load without an exception, got TypeError: Cannot read properties of undefined (reading 'object'); ",
    ],
  ],
  [
    'rejects-while-loading',
    (name) => appended(name, "void Promise.reject(new RangeError('later'));"),
    ['projection.ts:11:21: must load without an exception, got RangeError: later; '],
  ],
  [
    'throws-no-error',
    (name) => appended(name, "throw 'only text';"),
    ['handler.ts: must load without an exception, got string: only text; '],
  ],
  [
    'exits-while-loading',
    (name) => appended(name, "console.error('FOO is not set'); process.exit(0);"),
    [
      'projection.ts:11:42: must load, but it ended the process with exit code 0; throw an error instead; before that it wrote:\n  FOO is not set\n',
    ],
  ],
  [
    'crashes-while-loading',
    (name) => appended(name, 'process.abort();'),
    ['handler.ts: must load, but its process ended with signal SIGABRT '],
  ],
  [
    'never-settles',
    (name) => appended(name, 'await new Promise(() => undefined);'),
    ['handler.ts: must load, but a top-level `await` never settles; '],
  ],
  [
    'loops-while-loading',
    (name) => appended(name, 'for (;;);'),
    ['handler.ts: must load within the 10 s that Lambda allows, got no end; '],
  ],
  [
    'no-handler-file',
    (name) => ({ 'handler.ts': undefined, 'handlers.ts': workingFunction(name)['handler.ts'] }),
    ['handler.ts is missing, got handlers.ts, projection.ts; create it with '],
  ],
  [
    'syntax-error',
    (name) => edited(name, 'projection.ts', 'schema:', 'schema'),
    ['projection.ts:6:10: Expected "}" but found "z", in `schema z.object('],
  ],
  [
    'missing-packages',
    (name) =>
      edited(
        name,
        'handler.ts',
        'import',
        "import '@nobody/none/deep';\nimport 'not-installed';\nimport './none.ts';\nimport",
      ),
    [
      'handler.ts:1:8: Could not resolve "@nobody/none/deep", in `import \'@nobody/none/deep\';`; correct the name, or install it with npm install @nobody/none\n',
      'handler.ts:2:8: Could not resolve "not-installed", ',
      'handler.ts:3:8: Could not resolve "./none.ts", in `import \'./none.ts\';`; there is no such file; ',
    ],
  ],
  [
    'no-migrations',
    () => ({ [TABLES]: undefined }),
    ['migrations must be a folder with SQL files, got no such folder; create it with 001-tables.sql, '],
  ],
  [
    'misnamed-migrations',
    (name) => ({ [TABLES]: undefined, 'Migration/001-tables.sql': workingFunction(name)[TABLES] }),
    ['migrations must be a folder with SQL files, got no such folder; rename the folder Migration\n'],
  ],
  [
    'migrations-beside-the-folder',
    (name) => ({ [TABLES]: undefined, '001-tables.sql': workingFunction(name)[TABLES] }),
    ['migrations must be a folder with SQL files, got no such folder; move 001-tables.sql into it\n'],
  ],
  [
    'empty-migrations',
    () => ({ [TABLES]: undefined, 'migrations/README.md': 'none yet' }),
    ['migrations must have at least one SQL file, got none; '],
  ],
  [
    'misnamed-migration-files',
    () => ({
      'migrations/tables.sql': '',
      'migrations/2-more.sql': '',
      'migrations/003-loud.SQL': '',
      'migrations/001-twin.sql': '',
      'migrations/004-notes.md': '',
      'migrations/deeper/005-hidden.sql': '',
    }),
    [
      'migrations/001-twin.sql: 001-tables.sql has the same number; ',
      'migrations/2-more.sql: the name must be like 001-what-it-does.sql, in lowercase; ',
      'migrations/003-loud.SQL: the name must be like ',
      'migrations/tables.sql: the name must be like ',
      'migrations/deeper: folders are not looked into; ',
    ],
  ],
  [
    'refused-statements',
    () => ({
      'migrations/002-more.sql': "COMMIT;\nSELECT ':a';\nSELECT :a;",
      'migrations/003-open.sql': "SELECT 1;\nSELECT 'open;",
    }),
    [
      'migrations/002-more.sql:1: `COMMIT` must not be used: ',
      'migrations/002-more.sql:3: `:a` would be replaced by the Data API, ',
      'migrations/003-open.sql:2: the string that opens on line 2 is never closed\n',
    ],
  ],
  [
    'another-name',
    (name) => edited(name, 'projection.ts', "name: 'another-name'", "name: 'orders'"),
    ['handler.ts: the projection must have the name of its folder, "another-name", got "orders"\n'],
  ],
  [
    'everything-at-once',
    (name) => ({
      ...edited(name, 'projection.ts', "name: 'everything-at-once'", "name: 'No Name'"),
      'migrations/tables.sql': '',
    }),
    ['migrations/tables.sql: the name must be like ', 'projection.ts:4:23: ProjectionError: `name` must be '],
  ],
];

describe('tables that do not fit the projection', () => {
  it('end the start with every place and what to do', async () => {
    const tables = 'CREATE TABLE orders (id integer[], status text NOT NULL);\n';
    const { code, stdout, stderr } = await start('other-tables', { [TABLES]: tables });
    expect({ code, filled: stdout.includes('filling') }).toEqual({ code: 2, filled: false });
    expect(stderr.split('\n')).toEqual([
      'the database does not fit the projection:',
      expect.stringMatching(
        /^- table `orders`: column `id` is integer\[\] in the database, declared text; declare it /,
      ),
      expect.stringMatching(/^- table `orders` must have the column `state`, got id, status; did you mean `status`\?/),
      expect.stringMatching(/^- table `orders`: column `status` \(text\) is NOT NULL without a default/),
      '',
    ]);
  });
});

/** One of each way to find out, for what is built on it: the rest is up to the same code. */
const SOME = ['wrong-type', 'exits-while-loading', 'missing-packages', 'misnamed-migrations', 'refused-statements'];
const SOME_BROKEN = BROKEN.filter(([name]) => SOME.includes(name));

describe.concurrent('a function that cannot load', () => {
  it.each(BROKEN)('is refused with every problem, before anything is filled or deployed: %s', async (...row) => {
    const [name, files, problems] = row;
    await project.addFunction(name, files(name));
    const preparing = prepareFunction(functionFolder(name), join(folder, 'bundles', name));
    const refusal = await preparing.catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(FunctionError);
    expectProblems(`${(refusal as FunctionError).message}\n`, name, problems);
  });
});

describe('a function that cannot load, in a command', () => {
  it.each(SOME_BROKEN)('ends npm start before anything is filled: %s', async (name, files, problems) => {
    const copy = `${name}-start`;
    const result = await start(copy, files(copy));

    expect(result).toMatchObject({ code: 2, leftRunning: false });
    expect(result.stdout).not.toContain('Backlog');
    expectProblems(result.stderr, copy, problems);
  });

  it.each(SOME_BROKEN)('ends the synthesis in the same words, and nothing is left to deploy: %s', async (...row) => {
    const [name, files, problems] = row;
    const copy = `${name}-synth`;
    await project.addFunction(copy, files(copy));
    const result = await synthesize(copy);

    expect(result).toMatchObject({ code: 2, templates: [] });
    expectProblems(result.stderr, copy, problems);
  });
});

/** Exactly these problems, each beginning with the path of a file of the function, and no trace. */
function expectProblems(stderr: string, name: string, problems: readonly string[]): void {
  const [heading, ...told] = stderr.split(/^- /m);
  expect(heading).toBe(`the function ${name} is not usable:\n`);
  expect(told.map((problem, index) => problem.slice(0, expected(index).length))).toEqual(
    problems.map((_, index) => expected(index)),
  );
  expect(stderr).not.toMatch(/^\s+at /m);

  function expected(index: number): string {
    return `functions/${name}/${problems[index] ?? ''}`;
  }
}

describe('a migration that the database refuses', () => {
  it.each([
    [
      'broken-table',
      'SELECT 1;\nCREATE TABLE orders (\n  id text,\n  state varchr\n);',
      '4: ERROR: type "varchr" does not exist; Position: 42; SQLState: 42704, in `state varchr`',
    ],
    [
      'broken-syntax',
      'CREATE TABEL orders (id text);',
      '1: ERROR: syntax error at or near "TABEL"; Position: 8; SQLState: 42601, in `CREATE TABEL orders (id text)`',
    ],
  ])('is told by npm start with file, line and text: %s', async (name, sql, problem) => {
    const result = await start(name, { [TABLES]: sql });

    expect(result).toMatchObject({ code: 2, leftRunning: false });
    expect(result.stderr).toBe(`the migrations cannot be applied:\n- functions/${name}/${TABLES}:${problem}\n`);
    expect(result.stdout).not.toContain('Backlog');
  });
});

describe('a migration that the release before could not run with', () => {
  const DROP = 'ALTER TABLE orders DROP COLUMN note;';
  const files = (sql: string): Files => ({
    [TABLES]: 'CREATE TABLE orders (id text PRIMARY KEY, state text NOT NULL, note text);',
    'migrations/002-drop.sql': sql,
  });
  const warning = (name: string): string =>
    'an update of a deployed stack refuses these migrations when its database has only the files before them:\n' +
    `- functions/${name}/migrations/002-drop.sql:1: \`ALTER TABLE orders DROP COLUMN note\`: the release before still uses it; `;

  it('is pointed out by npm start and by the synthesis, which go on', async () => {
    const run = await start('drops', files(DROP));
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain(`WARN ${warning('drops')}`);
    const synthesis = await synthesize('drops');
    expect(synthesis).toMatchObject({ code: 0, templates: [expect.any(String)] });
    // Where the CDK finds what it prints.
    const [metadata = ''] = (await readdir(synthesis.outdir)).filter((file) => file.endsWith('.metadata.json'));
    const report = await readFile(join(synthesis.outdir, metadata), 'utf8');
    expect(report).toContain(JSON.stringify(warning('drops')).slice(1, -1));
  });

  it('is not mentioned where its file says that it is meant', async () => {
    const run = await start('means-to-drop', files(`-- not backward compatible: nobody reads it\n${DROP}`));
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).not.toContain('WARN');
  });
});

describe('npm run synth', () => {
  const cdk = (...argv: readonly string[]) =>
    runProgram('bin/cdk.ts', argv, { root: project.root, env: { CDK_DISABLE_CLI_TELEMETRY: '1', HOME: folder } });

  it('ends with the exit code of the app, which the CDK alone does not', async () => {
    await project.addFunction('broken-synth', edited('broken-synth', 'handler.ts', 'handler =', 'handle ='));
    const broken = await cdk('synth', '--quiet', '-c', 'functionName=broken-synth');

    expect(broken).toMatchObject({ code: 2, leftRunning: false });
    expect(broken.stderr).toContain('functions/broken-synth/handler.ts: must export a function named `handler`');
    expect(broken.stderr).not.toMatch(/^\s+at /m);
  });

  it('ends with the exit code of the CDK where the app has nothing to do with it', async () => {
    expect(await cdk('--version')).toMatchObject({ code: 0 });
    expect(await cdk('synth', '--app', 'false')).toMatchObject({ code: 1 });
  });
});

describe('a function that loads', () => {
  it.each([
    ['orders', (): Files => ({})],
    [
      'orders-in-a-default-export',
      (name: string) =>
        edited(
          name,
          'handler.ts',
          'export const handler = createHandler(orders)',
          'export default { handler: createHandler(orders) }',
        ),
    ],
  ])('is drained: %s', async (name, files) => {
    expect(await start(name, files(name))).toMatchObject({ code: 0, stderr: '', leftRunning: false });
  });
});

describe('a function whose environments end', () => {
  /** Counts how often it was loaded or called, over all environments. */
  const counting = (file: string) => `import { appendFileSync, readFileSync } from 'node:fs';

function count(): number {
  appendFileSync('${join(folder, file)}', '.');
  return readFileSync('${join(folder, file)}').length;
}
`;

  it('ends the run with the reason, when none starts: three in a row, after one that did', async () => {
    const name = 'starts-once';
    const { code, stdout, stderr, leftRunning } = await start(name, {
      'handler.ts': `${counting('starts')}
if (count() > 1) throw new RangeError('no second time\\nwhatever comes');
export const handler = () => undefined;
`,
    });

    expect({ code, leftRunning }).toEqual({ code: 2, leftRunning: false });
    expect(stderr).toBe(
      `the function ${name} is not usable:\n- 3 environments in a row failed to start while loading: ` +
        'RangeError: no second time whatever comes\n',
    );
    expect(stdout).toContain('Backlog: 2 events');
    expect(stdout).not.toContain('Caught up');
  });

  it('has a line for each crash, with its reason and the records in flight; after three, it counts', async () => {
    const name = 'crashes-four-times';
    const { code, stdout, leftRunning } = await start(
      name,
      {
        'handler.ts': `${counting('calls')}
export const handler = async () => {
  if (count() <= 4) void Promise.reject(new RangeError('nobody waits for this'));
};
`,
      },
      '--shards',
      '1',
      '--parallelization-factor',
      '1',
    );

    expect({ code, leftRunning }).toEqual({ code: 0, leftRunning: false });
    const reason = 'CRASH while handling a batch: RangeError: nobody waits for this, uncaught';
    const lines = stdout.slice(stdout.indexOf('Backlog')).split('\n');
    const crash: unknown = expect.stringMatching(
      new RegExp(`^${reason}; in flight: 2 records of shardId-0{12}, \\d+ to \\d+$`),
    );
    expect(lines.slice(1).filter((line) => /^\w/.test(line))).toEqual([
      crash,
      crash,
      crash,
      `${reason}: 4 times in all`,
      'Caught up.',
      'Tables: orders (0)',
      'Next:',
    ]);
  });
});
