import { leastMemoryMb } from '../contract/function-memory.ts';
import { BATCH_SIZE, PARALLELIZATION_FACTOR } from '../contract/limits.ts';
import { closedForm, type ClosedForm } from './closed-form.ts';
import type { CapacitySettings, PlanInput } from './plan-input.ts';

/** What of a mapping is turned for a while: it takes effect within minutes, and the position is kept. */
export type BoostedSettings = Pick<CapacitySettings, 'batchSize' | 'parallelizationFactor'>;

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
export function findBoost(input: PlanInput, withinSeconds: number): Boost {
  const before = closedForm('high', input);
  const tried = candidates(input.settings).map((settings) => ({
    settings,
    form: closedForm('high', { ...input, settings: { ...input.settings, ...settings } }),
  }));
  const inTime = tried.find(({ form }) => form.seconds <= withinSeconds);
  const best = Math.min(...tried.map(({ form }) => form.seconds));
  // Of those that come to about the same, the one that turns least.
  const chosen = inTime ?? tried.find(({ form }) => form.seconds <= best * (1 + LEAST_GAIN));
  const { settings, form } = chosen ?? { settings: input.settings, form: before };
  const { batchSize, parallelizationFactor } = settings;
  return {
    settings: { batchSize, parallelizationFactor },
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

/** The less is turned, the earlier it comes. */
function candidates({ batchSize, parallelizationFactor, memoryMb }: CapacitySettings): readonly BoostedSettings[] {
  const sizes = [batchSize, ...BATCH_SIZES.filter((size) => size > batchSize && leastMemoryMb(size) <= memoryMb)];
  const factors = Array.from(
    { length: PARALLELIZATION_FACTOR.max - parallelizationFactor + 1 },
    (_, more) => parallelizationFactor + more,
  );
  const all = sizes.flatMap((size) => factors.map((factor) => ({ batchSize: size, parallelizationFactor: factor })));
  const turned = (settings: BoostedSettings): number =>
    Number(settings.batchSize !== batchSize) + Number(settings.parallelizationFactor !== parallelizationFactor);
  return all.toSorted(
    (a, b) => turned(a) - turned(b) || a.parallelizationFactor - b.parallelizationFactor || a.batchSize - b.batchSize,
  );
}
