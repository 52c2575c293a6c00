import { parseChaosOptions } from '../local/chaos/chaos-options.ts';
import { runChaosCommand } from '../local/chaos/run-chaos-command.ts';
import { UsageError } from '../command-line/usage-error.ts';

const EXIT = { asExpected: 0, broken: 1, usage: 2, interrupted: 130 } as const;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort();
  });
}

try {
  const options = parseChaosOptions(process.argv.slice(2));
  if (options !== undefined) {
    const isAsExpected = await runChaosCommand(options, { say: console.log, signal: interrupted.signal });
    process.exitCode = isAsExpected ? EXIT.asExpected : EXIT.broken;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.usage;
}
if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
