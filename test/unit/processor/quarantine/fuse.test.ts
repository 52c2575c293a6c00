import { describe, expect, it } from 'vitest';
import type { CommittedBatch } from '../../../../processor/ports.ts';
import { judge } from '../../../../processor/quarantine/fuse.ts';

/** Nothing of a batch came as far as the database. */
const NONE = { events: 0, rejected: 0 };
const SETTINGS = { thresholdPercent: 50, minEvents: 20 };

/** The verdict over so many rejected of so many events, after writes that rejected so many of so many, newest first. */
function verdict(
  rejected: number,
  events: number,
  before: readonly (readonly [number, number])[] = [],
  settings = SETTINGS,
) {
  const recent = before.map(([quarantined, all]): CommittedBatch => ({
    events: all,
    quarantined,
    taken: all - quarantined,
  }));
  const evidence = { events, rejected, refused: 0, fatal: 0, taken: events - rejected, isFinal: true };
  return judge({ ...evidence, newToDatabase: NONE }, recent, settings);
}

describe('a full batch', () => {
  it('blows the fuse above the threshold, not at it', () => {
    expect(verdict(10, 20)).toBe('quarantine');
    expect(verdict(11, 20)).toBe('blow');
  });

  it('is judged alone, whatever was before', () => {
    expect(verdict(11, 20, [[0, 1_000]])).toBe('blow');
    expect(verdict(10, 20, [[1_000, 1_000]])).toBe('quarantine');
  });

  it('never blows at 100 percent', () => {
    expect(verdict(1_000, 1_000, [], { ...SETTINGS, thresholdPercent: 100 })).toBe('quarantine');
    expect(verdict(1_000, 1_000, [], { ...SETTINGS, thresholdPercent: 99 })).toBe('blow');
  });
});

describe('a small batch', () => {
  it('waits above the threshold while too few events have been seen', () => {
    expect(verdict(1, 1)).toBe('wait');
    expect(verdict(19, 19)).toBe('wait');
    expect(verdict(1, 2)).toBe('quarantine');
    expect(verdict(2, 2, [[0, 1]])).toBe('wait');
    expect(verdict(2, 2, [[0, 2]])).toBe('quarantine');
  });

  it('does not wait for more where each rejected event ended processes, until these are as many as the fuse wants', () => {
    const alone = { events: 1, rejected: 1, refused: 0, fatal: 1, taken: 0, isFinal: true, newToDatabase: NONE };
    const before = (count: number) => Array<CommittedBatch>(count).fill({ events: 1, quarantined: 1, taken: 0 });
    expect(judge(alone, [], SETTINGS)).toBe('quarantine');
    expect(judge(alone, before(18), SETTINGS)).toBe('quarantine');
    expect(judge(alone, before(19), SETTINGS)).toBe('blow');
    expect(judge({ ...alone, events: 2, rejected: 2 }, [], SETTINGS)).toBe('wait');
  });

  it('is judged with the newest writes, until there are as many events as the fuse wants', () => {
    expect(verdict(1, 1, [[9, 19]])).toBe('quarantine');
    expect(verdict(1, 1, [[10, 19]])).toBe('blow');
    expect(verdict(1, 1, [...Array<[number, number]>(9).fill([1, 1]), [0, 10]])).toBe('quarantine');
    expect(verdict(1, 1, [...Array<[number, number]>(10).fill([1, 1]), [0, 9]])).toBe('blow');
  });

  it('counts only the missing part of a large write, so that one good batch long ago does not outweigh what is new', () => {
    expect(verdict(11, 11, [[0, 10_000]])).toBe('blow');
    expect(verdict(10, 10, [[0, 10_000]])).toBe('quarantine');
    expect(verdict(1, 1, [[5_000, 10_000]])).toBe('blow');
    expect(verdict(1, 1, [[4_000, 10_000]])).toBe('quarantine');
  });
});
