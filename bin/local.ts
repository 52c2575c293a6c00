import { runChaosOnce } from '../local/chaos/run-chaos-once.ts';
import { parseRunOptions } from '../local/run/run-options.ts';
import { runLocal } from '../local/run/run-local.ts';
import { createScreen } from '../local/run/screen.ts';
import { UsageError } from '../command-line/usage-error.ts';

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
    const isDone =
      options.chaosSeed === undefined
        ? (await runLocal(options, screen, interrupted.signal))?.caughtUp === true
        : await runChaosOnce({ seed: options.chaosSeed, source: options.source }, screen.say);
    process.exitCode = isDone ? EXIT.caughtUp : EXIT.notCaughtUp;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.usage;
}
if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
