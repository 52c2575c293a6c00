import { runCommand } from '../command-line/run-command.ts';
import { OPS_EXIT_CODES } from '../ops/exit-codes.ts';
import { describeFailedCall } from '../ops/failed-call.ts';
import { parsePlanOptions } from '../ops/plan/plan-options.ts';
import { runPlan } from '../ops/plan/run-plan.ts';

await runCommand(
  async () => {
    const options = parsePlanOptions(process.argv.slice(2));
    if (options !== undefined) await runPlan(options, console.log);
    return true;
  },
  { describeFailure: describeFailedCall, failedExitCode: OPS_EXIT_CODES.cannotSee },
);
