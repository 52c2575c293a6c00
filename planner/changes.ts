import { leastMemoryMb } from '../contract/function-memory.ts';
import { BATCH_SIZE, PARALLELIZATION_FACTOR } from '../contract/limits.ts';
import { closedForm } from './closed-form.ts';
import { catchUpCostUsd, monthlyCost, type MonthlyCost } from './cost.ts';
import type { CapacitySettings, PlanInput, Workload } from './plan-input.ts';
import type { Prices } from './prices.ts';
import { totalLanes, type Binding } from './rates.ts';

/** Something to turn, after the ones before it have been. */
export interface RankedChange {
  /** A setting of the stage, or what the function does. */
  readonly setting: keyof CapacitySettings | 'callsPerRecord' | 'callsPerBatch';
  readonly from: number | boolean;
  readonly to: number | boolean;
  /** Until caught up with it, at best; the seconds are null where that is never. */
  readonly seconds: number | null;
  /** What it takes off; null where there was no end before. */
  readonly gainSeconds: number | null;
  /** What binds then. */
  readonly binding: Binding;
  readonly catchUpCostUsd: number | null;
  /** What a month costs more with it, negative for less. */
  readonly monthlyCostDeltaUsd: number;
}

/** No more steps than somebody wants to take in an incident. */
const MOST_STEPS = 5;

/** Less than this part of the time is no reason to turn anything. */
const LEAST_GAIN = 0.05;

/** Of two changes that gain about the same, the cheaper one comes first. */
const SAME = 0.05;

/**
 * Ranks what can be turned: the change that gains most, then the one that gains most on top of it, until nothing does. What does not bind gains
 * nothing, and is not listed.
 */
export function rankChanges(input: PlanInput, prices: Prices): readonly RankedChange[] {
  const changes: RankedChange[] = [];
  let current = input;
  while (changes.length < MOST_STEPS) {
    const best = bestChange(current, prices);
    if (best === undefined) break;
    changes.push(best.change);
    current = best.after;
  }
  return changes;
}

interface Candidate {
  readonly change: RankedChange;
  readonly after: PlanInput;
}

function bestChange(input: PlanInput, prices: Prices): Candidate | undefined {
  const before = closedForm('low', input).seconds;
  const candidates = candidatesOf(input).flatMap(({ setting, values }) => {
    const tried = values.map((to) => tryChange(input, prices, { setting, to }));
    const best = Math.min(...tried.map(secondsOf));
    // The smallest value that gives about all there is to gain.
    const enough = tried.find((candidate) => secondsOf(candidate) <= best * (1 + SAME));
    return enough === undefined ? [] : [enough];
  });
  const worthwhile = candidates.filter((candidate) => secondsOf(candidate) < before * (1 - LEAST_GAIN));
  const best = Math.min(...worthwhile.map(secondsOf));
  return worthwhile
    .filter((candidate) => secondsOf(candidate) <= best * (1 + SAME))
    .toSorted((a, b) => a.change.monthlyCostDeltaUsd - b.change.monthlyCostDeltaUsd)[0];
}

function secondsOf({ change }: Candidate): number {
  return change.seconds ?? Infinity;
}

interface Turn {
  readonly setting: RankedChange['setting'];
  readonly to: number | boolean;
}

function candidatesOf(
  input: PlanInput,
): readonly { readonly setting: RankedChange['setting']; readonly values: readonly (number | boolean)[] }[] {
  const { settings, workload } = input;
  const { parallelizationFactor: factor, batchSize, maxAcu, memoryMb } = settings;
  const lanes = totalLanes(input);
  return [
    { setting: 'callsPerRecord', values: workload.callsPerRecord > 0 ? [0] : [] },
    { setting: 'callsPerBatch', values: workload.callsPerRecord === 0 && workload.callsPerBatch > 1 ? [1] : [] },
    {
      setting: 'batchSize',
      values: above(batchSize, [100, 500, 1_000, 2_000, 5_000, BATCH_SIZE.max]).filter(
        (size) => leastMemoryMb(size) <= memoryMb,
      ),
    },
    {
      setting: 'parallelizationFactor',
      values: above(
        factor,
        Array.from({ length: PARALLELIZATION_FACTOR.max }, (_, index) => index + 1),
      ),
    },
    { setting: 'maxAcu', values: above(maxAcu, [1, 2, 4, 8, 16, 32, 64, 128, 256]) },
    { setting: 'concurrency', values: settings.concurrency < lanes ? [lanes] : [] },
    { setting: 'enhancedFanOut', values: !settings.enhancedFanOut && workload.otherReaders > 0 ? [true] : [] },
  ];
}

function above(value: number, values: readonly number[]): readonly number[] {
  return values.filter((candidate) => candidate > value);
}

function tryChange(input: PlanInput, prices: Prices, { setting, to }: Turn): Candidate {
  const after = turn(input, { setting, to });
  const [old, form] = [closedForm('low', input), closedForm('low', after)];
  const isOver = form.seconds < Infinity;
  const from = { ...input.settings, ...input.workload }[setting];
  return {
    after,
    change: {
      setting,
      from,
      to,
      seconds: isOver ? form.seconds : null,
      gainSeconds: isOver && old.seconds < Infinity ? old.seconds - form.seconds : null,
      binding: form.binding,
      catchUpCostUsd: isOver ? catchUpCostUsd(after, form.seconds, prices) : null,
      monthlyCostDeltaUsd: totalUsd(monthlyCost(after, prices)) - totalUsd(monthlyCost(input, prices)),
    },
  };
}

/** The same input with one thing turned. */
function turn(input: PlanInput, { setting, to }: Turn): PlanInput {
  const isWorkload = setting === 'callsPerRecord' || setting === 'callsPerBatch';
  if (!isWorkload) return { ...input, settings: { ...input.settings, [setting]: to } };
  const workload: Workload = { ...input.workload, [setting]: to };
  return { ...input, workload };
}

/** All parts of a month together. */
export function totalUsd(cost: MonthlyCost): number {
  return Object.values<number>({ ...cost }).reduce((sum, part) => sum + part, 0);
}
