import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { OPS_EXIT_CODES } from '../ops/exit-codes.ts';
import { describeFailedCall } from '../ops/failed-call.ts';
import { openOpsProgress } from '../ops/ops-progress.ts';
import { parsePlanOptions } from '../ops/plan/plan-options.ts';
import { runPlan, type PlanConsole } from '../ops/plan/run-plan.ts';

await runInterruptibleCommand(
  async (signal) => {
    const options = parsePlanOptions(process.argv.slice(2));
    if (options === undefined) return true;
    using screen = openOpsProgress();
    const { say, show: progress } = screen;
    const measure: PlanConsole['measure'] = async (calibration) => {
      // A plan without it needs neither PostgreSQL nor a bundler.
      const { calibrateFunction } = await import('../local/calibrate/calibrate-function.ts');
      return await calibrateFunction(calibration, { progress, signal });
    };
    await runPlan(options, { say, progress, signal, measure });
    return true;
  },
  { describeFailure: describeFailedCall, failedExitCode: OPS_EXIT_CODES.cannotSee },
);
