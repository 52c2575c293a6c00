import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { parseChaosOptions } from '../local/chaos/chaos-options.ts';
import { runChaosCommand } from '../local/chaos/run-chaos-command.ts';

await runInterruptibleCommand(async (signal) => {
  const options = parseChaosOptions(process.argv.slice(2));
  return options === undefined || (await runChaosCommand(options, { say: console.log, signal }));
});
