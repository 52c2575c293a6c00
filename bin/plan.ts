import { runCommand } from '../command-line/run-command.ts';
import { parsePlanOptions } from '../ops/plan/plan-options.ts';
import { runPlan } from '../ops/plan/run-plan.ts';

await runCommand(async () => {
  const options = parsePlanOptions(process.argv.slice(2));
  if (options !== undefined) await runPlan(options, console.log);
  return true;
});
