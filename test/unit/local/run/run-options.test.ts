import { describe, expect, it } from 'vitest';
import { parseRunOptions } from '../../../../local/run/run-options.ts';
import { UsageError } from '../../../../command-line/usage-error.ts';

function problemsOf(...argv: readonly string[]): readonly string[] {
  try {
    parseRunOptions(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

describe('the options of a run', () => {
  it('have defaults', () => {
    expect(parseRunOptions([])).toEqual({
      functions: ['flights'],
      input: undefined,
      inputFormat: 'json',
      partitionKey: undefined,
      randomKey: false,
      filters: [],
      events: undefined,
      shards: 2,
      batchSize: 1000,
      maxBatchingWindow: 0,
      parallelizationFactor: 2,
      dataApiLatencyMs: 0,
      databaseDownSeconds: 0,
      chaosSeed: undefined,
      incidentHours: undefined,
      picture: 'incident.svg',
      rate: 0,
      source: 'kinesis',
      keepRunning: false,
      watch: false,
      verbose: false,
      page: false,
      record: undefined,
      replay: undefined,
      databaseUrl: undefined,
      report: undefined,
    });
  });

  it('of the page are those of its own world', () => {
    expect(parseRunOptions(['--page', '--record', 'x.ndjson'])).toMatchObject({ page: true, record: 'x.ndjson' });
    expect(problemsOf('--page', '--source', 'memory', '--function', 'a', '--function', 'b')).toEqual([
      '`--page` sets up everything itself and runs until Ctrl-C: leave `--source` out',
      '`--page` shows only one function: name one',
    ]);
    expect(problemsOf('--record', 'x.ndjson')).toEqual(['`--record` needs `--page`: add it, or leave `--record` out']);
    expect(problemsOf('--replay', 'x.ndjson', '--rate', '5')).toEqual([
      '`--replay` shows what was recorded: leave `--rate` out',
    ]);
  });

  it('of the incident are how long it lasts, two days unless told, and where the picture goes', () => {
    expect(parseRunOptions(['--incident'])).toMatchObject({ incidentHours: 48, picture: 'incident.svg' });
    expect(parseRunOptions(['--incident', '3', '--picture', 'x.svg'])).toMatchObject({
      incidentHours: 3,
      picture: 'x.svg',
    });
    expect(problemsOf('--incident', '97')).toEqual(['`--incident` must be an integer from 1 to 96, got "97"']);
    expect(problemsOf('--incident', '--shards', '4', '--keep-running')).toEqual([
      '`--incident` plays the same story every time: leave `--shards` out',
      '`--incident` plays the same story every time: leave `--keep-running` out',
    ]);
    expect(problemsOf('--picture', 'x.svg')).toEqual([
      '`--picture` needs `--incident`: add it, or leave `--picture` out',
    ]);
    expect(problemsOf('--incident', '--picture', 'no/such/folder/x.svg')).toHaveLength(1);
  });

  it.each([
    ['events', 1, 100_000_000],
    ['shards', 1, 100],
    ['batch-size', 1, 10_000],
    ['max-batching-window', 0, 300],
    ['parallelization-factor', 1, 10],
    ['data-api-latency-ms', 0, 60_000],
    ['rate', 0, 100_000],
  ])('--%s goes from %i to %i', (flag, min, max) => {
    const refusal = (given: string) => [
      `\`--${flag}\` must be an integer from ${min} to ${max}, got ${JSON.stringify(given)}`,
    ];
    expect(problemsOf(`--${flag}`, String(min))).toEqual([]);
    expect(problemsOf(`--${flag}`, String(max))).toEqual([]);
    expect(problemsOf(`--${flag}=${min - 1}`)).toEqual(refusal(String(min - 1)));
    expect(problemsOf(`--${flag}`, String(max + 1))).toEqual(refusal(String(max + 1)));
    expect(problemsOf(`--${flag}`, '1.5')).toEqual(refusal('1.5'));
    expect(problemsOf(`--${flag}`, 'many')).toEqual(refusal('many'));
  });

  it('about an input file are refused without one', () => {
    expect(problemsOf('--partition-key', 'origin', '--random-key', '--input-format', 'lines')).toHaveLength(3);
    expect(problemsOf('--input', 'x.ndjson', '--partition-key', 'origin', '--random-key')).toEqual([]);
    expect(problemsOf('--input', 'x.ndjson', '--input-format', 'csv')).toEqual([
      '`--input-format` must be one of json, lines, got "csv"',
    ]);
  });

  it('take filter patterns, and refuse what AWS would', () => {
    const patterns = ['{"data":{"kind":["sale"]}}', '{"partitionKey":[{"prefix":"a"}]}'];
    expect(parseRunOptions(['--filter', ...patterns])?.filters).toEqual(
      patterns.map((it) => JSON.parse(it) as unknown),
    );
    expect(parseRunOptions(patterns.flatMap((pattern) => ['--filter', pattern]))?.filters).toHaveLength(2);
    expect(problemsOf('--filter', 'kind=sale', '{"data":{"kind":"sale"}}')).toEqual([
      expect.stringMatching(/^`--filter` must be an object such as/),
      expect.stringMatching(/^`--filter` must be an event pattern: /),
    ]);
  });

  it('that nobody knows are refused with the nearest one', () => {
    expect(problemsOf('--batchsize', '5')).toEqual([
      "unknown option '--batchsize' (Did you mean --batch-size?); --help lists the options",
    ]);
  });

  it('that lack their value are refused', () => {
    expect(problemsOf('--report')).toEqual(["option '--report <file>' argument missing; --help lists the options"]);
  });
});

describe('the options for what goes wrong', () => {
  it('take the seed of a run of chaos and the seconds without a database', () => {
    expect(parseRunOptions(['--chaos', '7', '--source', 'memory'])).toMatchObject({ chaosSeed: 7, source: 'memory' });
    expect(parseRunOptions(['--database-down', '60'])).toMatchObject({ databaseDownSeconds: 60 });
  });

  it('refuse with a run of chaos what it would not heed', () => {
    expect(problemsOf('--chaos', '1', '--events', '5', '--function', 'flights')).toEqual([
      '`--chaos` chooses everything by its seed: leave `--function` out',
      '`--chaos` chooses everything by its seed: leave `--events` out',
    ]);
  });

  it('take a database by its URL only', () => {
    expect(problemsOf('--database-url', 'localhost')).toEqual([
      '`--database-url` must be a URL such as postgres://user:password@host:5432/database, got "localhost"',
    ]);
    expect(problemsOf('--database-url', 'postgresql://localhost/x')).toEqual([]);
  });

  it('say how a function is named', () => {
    expect(problemsOf('orders')).toEqual(['expected options only, got "orders"; did you mean `--function orders`?']);
  });

  it('refuse to take down a database that was not started here', () => {
    expect(() => parseRunOptions(['--database-down', '1', '--database-url', 'postgres://localhost/x'])).toThrow(
      /needs the embedded PostgreSQL/,
    );
  });
});
