import { parsePlanOptions } from '../../ops/plan/plan-options.ts';
import { runPlan, type PlanConsole } from '../../ops/plan/run-plan.ts';

const NOT_ASKED_FOR: PlanConsole['measure'] = () => Promise.reject(new Error('nothing was to be measured'));

/**
 * What `npm run plan` prints, without a process of its own.
 *
 * @param line options as somebody types them
 * @param measure takes the place of running a function
 */
export async function planText(line: string, measure = NOT_ASKED_FOR): Promise<string> {
  const options = parsePlanOptions(line.trim().split(' '));
  if (options === undefined) throw new Error('help was printed');
  const lines: string[] = [];
  const { signal } = new AbortController();
  await runPlan(options, { say: (text) => lines.push(text), progress: () => undefined, signal, measure });
  return lines.join('\n');
}
