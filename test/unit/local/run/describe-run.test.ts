import { describe, expect, it } from 'vitest';
import type { BatchTotals } from '../../../../local/run/batch-log.ts';
import { describeProgress, type ShownProgress } from '../../../../local/run/describe-run.ts';

const AT_MS = new Date(2026, 10, 26, 9, 30).getTime();

function shown(given: Partial<ShownProgress> = {}): ShownProgress {
  return {
    atMs: AT_MS,
    put: 1_000_000,
    done: 250_000,
    iteratorAgeMs: 183_600_000,
    totals: { LookupKeys: 1_000, CacheHits: 977 } as BatchTotals,
    eventsPerSecond: 4_321.4,
    remaining: { kind: 'time', seconds: 840 },
    ...given,
  };
}

describe('the progress line', () => {
  it('says everything where there is room for it', () => {
    expect(describeProgress(shown(), Infinity)).toBe(
      '[██████░░░░░░░░░░░░░░░░░░] 14 min left · 250,000 of 1,000,000 · 4,321/s · iterator age 2 d 3 h · cache hits 97.7 %',
    );
  });

  it('leaves out what matters least where there is less, and says how long still in 40 columns', () => {
    expect(describeProgress(shown(), 79)).toBe('[███░░░░░░░░░░] 14 min left · 250,000 of 1,000,000 · 4,321/s');
    expect(describeProgress(shown(), 39)).toBe('[██░░░░] 14 min left');
  });

  it('knows of records that others put once they are done', () => {
    expect(describeProgress(shown({ put: 500, done: 505 }), Infinity)).toContain('· 505 of 505 ·');
  });

  it.each([
    [{ kind: 'time', seconds: 0 }, 'caught up'],
    [{ kind: 'measuring' }, 'measuring'],
    [{ kind: 'notAtThisRate', sinceMs: AT_MS - 120_000 }, 'not at this rate since 09:28'],
    [{ kind: 'held', sinceMs: AT_MS - 60_000, reason: 'fuse' }, 'held since 09:29: most events are rejected'],
    [{ kind: 'held', sinceMs: AT_MS - 60_000, reason: 'transient' }, 'held since 09:29: the database is not ready'],
  ] as const)('says %o as it is, within 80 columns', (remaining, words) => {
    const line = describeProgress(shown({ remaining }), 79);
    expect(line).toContain(`] ${words}`);
    expect(line.length).toBeLessThanOrEqual(79);
  });
});
