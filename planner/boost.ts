import { leastMemoryMb } from '../contract/function-memory.ts';
import { BATCH_SIZE, PARALLELIZATION_FACTOR } from '../contract/limits.ts';
import { closedForm, type ClosedForm } from './closed-form.ts';
import type { CapacitySettings, PlanInput } from './plan-input.ts';
import { totalLanes } from './rates.ts';

/** What is turned for a while: it takes effect within minutes, and the position is kept. */
export const BOOSTED_SETTINGS = ['batchSize', 'parallelizationFactor', 'concurrency', 'minAcu', 'maxAcu'] as const;

/** One value for each of {@link BOOSTED_SETTINGS}. */
export type BoostedSettings = Pick<CapacitySettings, (typeof BOOSTED_SETTINGS)[number]>;

/** How far a stack may be turned beside its mapping; what it has now where it may not be turned. */
export type BoostLimits = Pick<CapacitySettings, 'concurrency' | 'maxAcu'>;

/** The least that gets a consumer there in time, or the most that can be done. */
export interface Boost {
  readonly settings: BoostedSettings;
  /** Whether it is over in time, also at the slower end. */
  readonly isInTime: boolean;
  /** Seconds until caught up at the slower end; Infinity for never. */
  readonly seconds: number;
  /** The same without it. */
  readonly secondsBefore: number;
  /** What binds with it. */
  readonly binding: ClosedForm['binding'];
}

/** A larger batch needs more memory, so it grows in a few steps only. */
const BATCH_SIZES = [2_000, 5_000, BATCH_SIZE.max] as const;

/** Less than this part of the time is no reason to turn anything. */
const LEAST_GAIN = 0.05;

/**
 * Looks for what has to be turned to be done in time: as few settings as possible, and as little of them as possible.
 *
 * @param withinSeconds when it should be over
 */
export function findBoost(input: PlanInput, withinSeconds: number, limits: BoostLimits = input.settings): Boost {
  const before = closedForm('high', input);
  const tried = candidates(input, limits).map((settings) => ({
    settings,
    form: closedForm('high', { ...input, settings: { ...input.settings, ...settings } }),
  }));
  const inTime = tried.find(({ form }) => form.seconds <= withinSeconds);
  const best = Math.min(...tried.map(({ form }) => form.seconds));
  // Of those that come to about the same, the one that turns least.
  const chosen = inTime ?? tried.find(({ form }) => form.seconds <= best * (1 + LEAST_GAIN));
  const { settings, form } = chosen ?? { settings: input.settings, form: before };
  return {
    settings: boostedSettings(settings),
    isInTime: inTime !== undefined,
    seconds: form.seconds,
    secondsBefore: before.seconds,
    binding: form.binding,
  };
}

/** Whether a boost takes enough off to be worth it. */
export function isWorthwhile({ seconds, secondsBefore }: Boost): boolean {
  return seconds < secondsBefore * (1 - LEAST_GAIN);
}

/** What a boost may turn of all settings. */
export function boostedSettings(settings: BoostedSettings): BoostedSettings {
  const { batchSize, parallelizationFactor, concurrency, minAcu, maxAcu } = settings;
  return { batchSize, parallelizationFactor, concurrency, minAcu, maxAcu };
}

/** The less is turned, the earlier it comes; what costs by itself comes last. */
function candidates(input: PlanInput, limits: BoostLimits): readonly BoostedSettings[] {
  const { settings } = input;
  const { batchSize, parallelizationFactor, memoryMb } = settings;
  const sizes = [batchSize, ...BATCH_SIZES.filter((size) => size > batchSize && leastMemoryMb(size) <= memoryMb)];
  const factors = Array.from(
    { length: PARALLELIZATION_FACTOR.max - parallelizationFactor + 1 },
    (_, more) => parallelizationFactor + more,
  );
  const all = capacities(settings, limits).flatMap((capacity) =>
    factors.flatMap((factor) =>
      concurrencies({ ...settings, parallelizationFactor: factor }, input, limits).flatMap((concurrency) =>
        sizes.map((size) => ({ batchSize: size, parallelizationFactor: factor, concurrency, ...capacity })),
      ),
    ),
  );
  const turned = (one: BoostedSettings): number =>
    BOOSTED_SETTINGS.filter((name) => one[name] !== settings[name]).length;
  return all.toSorted(
    (a, b) =>
      turned(a) - turned(b) ||
      a.maxAcu - b.maxAcu ||
      a.minAcu - b.minAcu ||
      a.parallelizationFactor - b.parallelizationFactor ||
      a.batchSize - b.batchSize,
  );
}

/** In powers of two, as an incident has no time for steps of a half. */
const CAPACITIES = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** The greatest alone, for more of it; the least as well, so that the database has it from the start. */
function capacities(
  { minAcu, maxAcu }: CapacitySettings,
  limits: BoostLimits,
): readonly Pick<BoostedSettings, 'minAcu' | 'maxAcu'>[] {
  const isTurnable = limits.maxAcu > maxAcu;
  const most = [maxAcu, ...CAPACITIES.filter((acu) => acu > maxAcu && acu <= limits.maxAcu)];
  return most.flatMap((acu) => [
    { minAcu, maxAcu: acu },
    ...(isTurnable && acu > minAcu ? [{ minAcu: acu, maxAcu: acu }] : []),
  ]);
}

/** As many environments as there are lanes, where more than now are allowed. */
function concurrencies(
  settings: CapacitySettings,
  { shards, workload }: PlanInput,
  limits: BoostLimits,
): readonly number[] {
  const { concurrency } = settings;
  const needed = Math.min(limits.concurrency, totalLanes({ shards, settings, workload }));
  return needed > concurrency ? [concurrency, needed] : [concurrency];
}
