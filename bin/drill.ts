import { runCommand } from '../command-line/run-command.ts';
import { parseDrillOptions } from '../drills/command/drill-options.ts';
import { runDrillCommand } from '../drills/command/run-drill-command.ts';

await runCommand(async () => {
  const options = parseDrillOptions(process.argv.slice(2));
  return options === undefined || (await runDrillCommand(options, console.log));
});
