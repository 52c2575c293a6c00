import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOG_QUERIES } from '../../../../lib/monitoring/log-queries.ts';
import { runLogsInsightsQuery } from '../../../support/logs-insights.ts';

/**
 * Lines of a log group: what the flights function, an older build of it and four small functions wrote under Lambda's
 * runtime client (aws-lambda-ric 4.0.2, Node.js 24.21.0, JSON log format), and platform events as AWS documents them.
 */
const LINES = readFileSync(join(import.meta.dirname, 'recorded-log.txt'), 'utf8')
  .trimEnd()
  .split('\n');

const HELD_FROM = '49590338271490256608559692538361571095921575989136588938';
const REQUEST_OF_THE_HOLD = '9c3d5a10-71b2-49c7-b0a4-6e8f9b2c5503';

function run(title: string, lines: readonly string[] = LINES): readonly Readonly<Record<string, unknown>>[] {
  const query = LOG_QUERIES.find((candidate) => candidate.title === title);
  if (query === undefined) throw new Error(`no query is called ${title}`);
  return runLogsInsightsQuery(query.lines, lines);
}

describe('Errors by class', () => {
  it('finds what the runtime logs, what a process dies of, and what the function logs', () => {
    const classes = run('Errors by class').map(({ class: name, times }) => [name, times]);
    expect(Object.fromEntries(classes)).toEqual({
      TypeError: 2,
      'position held': 1,
      EnvironmentError: 1,
      RangeError: 1,
      UnhandledPromiseRejection: 1,
      'heap out of memory': 1,
      SyntaxError: 1,
      timeout: 1,
      'Runtime.ExitError': 1,
    });
  });

  it('shows the most frequent class first, with the time of the last', () => {
    expect(run('Errors by class')[0]).toEqual({ class: 'TypeError', times: 2, last: '2026-11-26T07:56:53.945Z' });
  });

  it.each([
    { what: 'the class of an error that Powertools logs', line: { message: 'no', error: { name: 'MigrationError' } } },
    { what: 'the class where the stack only says Error', line: runtimeError('MigrationError', 'Error: no') },
    { what: 'the stack where minification named the class', line: runtimeError('xn', 'MigrationError: no') },
    { what: 'the stack where the short name is in capitals', line: runtimeError('Xn', 'MigrationError: no') },
    { what: 'the class of an error behind a text', line: { message: 'it failed:', errorType: 'MigrationError' } },
  ])('goes by $what', ({ line }) => {
    expect(run('Errors by class', [JSON.stringify({ level: 'ERROR', ...line })])).toEqual([
      { class: 'MigrationError', times: 1 },
    ]);
  });

  it.each([
    { messages: ['position held: no table', 'position held: no grant'], heading: 'position held' },
    { messages: ['gave up on record 495', 'gave up on record 496'], heading: 'gave up on record' },
  ])('takes texts that differ in their particulars for one: $heading', ({ messages, heading }) => {
    const lines = messages.map((message) => JSON.stringify({ level: 'ERROR', message }));
    expect(run('Errors by class', lines)).toEqual([{ class: heading, times: 2 }]);
  });

  it('leaves out what is no error', () => {
    const lines = [
      '{"level":"WARN","message":"TypeError: handled"}',
      'Errors are counted',
      '    at Error (index.mjs:1:1)',
    ];
    expect(run('Errors by class', lines)).toEqual([]);
  });
});

function runtimeError(errorType: string, stack: string): object {
  return { message: { errorType, errorMessage: 'no', stackTrace: [stack, '    at handler (index.mjs:1:1)'] } };
}

describe('Slowest batches', () => {
  it('shows each batch, the slowest first, with where it was and what it did', () => {
    const rows = run('Slowest batches');
    expect(rows.map(({ BatchMs }) => Math.round(Number(BatchMs)))).toEqual([42, 38, 10]);
    expect(rows[1]).toMatchObject({ RecordsReceived: 10, DataApiErrors: 1, function_request_id: REQUEST_OF_THE_HOLD });
    for (const row of rows) expect(Object.keys(row)).toHaveLength(11);
  });
});

describe('Quarantined events', () => {
  it('shows for each why, and where it stood', () => {
    expect(run('Quarantined events')).toEqual([
      {
        '@timestamp': '2026-11-26T07:56:53.079Z',
        reason: 'schema',
        shardId: 'shardId-000000000000',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588937',
        function_request_id: '5b7e0c92-38a4-4b60-8f5e-2f6b1d4e7702',
        buildVersion: 'd9c978eb93b509b1',
      },
    ]);
  });
});

describe('Versions running', () => {
  it('shows how many batches and events each version had', () => {
    expect(run('Versions running')).toEqual([
      {
        buildVersion: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        batches: 3,
        written: 39,
        first: '2026-11-26T07:56:53.066Z',
        last: '2026-11-26T07:56:53.492Z',
      },
    ]);
  });
});

describe('Positions held', () => {
  it('shows what the matter is, and on which shard from which record on', () => {
    expect(run('Positions held')).toEqual([
      expect.objectContaining({
        function_request_id: REQUEST_OF_THE_HOLD,
        message: expect.stringMatching(/^position held: .*42P01; a table does not exist/) as string,
        shardId: 'shardId-000000000000',
        sequenceNumber: HELD_FROM,
        holdReason: 'configuration',
      }),
    ]);
  });
});

// Of the watchdog, the test of its bundle asks what it really writes.
it.each(LOG_QUERIES.filter(({ of }) => of === 'processor'))('$title finds something', ({ title }) => {
  expect(run(title)).not.toEqual([]);
});

describe('the stand-in for Logs Insights', () => {
  it.each([
    { command: 'dedup message', problem: 'the command dedup is not known here' },
    { command: 'fields strlen(message)', problem: 'the function strlen is not known here' },
    { command: 'filter level != 1', problem: 'expected the end, got !=: filter level != 1' },
    { command: 'stats avg(BatchMs) as ms by level', problem: 'a function of stats that is not known here' },
  ])('refuses $command', ({ command, problem }) => {
    expect(() => runLogsInsightsQuery([command], LINES)).toThrow(problem);
  });
});
