import { runInterruptibleCommand } from '../command-line/run-command.ts';
import { GaveUpWaitingError } from '../data-api/retry-transient.ts';
import { runChaosOnce } from '../local/chaos/run-chaos-once.ts';
import { runLocal } from '../local/run/run-local.ts';
import { parseRunOptions } from '../local/run/run-options.ts';
import { createScreen } from '../local/run/screen.ts';

await runInterruptibleCommand(async (signal) => {
  const options = parseRunOptions(process.argv.slice(2));
  if (options === undefined) return true;
  using screen = createScreen(process.stdout, () => performance.now());
  const { chaosSeed: seed, source } = options;
  if (seed !== undefined) return await runChaosOnce({ seed, source }, screen.say);
  return (await runLocal(options, screen, signal))?.caughtUp === true;
}, describeUnready);

/** A database that is given with `--database-url` may be busy or locked for longer than anybody waits. */
function describeUnready(error: unknown): string | undefined {
  return error instanceof GaveUpWaitingError ? error.message : undefined;
}
