import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { commandOf } from '../command-line/program-name.ts';
import { runInterruptibleCommand, type ToldFailure } from '../command-line/run-command.ts';
import { OPS_EXIT_CODES, type OpsExitCode } from './exit-codes.ts';
import { describeFailedCall } from './failed-call.ts';
import { createFindCommand } from './find/find-command.ts';
import { runFind } from './find/run-find.ts';
import { createBoostCommand } from './boost/boost-command.ts';
import { runBoost } from './boost/run-boost.ts';
import { createFuseCommand } from './fuse/fuse-command.ts';
import { runFuse } from './fuse/run-fuse.ts';
import type { OpsConsole } from './ops-console.ts';
import { openOpsProgress } from './ops-progress.ts';
import { createRedriveCommand } from './redrive/redrive-command.ts';
import { runRedrive } from './redrive/run-redrive.ts';
import { runSmoke } from './smoke/run-smoke.ts';
import { createSmokeCommand } from './smoke/smoke-command.ts';
import { runStatus } from './status/run-status.ts';
import { createStatusCommand } from './status/status-command.ts';
import { openTarget, type Target } from './stack/open-target.ts';
import type { TargetOptions } from './stack/target-options.ts';
import { runVerify } from './verify/run-verify.ts';
import { createVerifyCommand } from './verify/verify-command.ts';

/** Does what one command is for, with what its options name. */
type Work<Options> = (target: Target, options: Options, console: OpsConsole) => Promise<OpsExitCode>;

/** Runs one of the operator commands, and sets the exit code. */
export async function runOpsProgram(argv: readonly string[]): Promise<void> {
  const onFailure = (error: ToldFailure): void => {
    if (argv.includes('--json')) console.log(JSON.stringify({ error }));
  };
  await runInterruptibleCommand(
    async (signal) => {
      let exitCode: OpsExitCode = OPS_EXIT_CODES.fine;
      const on =
        <Options extends TargetOptions>(work: Work<Options>) =>
        async (options: Options): Promise<void> => {
          using progress = openOpsProgress();
          const opsConsole = { say: progress.say, progress: progress.show, signal };
          progress.show('reading the stack');
          using target = await openTarget(options);
          exitCode = await work(target, options, opsConsole);
        };
      const program = new Command(commandOf('ops')).description(
        'Operate a deployed stack, or a local world as if it were one.',
      );
      for (const command of createCommands(on)) program.addCommand(command);
      await runSubcommand(program, argv);
      return exitCode;
    },
    { describeFailure: describeFailedCall, failedExitCode: OPS_EXIT_CODES.cannotSee, onFailure },
  );
}

/** Each command with its work; new ones are added here. */
function createCommands(
  on: <Options extends TargetOptions>(work: Work<Options>) => (options: Options) => Promise<void>,
): readonly Command[] {
  return [
    createStatusCommand(
      on((target, options, opsConsole) =>
        runStatus(target, options, { ...opsConsole, isTerminal: process.stdout.isTTY, now: Date.now }),
      ),
    ),
    createFindCommand(on(runFind)),
    createRedriveCommand(on(runRedrive)),
    createVerifyCommand(on(runVerify)),
    createSmokeCommand(on(runSmoke)),
    createFuseCommand(
      on(async (target, options, opsConsole) => {
        await runFuse(target, options, opsConsole);
        return OPS_EXIT_CODES.fine;
      }),
    ),
    createBoostCommand(on(runBoost)),
  ];
}
