import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import type { PlanInput } from '../../planner/plan-input.ts';
import { plan, type Plan } from '../../planner/plan.ts';
import { DEFAULT_PRICES, parsePrices, type Prices } from '../../planner/prices.ts';
import { drawAges } from '../../progress/draw-ages.ts';
import type { OpsConsole } from '../ops-console.ts';
import type { TargetOptions } from '../stack/target-options.ts';
import { batchFigures, BATCHES_UNKNOWN, type MeasuredBatches } from './batch-figures.ts';
import { describePlan, planChart } from './describe-plan.ts';
import type { StackFacts } from './read-stack.ts';
import { figureProblems, toPlanInput, type PlanFigures } from './plan-figures.ts';
import type { FunctionToMeasure, PlanOptions } from './plan-options.ts';

/** What measuring a function on this machine comes to. */
export interface MeasuredFunction extends Omit<MeasuredBatches, 'callLatencyMs'> {
  readonly functionName: string;
  /** Bytes of a record's data and partition key, on average. */
  readonly recordBytes: number;
  /** Different events that it was measured with. */
  readonly events: number;
  /** Shares, 0 to 1, of the events that changed no table of the function. */
  readonly quarantinedShare: number;
  readonly duplicateShare: number;
}

/** Where a plan is told, and who measures for it. */
export interface PlanConsole extends OpsConsole {
  /** Lets a function of this project work on this machine. */
  readonly measure: (options: FunctionToMeasure) => Promise<MeasuredFunction>;
}

/**
 * Makes a plan and tells it.
 *
 * @returns undefined when it was ended before there was one
 * @throws {@link UsageError} or `PricesError` for files that cannot be used
 */
export async function runPlan(options: PlanOptions, planConsole: PlanConsole): Promise<Plan | undefined> {
  const { say, signal } = planConsole;
  const prices = await readPrices(options.prices);
  const facts = await readFacts(options, planConsole).catch((error: unknown) => {
    // Whoever ends it early needs no explanation.
    if (!signal.aborted) throw error;
  });
  if (facts === undefined || signal.aborted) return undefined;
  const planned = plan(inputOf(options, facts), prices);
  const made = { ...planned, notes: [...facts.unknown, ...planned.notes] };
  if (options.json) say(JSON.stringify(made, null, 2));
  else for (const line of describePlan(made)) say(line);
  const chart = planChart(made);
  if (options.svg !== undefined && chart !== undefined) await writeFile(options.svg, drawAges(chart));
  return made;
}

/** What an option says comes before what was found out. */
function inputOf(options: PlanOptions, facts: StackFacts): PlanInput {
  const figures = { ...facts.figures, ...options.figures };
  const problems = figureProblems(figures);
  if (problems.length > 0) throw new UsageError(problems);
  return toPlanInput(figures, { ...options, onDemand: options.onDemand || facts.onDemand }, facts);
}

/** Nobody was asked. */
const NO_FACTS: StackFacts = {
  figures: {},
  onDemand: false,
  turnable: { settings: {}, unreserved: undefined },
  unknown: [],
};

/** Asks the stack that is named, and measures the function, if they are. */
async function readFacts(options: PlanOptions, planConsole: PlanConsole): Promise<StackFacts> {
  const { from, calibration } = options;
  const asked = from === undefined ? NO_FACTS : await askStack(from, planConsole);
  if (calibration === undefined) return asked;
  const measured = await planConsole.measure(calibration);
  const recordBytes = Math.max(1, Math.round(measured.recordBytes));
  const figures = batchFigures({ ...measured, callLatencyMs: 0 });
  return {
    ...asked,
    // The stack knows best how large its records are.
    figures: { recordBytes, ...asked.figures, ...figures },
    unknown: [...asked.unknown.filter((note) => note !== BATCHES_UNKNOWN), ...measuredNotes(measured, figures)],
  };
}

async function askStack(from: TargetOptions, { progress }: PlanConsole): Promise<StackFacts> {
  progress('asking the stack');
  // The clients of AWS take a second to load.
  const [{ openTarget }, { readStackFacts }] = await Promise.all([
    import('../stack/open-target.ts'),
    import('./read-stack.ts'),
  ]);
  using target = await openTarget(from);
  return await readStackFacts(target, Date.now());
}

/** Below this share, what becomes of an event makes no difference to the time of a batch. */
const FEW = 0.01;

/** A machine with nothing else to do is below this. */
const UNSTEADY_RATIO = 1.6;

function measuredNotes(measured: MeasuredFunction, figures: PlanFigures): readonly string[] {
  const { functionName, events, quarantinedShare, duplicateShare } = measured;
  const { batchOverheadMs = 0, recordMicroseconds = 0, callsPerBatch = 1, p90Ratio = 1 } = figures;
  const calls = callsPerBatch === 1 ? '1 Data API call' : `${callsPerBatch} Data API calls`;
  return [
    `measured on this machine, ${functionName} with ${count(events)} events: ${count(batchOverheadMs)} ms a batch and ${count(recordMicroseconds)} µs ` +
      `a record, beside the latency of ${calls} a batch`,
    ...shareNotes(quarantinedShare, 'quarantined'),
    ...shareNotes(duplicateShare, 'duplicates'),
    ...(p90Ratio > UNSTEADY_RATIO
      ? [
          `every tenth batch took at least ${count(p90Ratio)} times as long as usual, which makes the range wide: measure again when this machine is less busy`,
        ]
      : []),
  ];
}

function shareNotes(share: number, what: string): readonly string[] {
  if (share <= FEW) return [];
  return [
    `${Math.round(100 * share)} % of the events were ${what}, which do not take as long as events that are written`,
  ];
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

async function readPrices(path: string | undefined): Promise<Prices> {
  if (path === undefined) return DEFAULT_PRICES;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError([`\`--prices\` must name a file that can be read: ${(error as Error).message}`]);
  });
  return parsePrices(parseJson(text), path);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
