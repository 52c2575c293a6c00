import { runInterruptibleCommand } from '../../command-line/run-command.ts';
import { GaveUpWaitingError } from '../../data-api/retry-transient.ts';
import { runLocal } from './run-local.ts';
import { parseRunOptions, type RunOptions } from './run-options.ts';
import { openScreen, type Screen } from './screen.ts';

/** One run of chaos, which the package comes without. */
export type RunChaosOnce = (
  options: { readonly seed: number; readonly source: RunOptions['source'] },
  say: Screen['say'],
) => Promise<boolean>;

/**
 * Runs a function on this machine, and sets the exit code.
 *
 * @param argv options of the run
 * @param runChaosOnce does what `--chaos` asks for
 */
export async function runLocalProgram(argv: readonly string[], runChaosOnce?: RunChaosOnce): Promise<void> {
  await runInterruptibleCommand(async (signal) => {
    const options = parseRunOptions(argv);
    if (options === undefined) return true;
    using screen = openScreen();
    const { chaosSeed: seed, source } = options;
    if (seed !== undefined && runChaosOnce !== undefined) return await runChaosOnce({ seed, source }, screen.say);
    return (await runLocal(options, screen, signal))?.caughtUp === true;
  }, describeUnready);
}

/** A database that is given with `--database-url` may be busy or locked for longer than anybody waits. */
function describeUnready(error: unknown): string | undefined {
  return error instanceof GaveUpWaitingError ? error.message : undefined;
}
