import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RemainingTimeEstimator } from '../../../progress/remaining-time.ts';
import { drainPlans, playDrain, type Drain, type DrainPlan } from '../../support/generated-drain.ts';

const RUNS = { numRuns: 40 };

/** Promised from here on. */
const FROM_SHARE = 0.2;
const TOLERANCE = 0.1;

/** The last tenth of a drain is over sooner or later by chance: it gets the tolerance of its beginning. */
const END_SHARE = 0.1;

/** Longer than a batch takes, as its caller has to see to. */
function patienceMs(plan: DrainPlan, { batchMs }: Drain): number {
  return 4 * Math.max(batchMs, plan.sampleMs);
}

/** What one look, and one batch, keep from being known. */
function grainMs(plan: DrainPlan, { batchMs }: Drain): number {
  return batchMs + 1.5 * plan.sampleMs;
}

interface Miss {
  readonly share: number;
  readonly said: string;
  readonly truth: number;
}

/** The first looks from a fifth on whose answer was not within the tolerance. */
function misses(plan: DrainPlan): Miss[] {
  const drain = playDrain(plan);
  const estimator = new RemainingTimeEstimator(patienceMs(plan, drain));
  const { endMs, knownFromMs } = drain;
  const missed = drain.samples.flatMap(({ atMs, left }) => {
    const answer = estimator.add({ atMs, left });
    // Nobody knows of a pause or a burst beforehand.
    const isTold = atMs >= FROM_SHARE * endMs && atMs >= knownFromMs;
    if (!isTold) return [];
    const truthMs = endMs - atMs;
    const allowedMs = TOLERANCE * Math.max(truthMs, END_SHARE * endMs) + grainMs(plan, drain);
    const isRight = answer.kind === 'time' && Math.abs(1000 * answer.seconds - truthMs) <= allowedMs;
    return isRight ? [] : [{ share: atMs / endMs, said: JSON.stringify(answer), truth: truthMs / 1000 }];
  });
  return missed.slice(0, 3);
}

describe('the time left of a steady drain', () => {
  it('is within 10 % of the truth from a fifth of it on', () => {
    fc.assert(
      fc.property(drainPlans(['none']), (plan) => {
        expect(misses(plan)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is so again after a pause or a burst of arrivals', () => {
    fc.assert(
      fc.property(drainPlans(['pause', 'burst']), (plan) => {
        expect(misses(plan)).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is never "not at this rate", from the first look on', () => {
    fc.assert(
      fc.property(drainPlans(['none', 'burst']), (plan) => {
        const drain = playDrain(plan);
        const estimator = new RemainingTimeEstimator(patienceMs(plan, drain));
        const kinds = drain.samples.map((sample) => estimator.add(sample).kind);
        expect(kinds).not.toContain('notAtThisRate');
      }),
      RUNS,
    );
  });
});

describe('a drain that comes to a stand', () => {
  it('is said to stand after the time allowed, since when it stands, and not before', () => {
    fc.assert(
      fc.property(drainPlans(['none']), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (plan, share) => {
        const drain = playDrain(plan);
        const patience = patienceMs(plan, drain);
        const estimator = new RemainingTimeEstimator(patience);
        const moving = drain.samples.filter(({ atMs }) => atMs <= share * drain.endMs);
        for (const sample of moving) estimator.add(sample);
        const [last] = moving.slice(-1);
        const still = (ms: number) => estimator.add({ atMs: last!.atMs + ms, left: last!.left + 1 });
        // The last drop was at most one batch and one look before the last sample.
        expect(still(Math.max(1, patience - 2 * grainMs(plan, drain))).kind).not.toBe('notAtThisRate');
        const answer = still(4 * patience);
        expect(answer.kind).toBe('notAtThisRate');
        const sinceMs = answer.kind === 'notAtThisRate' ? answer.sinceMs : Number.NaN;
        expect(sinceMs).toBeLessThanOrEqual(last!.atMs);
        expect(sinceMs).toBeGreaterThanOrEqual(last!.atMs - 2 * grainMs(plan, drain));
      }),
      RUNS,
    );
  });
});
