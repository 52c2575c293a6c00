import { runCommand } from '../command-line/run-command.ts';
import { describeNewFunction } from '../scaffold/describe-new.ts';
import { newFunction } from '../scaffold/new-function.ts';

await runCommand(async () => {
  const made = await newFunction(process.argv.slice(2), !process.stdin.isTTY);
  if (made !== undefined) console.log(describeNewFunction(made).join('\n'));
  return true;
});
