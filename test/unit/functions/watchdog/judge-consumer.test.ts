import { describe, expect, test } from 'vitest';
import { publishedVerdict, type ConsumerFacts } from '../../../../functions/watchdog/judge-consumer.ts';
import type { HeldPosition } from '../../../../functions/watchdog/read-held-positions.ts';
import type { StackSample } from '../../../../progress/verdict.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;

/** One sample a minute up to now: the age of the one shard in minutes, and whether it moved. */
function runs(ages: readonly (number | undefined)[], hasMoved: boolean | undefined = true): readonly StackSample[] {
  return ages.map((age, index) => ({
    atMs: NOW - (ages.length - 1 - index) * MINUTE,
    shards: [{ shardId: 'shard-1', ageSeconds: age === undefined ? undefined : age * 60, hasMoved }],
  }));
}

function judged(facts: Partial<ConsumerFacts>): ReturnType<typeof publishedVerdict> {
  return publishedVerdict({
    nowMs: NOW,
    environment: { deliveryGapSeconds: 180, pageWhenBehindSeconds: 300, pausedOnPurpose: 0 },
    samples: runs(Array.from({ length: 30 }, () => 0)),
    held: [],
    mapping: { isEnabled: true, changedAtMs: 0 },
    failures: [],
    timeToDataLossSeconds: 86_400,
    ...facts,
  });
}

function hold(rest: Partial<HeldPosition>): HeldPosition {
  const where = { shardId: 'shard-1', sequenceNumber: '1', arrivalMs: NOW - 48 * MINUTE, sinceMs: NOW - 30 * MINUTE };
  return { ...where, reason: 'fuse', detail: 'roll back', codeVersion: 'build-1', ...rest };
}

describe('the verdict of the watchdog', () => {
  test('of a consumer that is level is 0, with no time left', () => {
    expect(judged({})).toEqual({
      metrics: { Verdict: 0, TimeToCaughtUp: 0 },
      line: {
        verdict: 'OK',
        says: 'caught up',
        cause: 'caught up',
        timeLeft: 'caught up',
        timeToDataLoss: '1 d',
      },
    });
  });

  test('of a backlog that shrinks tells the time left, in numbers and in words', () => {
    const { metrics, line } = judged({ samples: runs(Array.from({ length: 30 }, (_, n) => 101 - 2 * n)) });
    expect(metrics.Verdict).toBe(1);
    // 43 minutes behind, less the one that is always on its way, at two minutes a minute.
    expect(metrics.TimeToCaughtUp).toBeCloseTo(21 * 60, -2);
    expect(line).toMatchObject({ verdict: 'CATCHING_UP', timeLeft: '21 min left' });
  });

  test('of a backlog that stands has no time left', () => {
    const { metrics, line } = judged({
      samples: runs(
        Array.from({ length: 30 }, (_, n) => 10 + n),
        false,
      ),
    });
    expect(metrics).toEqual({ Verdict: 4 });
    expect(line).toMatchObject({ verdict: 'STOPPED', timeLeft: 'unknown' });
  });

  test('is that a position is held, and why, once that has lasted a minute', () => {
    const { metrics, line } = judged({ held: [hold({ sinceMs: NOW - MINUTE })] });
    expect(metrics).toEqual({ Verdict: 5 });
    expect(line).toMatchObject({ verdict: 'HELD', says: 'held since 11:59: roll back', cause: 'roll back' });
    expect(judged({ held: [hold({ sinceMs: NOW - MINUTE + 1 })] }).line.verdict).toBe('OK');
  });

  test('is that it is held also while a record that ends the process is searched, piece by piece', () => {
    expect(judged({ held: [hold({ reason: 'crash', sinceMs: NOW - 1 })] }).line.verdict).toBe('HELD');
  });

  test('says since when a mapping has been disabled, and whether that is meant', () => {
    const mapping = { isEnabled: false, changedAtMs: Date.parse('2026-11-24T09:12:00Z') };
    expect(judged({ mapping }).line.says).toBe('stopped since 2026-11-24 09:12: the mapping is disabled');
    const environment = { deliveryGapSeconds: 180, pageWhenBehindSeconds: 300, pausedOnPurpose: 1 };
    expect(judged({ mapping, environment }).line.says).toBe('stopped since 2026-11-24 09:12: paused on purpose');
    expect(judged({ environment }).line.says).toBe('caught up');
  });

  test('that nobody can say it tells what could not be seen', () => {
    const samples = runs(Array.from({ length: 30 }, () => undefined));
    const { metrics, line } = judged({ samples, failures: ['cannot see the stream; deploy again'] });
    expect(metrics).toEqual({ Verdict: 6 });
    expect(line).toMatchObject({ verdict: 'BLIND', timeLeft: 'unknown' });
    expect(line.cause).toContain('cannot see the stream; deploy again');
  });

  test('says that it is young while a standstill could not be seen, and when records are being lost', () => {
    expect(judged({ samples: runs([0, 0]) }).line.isYoung).toBe(true);
    expect(judged({ timeToDataLossSeconds: -1 }).line.timeToDataLoss).toBe('records are being lost');
    expect(judged({ timeToDataLossSeconds: undefined }).line.timeToDataLoss).toBe('unknown');
  });
});
