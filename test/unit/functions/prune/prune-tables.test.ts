import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { FRAMEWORK_TABLES } from '../../../../contract/framework-tables.ts';
import { dueStretch, pruneTables, type PruneReport } from '../../../../functions/prune/prune-tables.ts';

const HOUR_MS = 3_600_000;

describe('dueStretch', () => {
  it.each([0, 1, 5_000])('is the whole of a small table in every run: %i pages', (pages) => {
    expect([0, 1, 17].map((hour) => dueStretch(pages, hour * HOUR_MS))).toEqual(
      Array.from({ length: 3 }, () => ({ from: 0, to: pages })),
    );
  });

  it.each([
    [5_001, 2],
    [119_999, 24],
    [400_000, 24],
  ])('takes every page of a large table once: %i pages in %i runs', (pages, runs) => {
    const stretches = Array.from({ length: runs }, (_, hour) => dueStretch(pages, hour * HOUR_MS));
    expect(stretches[0]?.from).toBe(0);
    expect(stretches.map(({ to }) => to)).toEqual([...stretches.slice(1).map(({ from }) => from), pages]);
  });
});

/** A run against a database whose ledger has so many pages. */
async function prune(
  pages: number,
  remainingMs: () => number,
): Promise<{ report: PruneReport; ranges: readonly string[] }> {
  const ranges: string[] = [];
  const report = await pruneTables({
    kinesis: {
      send: () => Promise.resolve({ StreamDescriptionSummary: { RetentionPeriodHours: 24 } }),
    } as unknown as KinesisClient,
    execute: (sql, parameters = {}) => {
      if (sql.startsWith('SELECT')) {
        const longValue = parameters['table'] === FRAMEWORK_TABLES.ledger ? pages : 0;
        return Promise.resolve({ rows: [[{ longValue }]], updated: 0 });
      }
      ranges.push(`${parameters['from'] ?? ''} to ${parameters['to'] ?? ''}`);
      return Promise.resolve({ rows: [], updated: 7 });
    },
    environment: {
      clusterArn: '',
      secretArn: '',
      database: '',
      functionName: 'flights',
      streamArn: '',
      ledgerRetentionHours: 48,
      batchLogRetentionHours: 48,
    },
    remainingMs,
    now: () => 0,
  });
  return { report, ranges };
}

describe('pruneTables', () => {
  it('looks at a bounded number of pages in each statement, to the last one', async () => {
    const { report, ranges } = await prune(4_500, () => Infinity);
    expect(ranges).toEqual(['(0,0) to (2000,0)', '(2000,0) to (4000,0)', '(4000,0) to (4500,0)']);
    expect(report).toMatchObject({ ledger: 21, complete: true });
  });

  it('stops before a statement that it has no time for, and says so', async () => {
    const left = [100_000, 80_001, 80_000];
    const { report, ranges } = await prune(4_500, () => left.shift() ?? 0);
    expect(ranges).toHaveLength(2);
    expect(report).toMatchObject({ ledger: 14, complete: false });
  });
});
