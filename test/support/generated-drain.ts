import fc from 'fast-check';
import type { AmountLeft } from '../../progress/remaining-time.ts';

/** A drain at a steady rate, as far as batches of varying length allow. */
export interface DrainPlan {
  readonly seed: number;
  readonly batches: number;
  readonly batchSize: number;
  readonly lanes: number;
  /** A batch takes its mean time, give or take this part of it: 0 to 0.5. */
  readonly jitter: number;
  /** Records that arrive meanwhile, for each that is done. */
  readonly arrivalShare: number;
  /** Mean time between two looks; they come after half of it to one and a half. */
  readonly sampleMs: number;
  /** Batches between two looks, on average. */
  readonly batchesPerSample: number;
  /** A pause or a burst of arrivals that happens once. */
  readonly event: { readonly kind: 'none' | 'pause' | 'burst'; readonly atShare: number; readonly size: number };
}

/** A drain as it went. */
export interface Drain {
  /** What somebody sees who looks now and then, up to the end. */
  readonly samples: readonly AmountLeft[];
  readonly endMs: number;
  /** Nobody can know the truth before the pause or the burst is over. */
  readonly knownFromMs: number;
  /** A batch of a lane, on average. */
  readonly batchMs: number;
}

/** Drains from small batches that many looks see to large ones between two looks, looked at every 0.2 s to 60 s. */
export function drainPlans(kinds: readonly DrainPlan['event']['kind'][]): fc.Arbitrary<DrainPlan> {
  return fc.record({
    seed: fc.nat(),
    batches: fc.integer({ min: 1_500, max: 2_500 }),
    batchSize: fc.integer({ min: 1, max: 10_000 }),
    lanes: fc.integer({ min: 1, max: 8 }),
    jitter: fc.constantFrom(0, 0.1, 0.5),
    arrivalShare: fc.constantFrom(0, 0.1, 0.3),
    sampleMs: fc.constantFrom(200, 1_000, 5_000, 60_000),
    batchesPerSample: fc.constantFrom(0.2, 0.5, 1, 3, 10),
    event: fc.record({
      kind: fc.constantFrom(...kinds),
      atShare: fc.double({ min: 0.25, max: 0.6, noNaN: true }),
      size: fc.double({ min: 1, max: 4, noNaN: true }),
    }),
  });
}

/** Plays a drain; the same plan gives the same one. */
export function playDrain(plan: DrainPlan): Drain {
  const { batches, batchSize, lanes, arrivalShare, sampleMs, batchesPerSample, event } = plan;
  const random = randomNumbers(plan.seed);
  const batchMs = (lanes * sampleMs) / batchesPerSample;
  const arrivalsPerMs = (arrivalShare * batchSize * lanes) / batchMs;
  const stepMs = Math.max(sampleMs, batchMs);
  const eventAtMs = (event.atShare * batches * batchMs) / lanes;
  const pauseMs = event.kind === 'pause' ? 10 * event.size * stepMs : 0;
  const burst = event.kind === 'burst' ? Math.ceil(0.1 * event.size * batches * batchSize) : 0;
  const put = (atMs: number): number => batches * batchSize + arrivalsPerMs * atMs + (atMs >= eventAtMs ? burst : 0);
  const ends: number[] = [];
  const busyUntil = Array.from({ length: lanes }, () => 0);
  for (let done = 0; done < put(Math.max(...busyUntil)); done += batchSize) {
    const lane = busyUntil.indexOf(Math.min(...busyUntil));
    const fromMs = busyUntil[lane] ?? 0;
    const ms = batchMs * (1 + plan.jitter * (2 * random() - 1));
    const isPaused = fromMs <= eventAtMs && fromMs + ms > eventAtMs;
    const untilMs = fromMs + ms + (isPaused ? pauseMs : 0);
    busyUntil[lane] = untilMs;
    ends.push(untilMs);
  }
  ends.sort((a, b) => a - b);
  const endMs = Math.max(...busyUntil);
  const knownFromMs = event.kind === 'none' ? 0 : eventAtMs + batchMs + pauseMs + 3 * stepMs;
  return { samples: look({ ends, endMs, put, random, plan }), endMs, knownFromMs, batchMs };
}

interface Looks {
  readonly ends: readonly number[];
  readonly endMs: number;
  readonly put: (atMs: number) => number;
  readonly random: () => number;
  readonly plan: DrainPlan;
}

function look({ ends, endMs, put, random, plan }: Looks): AmountLeft[] {
  const samples: AmountLeft[] = [];
  let done = 0;
  for (let atMs = 0; atMs < endMs; atMs += plan.sampleMs * (0.5 + random())) {
    while ((ends[done] ?? Infinity) <= atMs) done += 1;
    samples.push({ atMs, left: Math.max(1, put(atMs) - done * plan.batchSize) });
  }
  return samples;
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
