import { parseBenchOptions } from '../bench/bench-options.ts';
import { runBench } from '../bench/run-bench.ts';
import { runCommand } from '../command-line/run-command.ts';
import { openScreen } from '../command-line/screen.ts';

await runCommand(async () => {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options === undefined) return true;
  using screen = openScreen();
  const { failures, series } = await runBench(options, screen);
  return Object.keys(failures).length === 0 && series.every(({ failure }) => failure === null);
});
