import { describe, expect, it } from 'vitest';
import { createBatchLog } from '../../../../local/run/batch-log.ts';

const metrics = (values: Record<string, number>) =>
  JSON.stringify({ _aws: { Timestamp: 1 }, service: 'flights', ...values });

describe('the log of a run', () => {
  it('sums the metrics documents of all batches', () => {
    const log = createBatchLog();
    log.add(metrics({ EventsWritten: 3, DataApiCalls: 2 }), 'a');
    log.add(metrics({ EventsWritten: 4, DataApiCalls: 1 }), 'b');
    expect(log.totals()).toMatchObject({ batches: 2, EventsWritten: 7, DataApiCalls: 3 });
  });

  it('keeps warnings, errors and plain output, and leaves the rest', () => {
    const log = createBatchLog();
    log.add(JSON.stringify({ level: 'INFO', message: 'batch' }), 'a');
    log.add(JSON.stringify({ level: 'WARN', message: 'events quarantined', byReason: { schema: 2 } }), 'a');
    log.add(JSON.stringify({ level: 'ERROR', message: 'position held: no such table' }), 'a');
    log.add('Segmentation fault', 'a');
    log.add('', 'a');
    expect(log.takeProblems()).toEqual([
      { level: 'WARN', message: 'events quarantined: {"schema":2}' },
      { level: 'ERROR', message: 'position held: no such table' },
      { level: 'OUTPUT', message: 'Segmentation fault' },
    ]);
    expect(log.takeProblems()).toEqual([]);
  });

  it('keeps a bounded number of problems, the newest', () => {
    const log = createBatchLog();
    for (let index = 0; index < 1000; index += 1) log.add(`line ${index}`, 'a');
    const problems = log.takeProblems();
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)?.message).toBe('line 999');
  });

  describe('with what Node.js writes about its own end', () => {
    const UNCAUGHT = [
      'file:///tmp/x/index.mjs:6',
      'const a=1;throw b',
      '   ^',
      '',
      'RangeError: no',
      '    at c',
      'Node.js v24.1.0',
    ];
    const logOf = (lines: readonly string[]) => {
      const log = createBatchLog();
      log.add('before', 'a');
      for (const line of lines) log.add(line, 'a');
      return log;
    };
    const messages = (log: ReturnType<typeof createBatchLog>) => log.takeProblems().map(({ message }) => message);

    it.each([
      ['an exception', UNCAUGHT],
      ['an exception inside Node.js', ['node:events:497', ...UNCAUGHT.slice(1)]],
      [
        'a full heap',
        [
          '<--- Last few GCs --->',
          '[1] 10 ms: Mark-Compact',
          'FATAL ERROR: heap limit',
          ...Array<string>(50).fill('0x1'),
        ],
      ],
    ])('drops it for %s once its environment has ended, and nothing else', (_, lines) => {
      const log = logOf(lines);
      log.add('beside', 'b');
      expect(messages(log)).toEqual(['before', 'beside']);
      log.dropCrashOutput('a');
      for (let look = 0; look < 20; look += 1) expect(messages(log)).toEqual([]);
    });

    it('tells it after all when the environment lives on: the function wrote it', () => {
      const log = logOf(UNCAUGHT);
      const told = Array.from({ length: 20 }, () => messages(log)).flat();
      expect(told).toEqual(['before', ...UNCAUGHT.filter((line) => line !== '')]);
    });
  });
});

it('sums the skipped events of a run, by reason', () => {
  const log = createBatchLog();
  expect(log.skips()).toEqual({});
  for (const skippedByReason of [{ heartbeat: 2 }, { heartbeat: 1, page_view: 7 }]) {
    log.add(JSON.stringify({ level: 'INFO', message: 'batch', skippedByReason }), 'e1');
  }
  expect(log.skips()).toEqual({ heartbeat: 3, page_view: 7 });
});

describe('the holds of a run', () => {
  it('are counted by reason, from the summary lines of its batches', () => {
    const log = createBatchLog();
    expect(log.holds()).toEqual({});
    for (const holdReason of ['fuse', 'fuse', 'transient']) {
      log.add(JSON.stringify({ level: 'INFO', message: 'batch', holdReason }), 'environment-1');
    }
    log.add(JSON.stringify({ level: 'INFO', message: 'batch' }), 'environment-1');
    expect(log.holds()).toEqual({ fuse: 2, transient: 1 });
  });
});
