import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from '../../command-line/usage-error.ts';
import { plan, type Plan } from '../../planner/plan.ts';
import { DEFAULT_PRICES, parsePrices, type Prices } from '../../planner/prices.ts';
import { drawAges } from '../../progress/draw-ages.ts';
import { describePlan, planChart } from './describe-plan.ts';
import { toPlanInput } from './plan-figures.ts';
import type { PlanOptions } from './plan-options.ts';

/**
 * Makes a plan and tells it.
 *
 * @param say takes one line of the answer
 * @throws {@link UsageError} or `PricesError` for files that cannot be used
 */
export async function runPlan(options: PlanOptions, say: (line: string) => void): Promise<Plan> {
  const prices = await readPrices(options.prices);
  const made = plan(toPlanInput(options.figures, options), prices);
  if (options.json) say(JSON.stringify(made, null, 2));
  else for (const line of describePlan(made)) say(line);
  const chart = planChart(made);
  if (options.svg !== undefined && chart !== undefined) await writeFile(options.svg, drawAges(chart));
  return made;
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
