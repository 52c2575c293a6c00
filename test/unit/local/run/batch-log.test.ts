import { describe, expect, it } from 'vitest';
import { createBatchLog } from '../../../../local/run/batch-log.ts';

const metrics = (values: Record<string, number>) =>
  JSON.stringify({ _aws: { Timestamp: 1 }, service: 'flights', ...values });

describe('the log of a run', () => {
  it('sums the metrics documents of all batches', () => {
    const log = createBatchLog();
    log.add(metrics({ EventsWritten: 3, DataApiCalls: 2 }));
    log.add(metrics({ EventsWritten: 4, DataApiCalls: 1 }));
    expect(log.totals()).toMatchObject({ batches: 2, EventsWritten: 7, DataApiCalls: 3 });
  });

  it('keeps warnings, errors and plain output, and leaves the rest', () => {
    const log = createBatchLog();
    log.add(JSON.stringify({ level: 'INFO', message: 'batch' }));
    log.add(JSON.stringify({ level: 'WARN', message: 'events quarantined', byReason: { schema: 2 } }));
    log.add(JSON.stringify({ level: 'ERROR', message: 'position held: no such table' }));
    log.add('Segmentation fault');
    log.add('');
    expect(log.takeProblems()).toEqual([
      { level: 'WARN', message: 'events quarantined: {"schema":2}' },
      { level: 'ERROR', message: 'position held: no such table' },
      { level: 'OUTPUT', message: 'Segmentation fault' },
    ]);
    expect(log.takeProblems()).toEqual([]);
  });

  it('keeps a bounded number of problems, the newest', () => {
    const log = createBatchLog();
    for (let index = 0; index < 1000; index += 1) log.add(`line ${index}`);
    const problems = log.takeProblems();
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)?.message).toBe('line 999');
  });
});
