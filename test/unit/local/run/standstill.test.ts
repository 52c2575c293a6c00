import { describe, expect, it } from 'vitest';
import { createStandstillWatch, type RunMoment } from '../../../../local/run/standstill.ts';

/** What a watch says at the last of some moments. */
function lastOf(moments: readonly Partial<RunMoment>[]) {
  const watch = createStandstillWatch();
  return moments.map((moment) => watch({ atMs: 0, done: 0, inFlight: 0, holds: {}, ...moment })).at(-1);
}

describe('a run that stands still', () => {
  it('has been held five times in five seconds without anything done', () => {
    expect(lastOf([{}, { atMs: 5_000, holds: { fuse: 5 } }])).toEqual({ deliveries: 5 });
    expect(lastOf([{}, { atMs: 5_000, holds: { fuse: 2, configuration: 4 } }])).toEqual({ deliveries: 6 });
  });

  it('is not told before that', () => {
    expect(lastOf([{}, { atMs: 4_999, holds: { fuse: 5 } }])).toBeUndefined();
    expect(lastOf([{}, { atMs: 5_000, holds: { fuse: 4 } }])).toBeUndefined();
  });

  it('is one that no event leaves any more: whatever is done begins the time anew', () => {
    const moments = [{ holds: { fuse: 7 } }, { atMs: 4_000, done: 1, holds: { fuse: 9 } }];
    expect(lastOf([...moments, { atMs: 8_999, done: 1, holds: { fuse: 20 } }])).toBeUndefined();
    expect(lastOf([...moments, { atMs: 9_000, done: 1, holds: { fuse: 20 } }])).toEqual({ deliveries: 11 });
  });

  it('is none while an invocation is under way, or a database is waited for that may come back', () => {
    expect(lastOf([{}, { atMs: 9_000, inFlight: 1, holds: { fuse: 9 } }])).toBeUndefined();
    expect(lastOf([{}, { atMs: 9_000, holds: { transient: 9 } }])).toBeUndefined();
    expect(lastOf([{}, { atMs: 9_000, holds: { fuse: 9, transient: 1 } }])).toBeUndefined();
    expect(lastOf([{}, { atMs: 9_000, holds: { fuse: 9, deadline: 1 } }])).toBeUndefined();
  });
});
