import { parseRunOptions } from '../local/run/run-options.ts';
import { runLocal } from '../local/run/run-local.ts';
import { createScreen } from '../local/run/screen.ts';
import { UsageError } from '../local/usage-error.ts';

const EXIT = { caughtUp: 0, notCaughtUp: 1, usage: 2, interrupted: 130 } as const;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort();
  });
}

try {
  const options = parseRunOptions(process.argv.slice(2));
  if (options !== undefined) {
    const screen = createScreen(process.stdout, () => performance.now());
    const report = await runLocal(options, screen, interrupted.signal);
    process.exitCode = report?.caughtUp === true ? EXIT.caughtUp : EXIT.notCaughtUp;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.usage;
}
if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
