import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { describeFailedCall } from '../ops/failed-call.ts';
import { createFuseCommand } from '../ops/fuse/fuse-command.ts';
import { runFuse } from '../ops/fuse/run-fuse.ts';
import { createRedriveCommand } from '../ops/redrive/redrive-command.ts';
import { runRedrive } from '../ops/redrive/run-redrive.ts';

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
  const program = new Command('npm run ops --').description('Look after a deployed stack.');
  for (const command of commands) program.addCommand(command);
  await runSubcommand(program, process.argv.slice(2));
  return isDone;
}, describeFailedCall);
