import { parseBenchOptions } from '../bench/bench-options.ts';
import { runBench } from '../bench/run-bench.ts';
import { createScreen } from '../local/run/screen.ts';
import { UsageError } from '../command-line/usage-error.ts';

const EXIT = { failedRun: 1, usage: 2 } as const;

try {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options !== undefined) {
    const report = await runBench(
      options,
      createScreen(process.stdout, () => performance.now()),
    );
    const isFailed = Object.keys(report.failures).length > 0 || report.series.some(({ failure }) => failure !== null);
    if (isFailed) process.exitCode = EXIT.failedRun;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.usage;
}
