import { describe, expect, it } from 'vitest';
import { RunProgress, type Outlook, type ProgressMoment } from '../../../../local/run/run-progress.ts';

/** The outlook after moments that are given by their seconds. */
function outlookAfter(moments: readonly (Partial<ProgressMoment> & { readonly second: number })[]): Outlook {
  const progress = new RunProgress();
  const outlooks = moments.map(({ second, ...given }) =>
    progress.add({ atMs: 1000 * second, put: 10_000, done: 0, isAbreast: false, holds: {}, ...given }),
  );
  return outlooks.at(-1) ?? { eventsPerSecond: 0, remaining: { kind: 'measuring' } };
}

const DRAINING = [1, 2, 3, 4, 5].map((second) => ({ second, done: 1_000 * second }));

describe('the outlook of a run', () => {
  it('is measured in the first seconds, however little happens', () => {
    const still = Array.from({ length: 50 }, (_, tick) => ({ second: tick / 10 }));
    expect(outlookAfter(still).remaining).toEqual({ kind: 'measuring' });
  });

  it('has a time and a speed while events are done, between two large batches too', () => {
    const steady = { remaining: { kind: 'time', seconds: 4 }, eventsPerSecond: 4_000 / 5 };
    expect(outlookAfter([...DRAINING, { second: 6, done: 5_000 }])).toEqual(steady);
  });

  it('has caught up when what is left has only just arrived', () => {
    const abreast = outlookAfter([...DRAINING, { second: 6, done: 9_950, isAbreast: true }]);
    expect(abreast.remaining).toEqual({ kind: 'time', seconds: 0 });
  });

  it('is held instead of late when batches hold and nothing is done, from the first hold on', () => {
    const holds = { transient: 1 };
    const [held, longer] = [
      { second: 6, done: 5_000, holds },
      { second: 7, done: 5_000, holds },
    ];
    expect(outlookAfter([...DRAINING, held]).remaining.kind).toBe('time');
    expect(outlookAfter([...DRAINING, held, longer]).remaining).toEqual({
      kind: 'held',
      sinceMs: 6_000,
      reason: 'transient',
    });
  });

  it('names the hold that only a person can end before one that passes', () => {
    const moments = [7, 8].map((second) => ({ second, done: 5_000, holds: { transient: 2, fuse: 1 } }));
    expect(outlookAfter([...DRAINING, ...moments]).remaining).toMatchObject({ kind: 'held', reason: 'fuse' });
  });

  it('is no longer held once something is done', () => {
    const holds = { transient: 1 };
    const moments = [6, 7, 8].map((second) => ({ second, done: 5_000, holds }));
    const goesOn = { second: 9, done: 6_000, holds };
    expect(outlookAfter([...DRAINING, ...moments, goesOn]).remaining.kind).toBe('time');
    expect(outlookAfter([...DRAINING, ...moments, goesOn, { ...goesOn, second: 12 }]).remaining.kind).toBe('time');
  });

  it('is not held by what held before it had caught up', () => {
    const before = { second: 6, done: 9_950, isAbreast: true, holds: { transient: 1 } };
    const after = { ...before, second: 9, put: 10_100, isAbreast: false };
    expect(outlookAfter([...DRAINING, { ...before, second: 5.5, holds: {} }, before, after]).remaining.kind).not.toBe(
      'held',
    );
  });

  it('is not held by a batch that only ran out of time', () => {
    const moments = [6, 7, 8].map((second) => ({ second, done: 5_000, holds: { deadline: 1 } }));
    expect(outlookAfter([...DRAINING, ...moments]).remaining.kind).toBe('time');
  });

  it('does not shrink when nothing was done for as long as an invocation may take', () => {
    expect(outlookAfter([...DRAINING, { second: 64.9, done: 5_000 }]).remaining.kind).toBe('time');
    expect(outlookAfter([...DRAINING, { second: 65, done: 5_000 }]).remaining).toEqual({
      kind: 'notAtThisRate',
      sinceMs: 5_000,
    });
  });
});
