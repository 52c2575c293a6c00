import { describe, expect, it } from 'vitest';
import { describeDuration, describeMoment, describeRemainingTime } from '../../../progress/plain-words.ts';

describe('a duration in words', () => {
  it.each([
    [-3, '0 s'],
    [0.4, '0 s'],
    [40, '40 s'],
    [89, '89 s'],
    [90, '2 min'],
    [14 * 60, '14 min'],
    [59.4 * 60, '59 min'],
    [59.7 * 60, '1 h'],
    [3_600 + 5 * 60, '1 h 5 min'],
    [86_400 - 20, '1 d'],
    [2 * 86_400 + 3 * 3_600, '2 d 3 h'],
    [2 * 86_400 - 60, '2 d'],
    [1_500 * 86_400, '1,500 d'],
  ])('%d s are told as %s', (seconds, words) => {
    expect(describeDuration(seconds)).toBe(words);
  });
});

describe('a moment in words', () => {
  const nowMs = Date.parse('2026-11-26T09:30:00Z');

  it('is a time of day on the same day', () => {
    expect(describeMoment(Date.parse('2026-11-26T09:12:40Z'), { nowMs, timeZone: 'UTC' })).toBe('09:12');
  });

  it('has a date on another day', () => {
    expect(describeMoment(Date.parse('2026-11-24T23:59:00Z'), { nowMs, timeZone: 'UTC' })).toBe('2026-11-24 23:59');
  });

  it('takes the day from the time zone that it is told in', () => {
    const timeZone = 'Asia/Tokyo';
    expect(describeMoment(Date.parse('2026-11-25T23:00:00Z'), { nowMs, timeZone })).toBe('08:00');
  });
});

describe('the time left in words', () => {
  const options = { nowMs: Date.parse('2026-11-26T09:30:00Z'), timeZone: 'UTC' };

  it.each([
    [{ kind: 'time', seconds: 0 }, 'caught up'],
    [{ kind: 'time', seconds: 0.2 }, '0 s left'],
    [{ kind: 'time', seconds: 840 }, '14 min left'],
    [{ kind: 'measuring' }, 'measuring'],
    [{ kind: 'notAtThisRate', sinceMs: options.nowMs - 60_000 }, 'not at this rate since 09:29'],
  ] as const)('%o is told as %s', (remaining, words) => {
    expect(describeRemainingTime(remaining, options)).toBe(words);
  });
});
