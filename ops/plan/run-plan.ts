import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import type { PlanInput } from '../../planner/plan-input.ts';
import { plan, type Plan } from '../../planner/plan.ts';
import { DEFAULT_PRICES, parsePrices, type Prices } from '../../planner/prices.ts';
import { drawAges } from '../../progress/draw-ages.ts';
import { describePlan, planChart } from './describe-plan.ts';
import type { StackFacts } from './read-stack.ts';
import { figureProblems, toPlanInput } from './plan-figures.ts';
import type { PlanOptions } from './plan-options.ts';

/**
 * Makes a plan and tells it.
 *
 * @param say takes one line of the answer
 * @throws {@link UsageError} or `PricesError` for files that cannot be used
 */
export async function runPlan(options: PlanOptions, say: (line: string) => void): Promise<Plan> {
  const prices = await readPrices(options.prices);
  const facts = await readFacts(options);
  const planned = plan(inputOf(options, facts), prices);
  const made = { ...planned, notes: [...facts.unknown, ...planned.notes] };
  if (options.json) say(JSON.stringify(made, null, 2));
  else for (const line of describePlan(made)) say(line);
  const chart = planChart(made);
  if (options.svg !== undefined && chart !== undefined) await writeFile(options.svg, drawAges(chart));
  return made;
}

/** What an option says comes before what a stack says. */
function inputOf(options: PlanOptions, facts: StackFacts): PlanInput {
  const figures = { ...facts.figures, ...options.figures };
  const problems = figureProblems(figures);
  if (problems.length > 0) throw new UsageError(problems);
  return toPlanInput(figures, { ...options, onDemand: options.onDemand || facts.onDemand }, facts);
}

/** Nobody was asked. */
const NO_FACTS: StackFacts = { figures: {}, onDemand: false, unknown: [] };

/** Asks the stack that is named, if one is. */
async function readFacts({ from }: PlanOptions): Promise<StackFacts> {
  if (from === undefined) return NO_FACTS;
  // The clients of AWS take a second to load.
  const [{ openTarget }, { readStackFacts }] = await Promise.all([
    import('../stack/open-target.ts'),
    import('./read-stack.ts'),
  ]);
  using target = await openTarget(from);
  return await readStackFacts(target, Date.now());
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
