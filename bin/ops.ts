import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { describeFailedCall } from '../ops/failed-call.ts';
import { createRedriveCommand } from '../ops/redrive/redrive-command.ts';
import { runRedrive } from '../ops/redrive/run-redrive.ts';

await runInterruptibleCommand(async (signal) => {
  let isDone = true;
  const redrive = createRedriveCommand(async (options) => {
    const { refused } = await runRedrive(options, { say: console.log, signal });
    isDone = refused.length === 0;
  });
  const program = new Command('npm run ops --').description('Look after a deployed stack.').addCommand(redrive);
  await runSubcommand(program, process.argv.slice(2));
  return isDone;
}, describeFailedCall);
