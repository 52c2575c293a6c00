import { describe, expect, it } from 'vitest';
import { RemainingTimeEstimator, type AmountLeft, type RemainingTime } from '../../../progress/remaining-time.ts';

const PATIENCE_MS = 30_000;

/** The last answer after samples at even intervals. */
function answerTo(samples: readonly AmountLeft[], patienceMs = PATIENCE_MS): RemainingTime | undefined {
  const estimator = new RemainingTimeEstimator(patienceMs);
  return samples.map((sample) => estimator.add(sample)).at(-1);
}

function every(ms: number, lefts: readonly number[]): AmountLeft[] {
  return lefts.map((left, index) => ({ atMs: index * ms, left }));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function seconds(answer: RemainingTime | undefined): number {
  return answer?.kind === 'time' ? answer.seconds : Number.NaN;
}

describe('the time left', () => {
  it('is what is left over how fast it shrinks', () => {
    expect(seconds(answerTo(every(1_000, [1000, 900, 800, 700, 600, 500])))).toBeCloseTo(5);
  });

  it('is 0 when nothing is left, at once', () => {
    expect(answerTo(every(1_000, [0]))).toEqual({ kind: 'time', seconds: 0 });
  });

  it('is being measured in the first seconds, whatever happens in them', () => {
    expect(answerTo(every(100, [1000, 1000, 1000]))).toEqual({ kind: 'measuring' });
    expect(answerTo(every(100, [1000, 700, 400, 300, 200]))).toEqual({ kind: 'measuring' });
    expect(answerTo(every(1_000, [1000, 700, 400, 300]))).toEqual({ kind: 'measuring' });
  });

  it('is being measured for as long as the first step took, because lanes that began together end together', () => {
    const lanes = [
      ...Array.from({ length: 50 }, () => 10_000),
      9_000,
      8_000,
      7_000,
      6_000,
      ...Array.from({ length: 20 }, () => 6_000),
      5_999,
    ];
    expect(answerTo(every(100, lanes))).toEqual({ kind: 'measuring' });
  });

  it('runs on between two large batches', () => {
    const batches = range(205).map((second) => 1_000_000 - 10_000 * Math.floor(second / 10));
    const estimator = new RemainingTimeEstimator(PATIENCE_MS);
    const answers = every(1_000, batches).map((sample) => estimator.add(sample));
    expect(answers.slice(60, 205).map(seconds)).toEqual(range(145).map((second) => 940 - second));
  });

  it('does not say "not at this rate" where batches take longer than the time allowed', () => {
    const batches = range(200).map((second) => 1_000_000 - 10_000 * Math.floor(second / 25));
    const estimator = new RemainingTimeEstimator(PATIENCE_MS);
    every(1_000, batches).forEach((sample) => estimator.add(sample));
    // The next batch takes 50 s instead of 25.
    expect(estimator.add({ atMs: 225_000, left: 930_000 }).kind).toBe('time');
  });

  it('counts arrivals as backlog', () => {
    const sawtooth = range(40).map((second) => 10_000 + 20 * second - 600 * Math.floor(second / 10));
    // 60 a second are done, 20 come.
    expect(seconds(answerTo(every(1_000, [...sawtooth, 8_400])))).toBeCloseTo(210);
  });

  it('knows after a pause what it knew before it', () => {
    const before = every(
      1_000,
      range(31).map((step) => 10_000 - 100 * step),
    );
    const after = range(3).map((step) => ({ atMs: 50_000 + 1_000 * step, left: 6_900 - 100 * step }));
    expect(seconds(answerTo([...before, ...after]))).toBeCloseTo(67);
  });

  it('counts pauses that come again and again', () => {
    // Eight steps of a second, then none for twelve: 0.4 a second.
    const samples = range(69).map((second) => 200 - 8 * Math.floor(second / 20) - Math.min(8, second % 20));
    expect(seconds(answerTo(every(1_000, samples)))).toBeGreaterThan(380);
    expect(seconds(answerTo(every(1_000, samples)))).toBeLessThan(460);
  });

  it('has more to do after a burst of arrivals, at the same pace', () => {
    const before = every(
      1_000,
      range(31).map((step) => 10_000 - 100 * step),
    );
    const burst = [
      { atMs: 31_000, left: 26_900 },
      { atMs: 32_000, left: 26_800 },
    ];
    expect(seconds(answerTo([...before, ...burst.slice(0, 1)]))).toBeCloseTo(269);
    expect(seconds(answerTo([...before, ...burst]))).toBeCloseTo(268);
  });

  it('follows a new pace within twenty steps, and forgets the old one', () => {
    const slow = range(301).map((step) => 100_000 - 10 * step);
    const fast = range(20).map((step) => 97_000 - 200 * (step + 1));
    expect(seconds(answerTo(every(1_000, [...slow, ...fast])))).toBeCloseTo(465);
  });

  it('leaves out a sample that is not later than the one before', () => {
    const samples = every(1_000, [1000, 900, 800, 700, 600, 500]);
    expect(answerTo([...samples, { atMs: 5_000, left: 100 }])).toEqual(answerTo(samples));
  });

  it('starts over once it was caught up', () => {
    const samples = every(1_000, [500, 400, 300, 200, 100, 0, 5_000, 4_990]);
    expect(answerTo(samples)).toEqual({ kind: 'measuring' });
  });
});

describe('a backlog that does not shrink', () => {
  it('is said to be so after the time allowed, with since when, and not before', () => {
    const draining = [1000, 900, 800, 700, 600, 500];
    const still = (s: number): number[] => [...draining, ...Array.from({ length: s }, () => 500)];
    expect(answerTo(every(1_000, still(29)))?.kind).toBe('time');
    expect(answerTo(every(1_000, still(30)))).toEqual({ kind: 'notAtThisRate', sinceMs: 5_000 });
  });

  it('is said to be so when nothing ever happened', () => {
    expect(answerTo(every(10_000, [10, 10, 10]))).toEqual({ kind: 'measuring' });
    expect(answerTo(every(10_000, [10, 10, 10, 10]))).toEqual({ kind: 'notAtThisRate', sinceMs: 0 });
  });

  it('is said to be so when it grows although batches are done', () => {
    const growing = range(100).map((second) => 10_000 + 100 * second - 500 * Math.floor(second / 10));
    expect(answerTo(every(1_000, growing))?.kind).toBe('notAtThisRate');
  });

  it('is said to be so again as soon as the first time', () => {
    const still = Array.from({ length: 100 }, () => 500);
    const samples = every(1_000, [
      1000,
      900,
      800,
      700,
      600,
      500,
      ...still,
      400,
      300,
      ...still.slice(0, 30).map(() => 300),
    ]);
    expect(answerTo(samples)).toEqual({ kind: 'notAtThisRate', sinceMs: 107_000 });
  });

  it('has a time again with the first step after a standstill', () => {
    const samples = [1000, 900, 800, 700, 600, 500, ...Array.from({ length: 100 }, () => 500), 400];
    expect(seconds(answerTo(every(1_000, samples)))).toBeCloseTo(4);
  });

  it('has a time again soon after it has begun to shrink', () => {
    const growing = range(300).map((second) => 10_000 + 100 * second - 500 * Math.floor(second / 10));
    const peak = growing.at(-1) ?? 0;
    const shrinking = range(40).map((second) => peak - 200 * second);
    expect(seconds(answerTo(every(1_000, [...growing, ...shrinking])))).toBeCloseTo((peak - 200 * 39) / 200, -1);
  });
});
