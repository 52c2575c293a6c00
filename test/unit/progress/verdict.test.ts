import { describe, expect, it } from 'vitest';
import {
  describeJudgement,
  judge,
  verdictNumber,
  VERDICTS,
  type Hold,
  type JudgementInput,
  type ShardSample,
  type StackSample,
} from '../../../progress/verdict.ts';

const START_MS = Date.parse('2026-11-26T09:00:00Z');
const MINUTE_MS = 60_000;

/** One sample a minute; each shard given as its ages, with a star where its position has not moved. */
function samples(shards: Readonly<Record<string, readonly (number | string | undefined)[]>>): StackSample[] {
  const length = Math.max(...Object.values(shards).map((ages) => ages.length));
  return Array.from({ length }, (_, minute) => ({
    atMs: START_MS + minute * MINUTE_MS,
    shards: Object.entries(shards).map(([shardId, ages]) => sampleOf(shardId, ages[minute])),
  }));
}

function sampleOf(shardId: string, age: number | string | undefined): ShardSample {
  if (age === undefined) return { shardId, ageSeconds: undefined, hasMoved: undefined };
  if (typeof age === 'number') return { shardId, ageSeconds: age, hasMoved: true };
  return { shardId, ageSeconds: Number(age.replace('*', '')), hasMoved: false };
}

/** An age that grows with time, of a position that stands. */
function still(from: number, minutes: number): string[] {
  return Array.from({ length: minutes }, (_, minute) => `${from + 60 * minute}*`);
}

/** Ages that shrink by so much a minute. */
function shrinking(from: number, perMinute: number, minutes: number): number[] {
  return Array.from({ length: minutes }, (_, minute) => from - perMinute * minute);
}

function inputOf(given: Partial<JudgementInput> & Pick<JudgementInput, 'samples'>): JudgementInput {
  return {
    nowMs: given.samples.at(-1)?.atMs ?? START_MS,
    mappingEnabled: true,
    isPausedOnPurpose: false,
    holds: [],
    pageWhenBehindSeconds: 300,
    patienceSeconds: 600,
    ...given,
  };
}

function verdictOn(given: Parameters<typeof inputOf>[0]): string {
  const input = inputOf(given);
  return describeJudgement(judge(input), { nowMs: input.nowMs, timeZone: 'UTC' });
}

function hold(given: Partial<Hold> = {}): Hold {
  return { shardId: undefined, sinceMs: START_MS + 12 * MINUTE_MS, reason: 'fuse', message: 'the fuse', ...given };
}

describe('the verdict on a consumer', () => {
  it('is caught up when every shard is', () => {
    const judgement = judge(inputOf({ samples: samples({ a: [0, 0], b: [59, 60] }) }));
    expect(judgement).toMatchObject({ verdict: 'OK', ageSeconds: 60, remaining: { kind: 'time', seconds: 0 } });
    expect(judgement.shards.map(({ cause }) => cause)).toEqual(['caught up', 'caught up']);
  });

  it('is caught up when a stream has no shard to be judged', () => {
    expect(judge(inputOf({ samples: [{ atMs: START_MS, shards: [] }] }))).toMatchObject({
      verdict: 'OK',
      ageSeconds: 0,
    });
  });

  it('lets an idle shard stand still for as long as it likes', () => {
    expect(verdictOn({ samples: samples({ a: Array.from({ length: 60 }, () => '0*') }) })).toBe('caught up');
  });

  it('lets a backlog be that nobody minds, and no older one', () => {
    const level = samples({ a: [299, 299, 299, 299, 299] });
    expect(verdictOn({ samples: level })).toBe('on time: the oldest record is 5 min behind');
    expect(verdictOn({ samples: samples({ a: [300, 300, 300, 300, 300] }) })).toBe('5 min behind, measuring');
  });

  it('takes an age of less than nothing for new', () => {
    expect(judge(inputOf({ samples: samples({ a: [-40] }) })).ageSeconds).toBe(0);
  });

  it('is catching up, with the time left until it is level', () => {
    // 9 × 240 s are gone of 7,200 s; the rest beyond a level minute goes away at 240 s a minute.
    expect(verdictOn({ samples: samples({ a: shrinking(7_200, 240, 10) }) })).toBe('catching up, 21 min left');
  });

  it('goes on catching up below the age that pages, where it comes from above', () => {
    expect(verdictOn({ samples: samples({ a: shrinking(900, 60, 13) }) })).toBe('catching up, 2 min left');
  });

  it('takes the time of the shard that is done last, not of the oldest one', () => {
    const both = samples({ a: shrinking(9_000, 600, 10), b: shrinking(7_200, 120, 10) });
    expect(verdictOn({ samples: both })).toBe('catching up, 51 min left');
  });

  it('says nothing of the pace as long as it has seen too little', () => {
    const judgement = judge(inputOf({ samples: samples({ a: [183_600, 183_400] }) }));
    expect(judgement).toMatchObject({ verdict: 'CATCHING_UP', remaining: { kind: 'measuring' }, isYoung: true });
    expect(describeJudgement(judgement, { nowMs: START_MS })).toBe('2 d 3 h behind, measuring');
  });

  it('is slow when positions move and the backlog does not shrink', () => {
    const growing = Array.from({ length: 20 }, (_, minute) => 1_200 + 10 * minute);
    expect(verdictOn({ samples: samples({ a: growing }) })).toBe(
      'not catching up at this rate since 09:00: 23 min behind',
    );
  });

  it('is slow when it was level and has fallen behind by more than anybody wants', () => {
    const falling = [0, 60, 120, 180, 240, 300];
    expect(verdictOn({ samples: samples({ a: falling }) })).toBe(
      'not catching up at this rate since 09:01: 5 min behind',
    );
    expect(verdictOn({ samples: samples({ a: falling.slice(0, -1) }) })).toMatch(/^on time/);
  });

  it('is catching up as soon as it moves again after a standstill, and soon knows how long', () => {
    // Level, down for twenty minutes, then three minutes are worked off in each.
    const outage = [0, ...still(60, 20)];
    const after = (minutes: number) =>
      judge(inputOf({ samples: samples({ a: [...outage, ...shrinking(1_020, 180, minutes)] }), patienceSeconds: 180 }));
    expect(judge(inputOf({ samples: samples({ a: outage }), patienceSeconds: 180 })).verdict).toBe('STOPPED');
    expect([1, 2, 3, 4].map((minutes) => after(minutes).verdict)).toEqual(Array(4).fill('CATCHING_UP'));
    expect(after(5)).toMatchObject({ verdict: 'CATCHING_UP', remaining: { kind: 'time', seconds: 80 } });
  });

  it('is slow after a standstill, too, when it moves on and what is behind goes on growing', () => {
    const slow = Array.from({ length: 5 }, (_, minute) => 1_260 + 20 * minute);
    const seen = samples({ a: [0, ...still(60, 20), ...slow] });
    expect(judge(inputOf({ samples: seen, patienceSeconds: 180 })).verdict).toBe('SLOW');
  });

  it('takes a few minutes to see that one who fell behind slowly is catching up', () => {
    const falling = Array.from({ length: 30 }, (_, minute) => 40 * minute);
    const after = (minutes: number) =>
      judge(inputOf({ samples: samples({ a: [...falling, ...shrinking(1_080, 80, minutes)] }), patienceSeconds: 180 }));
    expect(after(1).verdict).toBe('SLOW');
    expect(after(5)).toMatchObject({ verdict: 'CATCHING_UP', remaining: { kind: 'time' } });
  });

  it('stays slow while what is behind grows in steps that shrink between', () => {
    const steps = Array.from({ length: 40 }, (_, minute) => 30 * minute - (minute % 5) * 40);
    const verdicts = Array.from({ length: 15 }, (_, more) => {
      const seen = samples({ a: steps.slice(0, 25 + more) });
      return judge(inputOf({ samples: seen, patienceSeconds: 180 })).verdict;
    });
    expect(verdicts).toEqual(Array(15).fill('SLOW'));
  });

  it('is stalled when one shard stands still and others move, with which one', () => {
    const stalled = samples({ a: [0, ...still(600, 12)], b: Array.from({ length: 13 }, () => 0) });
    expect(verdictOn({ samples: stalled })).toBe('stalled since 09:00: a makes no progress, 21 min behind');
  });

  it('is not stalled before it has stood still for as long as it may', () => {
    const stalled = samples({ a: [900, ...still(900, 9)], b: Array.from({ length: 10 }, () => 0) });
    expect(judge(inputOf({ samples: stalled })).verdict).toBe('CATCHING_UP');
  });

  it('does not take commits that come less often than samples for a standstill', () => {
    const seldom = Array.from({ length: 40 }, (_, minute) =>
      minute % 5 === 0 ? 9_000 - 120 * minute : `${9_000 - 120 * (minute - (minute % 5)) + 60 * (minute % 5)}*`,
    );
    expect(judge(inputOf({ samples: samples({ a: seldom }) })).verdict).toBe('CATCHING_UP');
  });

  it('does not take a position that nobody could read for one that stands', () => {
    const blinking = Array.from({ length: 20 }, (_, minute) =>
      minute % 3 === 2 ? `${900 + 60 * minute}*` : undefined,
    );
    expect(judge(inputOf({ samples: samples({ a: blinking, b: [...blinking] }) })).verdict).not.toBe('STALLED');
  });

  it('counts a standstill from the last moment at which nobody could say that it stood', () => {
    const stands = samples({
      a: [900, ...still(900, 5), undefined, ...still(1_260, 9)],
      b: Array.from({ length: 16 }, () => 0),
    });
    expect(judge(inputOf({ samples: stands })).verdict).not.toBe('STALLED');
    const longer = samples({
      a: [900, ...still(900, 5), undefined, ...still(1_260, 10)],
      b: Array.from({ length: 17 }, () => 0),
    });
    expect(verdictOn({ samples: longer })).toBe('stalled since 09:06: a makes no progress, 30 min behind');
  });

  it('is stopped when nothing moves at all', () => {
    const stopped = samples({ a: [300, ...still(360, 12)], b: Array.from({ length: 13 }, () => '0*') });
    expect(verdictOn({ samples: stopped })).toBe('stopped since 09:00: no shard makes progress, 17 min behind');
    expect(judge(inputOf({ samples: stopped })).remaining).toBeUndefined();
  });

  it('is stopped at once when the mapping is disabled, and says if that is on purpose', () => {
    const level = samples({ a: [0] });
    expect(verdictOn({ samples: level, mappingEnabled: false })).toBe('stopped: the mapping is disabled');
    expect(verdictOn({ samples: level, mappingEnabled: false, isPausedOnPurpose: true })).toBe(
      'stopped: paused on purpose',
    );
    expect(verdictOn({ samples: level, mappingEnabled: true, isPausedOnPurpose: true })).toBe('caught up');
    expect(verdictOn({ samples: level, mappingEnabled: undefined })).toBe('caught up');
  });

  it('is held while a position is held, with since when and why', () => {
    const input = { samples: samples({ a: shrinking(9_000, 100, 20) }) };
    expect(verdictOn({ ...input, holds: [hold({ message: 'most events are rejected' })] })).toBe(
      'held since 09:12: most events are rejected',
    );
    const several = [
      hold({ shardId: 'a', message: '' }),
      hold({ sinceMs: START_MS, reason: 'configuration', message: '' }),
    ];
    expect(verdictOn({ ...input, holds: several })).toBe('held since 09:00: configuration (and 1 more)');
    expect(judge(inputOf({ ...input, holds: several })).remaining).toBeUndefined();
  });

  it('holds only the shards that are held', () => {
    const both = samples({ a: shrinking(9_000, 100, 20), b: shrinking(9_000, 100, 20) });
    const { shards } = judge(inputOf({ samples: both, holds: [hold({ shardId: 'b' })] }));
    expect(shards.map(({ verdict }) => verdict)).toEqual(['CATCHING_UP', 'HELD']);
  });

  it('is blind when the age of no shard is known', () => {
    expect(judge(inputOf({ samples: samples({ a: [0, undefined], b: [0, undefined] }) }))).toMatchObject({
      verdict: 'BLIND',
      ageSeconds: undefined,
      remaining: undefined,
    });
  });

  it('is blind when nobody has looked for a while', () => {
    const level = samples({ a: [0] });
    expect(verdictOn({ samples: level, nowMs: START_MS + 300_000 })).toBe('caught up');
    expect(verdictOn({ samples: level, nowMs: START_MS + 301_000 })).toBe('blind since 09:00: last measured 5 min ago');
    expect(verdictOn({ samples: [] })).toBe('blind: nothing was measured yet');
  });

  it('says that a shard is unknown, and judges the others', () => {
    const some = samples({ a: [0, undefined], b: shrinking(9_000, 300, 10), c: [undefined] });
    expect(verdictOn({ samples: some })).toBe('catching up, 21 min left; 2 of 3 shards unknown');
    expect(judge(inputOf({ samples: some })).ageSeconds).toBe(6_300);
  });

  it('forgets a shard that is gone', () => {
    const [before, after] = [samples({ a: [0, 0], b: still(900, 2) }), samples({ a: [0, 0, 0] })];
    expect(verdictOn({ samples: [...before, ...after.slice(2)] })).toBe('caught up');
  });
});

describe('the number of a verdict', () => {
  it('is 0 for OK, and higher the worse it is', () => {
    expect(VERDICTS.map(verdictNumber)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(verdictNumber('OK')).toBe(0);
  });
});
