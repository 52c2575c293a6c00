import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { describeFailedCall } from '../ops/failed-call.ts';
import { createFuseCommand } from '../ops/fuse/fuse-command.ts';
import { runFuse } from '../ops/fuse/run-fuse.ts';
import { createRedriveCommand } from '../ops/redrive/redrive-command.ts';
import { runRedrive } from '../ops/redrive/run-redrive.ts';

await runInterruptibleCommand(async (signal) => {
  let isDone = true;
  const redrive = createRedriveCommand(async (options) => {
    const { refused } = await runRedrive(options, { say: console.log, signal });
    isDone = refused.length === 0;
  });
  const fuse = createFuseCommand((options) => runFuse(options, { say: console.log }));
  const program = new Command('npm run ops --').description('Look after a deployed stack.');
  await runSubcommand(program.addCommand(redrive).addCommand(fuse), process.argv.slice(2));
  return isDone;
}, describeFailedCall);
