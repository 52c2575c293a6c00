import { describe, expect, it } from 'vitest';
import { createPaceMeter } from '../../../../local/run/catch-up.ts';

describe('the pace of a run', () => {
  it('is too early to tell before anything is done', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 100, done: 0 });
    expect(meter({ atMs: 2_999, put: 100, done: 0 })).toEqual({ eventsPerSecond: 0, secondsLeft: undefined });
  });

  it('says never when nothing was done for longer than that', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 100, done: 0 });
    expect(meter({ atMs: 3_000, put: 100, done: 0 })).toEqual({ eventsPerSecond: 0, secondsLeft: Infinity });
  });

  it('gives the time left from how fast the backlog shrinks, arrivals included', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 1000, done: 0 });
    // 300 done and 100 arrived in two seconds: 100 a second less of the 800 that are left.
    expect(meter({ atMs: 2_000, put: 1100, done: 300 })).toEqual({ eventsPerSecond: 150, secondsLeft: 8 });
  });

  it('says never while more arrives than is done', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 1000, done: 0 });
    expect(meter({ atMs: 1_000, put: 1200, done: 100 })).toEqual({ eventsPerSecond: 100, secondsLeft: Infinity });
  });

  it('forgets what is older than its window', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 1000, done: 0 });
    meter({ atMs: 1_000, put: 1000, done: 900 });
    expect(meter({ atMs: 4_000, put: 1000, done: 960 })).toEqual({ eventsPerSecond: 20, secondsLeft: 2 });
  });

  it('has nothing left once caught up', () => {
    const meter = createPaceMeter();
    meter({ atMs: 0, put: 10, done: 0 });
    expect(meter({ atMs: 1_000, put: 10, done: 10 }).secondsLeft).toBe(0);
  });
});
