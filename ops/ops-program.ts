import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { commandOf } from '../command-line/program-name.ts';
import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { describeFailedCall } from './failed-call.ts';
import { createFuseCommand } from './fuse/fuse-command.ts';
import { runFuse } from './fuse/run-fuse.ts';
import { createRedriveCommand } from './redrive/redrive-command.ts';
import { runRedrive } from './redrive/run-redrive.ts';

/** Runs one of the operator commands, and sets the exit code. */
export async function runOpsProgram(argv: readonly string[]): Promise<void> {
  await runInterruptibleCommand(async (signal) => {
    const terminal = { say: console.log, signal };
    let isDone = true;
    const commands = [
      createRedriveCommand(async (options) => {
        const { refused } = await runRedrive(options, terminal);
        isDone = refused.length === 0;
      }),
      createFuseCommand((options) => runFuse(options, terminal)),
    ];
    const program = new Command(commandOf('ops')).description('Look after a deployed stack.');
    for (const command of commands) program.addCommand(command);
    await runSubcommand(program, argv);
    return isDone;
  }, describeFailedCall);
}
