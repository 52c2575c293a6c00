import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramResult } from '../../support/run-program.ts';
import { runProgram } from '../../support/run-program.ts';
import { createScratchProject, TABLES, workingFunction } from '../../support/scratch-project.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-program-'));
  // PostgreSQL may run as another user, and has its files there.
  await chmod(directory, 0o755);
});

afterAll(() => rm(directory, { recursive: true }));

async function inputFile(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const FLIGHT = { date: '2001/01/01 00:47', delay: 66, distance: 1750, origin: 'DTW', destination: 'LAS' };

describe('npm start', () => {
  it('drains a backlog, writes the report and leaves nothing running', async () => {
    const report = join(directory, 'report.json');
    const result = await runProgram('bin/local.ts', ['--events', '300', '--report', report]);

    expect(result).toMatchObject({ code: 0, stderr: '', leftRunning: false });
    expect(result.stdout).toContain('Caught up.');
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ events: 300, written: 300, caughtUp: true });
  });

  it('drains own events from a file, and quarantines what is not an event', async () => {
    const lines = [
      FLIGHT,
      { ...FLIGHT, delay: 67 },
      { ...FLIGHT, destination: 'nowhere' },
      { ...FLIGHT, delay: 'late' },
    ].map((event) => JSON.stringify(event));
    const input = await inputFile('flights.ndjson', `${lines.join('\n')}\n\n`);
    const report = join(directory, 'own.json');
    const result = await runProgram('bin/local.ts', [
      '--input',
      input,
      '--partition-key',
      'origin',
      '--report',
      report,
      '--source',
      'memory',
    ]);

    expect(result).toMatchObject({ code: 0, leftRunning: false });
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ events: 4, written: 2, quarantined: 2 });
    expect(result.stdout).toContain(
      'Quarantined: 2 of 4 events. By reason, with an example:\n' +
        '  schema (1): delay: Invalid input: expected number, received string\n' +
        '  schema (1): destination: expected an airport code such as DTW\n' +
        '  each with its payload: npm run ops -- redrive --local --payload, while a run with --keep-running is up\n' +
        'Caught up.\n',
    );
  });

  it('runs several functions on one stream, each of which gets every record', async () => {
    const events = [1, 2, 3, 4].map((n) => JSON.stringify({ id: `o${n}`, state: n % 2 === 0 ? 'new' : 'paid' }));
    const project = await createScratchProject();
    try {
      const sample = {
        'local.json': '{"partitionKey":"id","events":"events.ndjson"}',
        'events.ndjson': events.join('\n'),
      };
      await project.addFunction('orders', sample);
      const { 'projection.ts': projection, [TABLES]: tables } = workingFunction('others');
      await project.addFunction('others', {
        'projection.ts': projection
          .replace('{ orders: inserts', '{ others: inserts')
          .replace('{ orders: event', '{ others: event'),
        [TABLES]: tables.replace('TABLE orders', 'TABLE others'),
      });
      const report = join(directory, 'both.json');
      const argv = ['--function', 'orders', '--function', 'others', '--source', 'memory', '--report', report];
      const result = await runProgram('bin/local.ts', argv, { root: project.root });
      expect(result).toMatchObject({ code: 0, stderr: '', leftRunning: false });
      expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject([
        { function: 'orders', events: 4, written: 4, caughtUp: true },
        { function: 'others', events: 4, written: 4, caughtUp: true },
      ]);
    } finally {
      await project.remove();
    }
  });

  it.each([
    ['while the stream is filled', 'filling the stream'],
    ['while it catches up', 'iterator age'],
    ['while it starts', 'starting'],
  ])('stops every process and says what was done on Ctrl-C %s', async (_when, interruptAt) => {
    const result = await runProgram('bin/local.ts', ['--batch-size', '10', '--data-api-latency-ms', '50'], {
      interruptAt,
    });

    expect(result).toMatchObject({ code: 130, stderr: '', leftRunning: false });
    expect(result.stdout).toContain('Not caught up');
  });

  describe.concurrent('with a backlog that the function rejects whole', () => {
    const rejected = (name: string) =>
      inputFile(
        `${name}.ndjson`,
        Array.from({ length: 1_000 }, (_, n) => JSON.stringify({ ...FLIGHT, distance: n, delay: 'late' })).join('\n'),
      );

    it.each([[[]], [['--batch-size', '1', '--shards', '1']], [['--batch-size', '10000']]])(
      'ends by itself, quarantines nothing and explains why once: %j',
      async (options) => {
        const name = `rejected${options.join('')}`;
        const report = join(directory, `${name}.json`);
        const argv = [
          '--input',
          await rejected(name),
          '--partition-key',
          'distance',
          '--source',
          'memory',
          '--report',
          report,
        ];
        const result = await runProgram('bin/local.ts', [...argv, ...options]);

        expect(result).toMatchObject({ code: 1, stderr: '', leftRunning: false });
        const explanations = result.stdout.split('\n').filter((line) => line.startsWith('ERROR position held: '));
        expect(explanations).toHaveLength(1);
        expect(explanations[0]).toMatch(
          /would be quarantined, .*held since .*, build \w+, for example schema \(`delay`\): .*roll back/,
        );
        expect(result.stdout).toMatch(/^The position is held: \d+ deliveries in a row changed nothing\./m);
        expect(result.stdout).toMatch(/^Rejected, for example: schema: delay: .*number, received string/m);
        expect(result.stdout).not.toContain('Caught up.');
        expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
          caughtUp: false,
          written: 0,
          quarantined: 0,
        });
      },
    );

    it('goes on by an operator’s word when it is kept running', async () => {
      const argv = [
        '--input',
        await rejected('allowed'),
        '--partition-key',
        'distance',
        '--source',
        'memory',
        '--keep-running',
      ];
      // Other worlds that run on this machine are not found there.
      const env = { ...(process.env as Record<string, string>), TMPDIR: directory };
      let allowed: Promise<ProgramResult> | undefined;
      const result = await runProgram('bin/local.ts', argv, {
        interruptAt: 'Caught up.',
        env,
        onOutput: (stdout) => {
          if (!stdout.includes('  psql ') || allowed !== undefined) return;
          allowed = runProgram('bin/ops.ts', ['fuse', '--allow', '--local'], { env });
        },
      });

      expect(await allowed).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(
          /^flights, build \w+: held since .*, fuse blown\n(.*\n)*Rejected events that have arrived/,
        ) as string,
      });
      expect(result).toMatchObject({ code: 130, leftRunning: false });
      expect(result.stdout).toMatch(/^Rejected, for example: schema: delay: /m);
      expect(result.stdout).toMatch(/quarantined +1,000/);
    });
  });

  it('explains its options', async () => {
    const result = await runProgram('bin/local.ts', ['--help']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    for (const option of [
      '--function',
      '--input',
      '--partition-key',
      '--events',
      '--shards',
      '--batch-size',
      '--max-batching-window',
      '--parallelization-factor',
      '--data-api-latency-ms',
      '--rate',
      '--source',
      '--keep-running',
      '--database-url',
      '--report',
    ]) {
      expect(result.stdout).toContain(option);
    }
  });
});

it('is silent when nobody reads its help to the end', async () => {
  const script = '{ "$0" bin/local.ts --help; echo $? >&2; } | true';
  const { stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath]);
  expect(stderr).toBe('0\n');
});

describe('a mistake on the command line', () => {
  const refused = async (...argv: string[]) => {
    const result = await runProgram('bin/local.ts', argv);
    expect(result).toMatchObject({ code: 2, leftRunning: false });
    return result.stderr;
  };

  it('is told in one line that says what to do', async () => {
    expect(await refused('--parallelization-factor', '11')).toBe(
      '`--parallelization-factor` must be an integer from 1 to 10, got "11"\n',
    );
    expect(await refused('--function', 'trains')).toMatch(
      /^`--function` must be one of .*flights.* \(folders of functions\/\), got "trains"\n$/,
    );
    expect(await refused('--batchsize', '5')).toMatch(
      /^unknown option '--batchsize'.*--batch-size.*; --help lists the options\n$/,
    );
    expect(await refused('--input', join(directory, 'missing.ndjson'), '--partition-key', 'origin')).toMatch(
      /^`--input` can't be read: ENOENT.*; name a file with one JSON event per line\n$/,
    );
    expect(await refused('--database-url', 'postgres://nobody:x@127.0.0.1:1/none')).toMatch(
      /^`--database-url` can't be reached: .*127\.0\.0\.1:1; expected postgres:.*\n$/,
    );
  });

  it('is told together with all the others', async () => {
    expect(await refused('--batch-size', '0', '--shards', '1.5', '--source', 'kafka', '--input', 'x')).toBe(
      [
        '`--batch-size` must be an integer from 1 to 10000, got "0"',
        '`--shards` must be an integer from 1 to 100, got "1.5"',
        '`--source` must be one of kinesis, memory, got "kafka"',
        '',
      ].join('\n'),
    );
  });

  it('in the input file is told with its line', async () => {
    const input = await inputFile('bad.ndjson', `${JSON.stringify(FLIGHT)}\nnot json\n[1]\n{"origin":""}\n{}\n`);
    const lines = (await refused('--input', input, '--partition-key', 'origin')).trimEnd().split('\n');
    expect(lines).toEqual([
      `${input} line 2: expected a JSON object, got "not json"`,
      `${input} line 3: expected a JSON object, got "1"`,
      `${input} line 4: \`origin\` must be text of 1 to 256 characters or a number, got ""`,
      `${input} line 5: \`origin\` must be text of 1 to 256 characters or a number, got nothing`,
      'for records that are not JSON objects there is `--input-format lines`',
      'for events without `origin`: name more members, as in `--partition-key origin,OTHER`, or add `--random-key`',
    ]);
  });
});
