import { runInterruptibleCommand } from '../../command-line/run-command.ts';
import { GaveUpWaitingError } from '../../data-api/retry-transient.ts';
import { runLocal } from './run-local.ts';
import { parseRunOptions, type RunOptions } from './run-options.ts';
import type { OpenAlarms } from './world-alarms.ts';
import { openScreen, type Screen } from '../../command-line/screen.ts';

/** One run of chaos, which the package comes without. */
export type RunChaosOnce = (
  options: { readonly seed: number; readonly source: RunOptions['source'] },
  say: Screen['say'],
) => Promise<boolean>;

/** The story of the incident, which the package comes without. */
export type RunIncident = (
  options: { readonly downHours: number } & Pick<RunOptions, 'picture' | 'report'>,
  screen: Screen,
  signal: AbortSignal,
) => Promise<boolean>;

/** A function on a page, which the package comes without. */
export type RunPage = (options: RunOptions, screen: Screen, signal: AbortSignal) => Promise<boolean>;

/** What takes the place of the usual run, when it is asked for, and what the usual one is given. */
export interface OtherRuns {
  /** Does what `--chaos` asks for. */
  readonly runChaosOnce: RunChaosOnce;
  /** Does what `--incident` asks for. */
  readonly runIncident: RunIncident;
  /** Does what `--page` and `--replay` ask for. */
  readonly runPage: RunPage;
  /** Makes the alarms of a world that is kept running. */
  readonly openAlarms: OpenAlarms;
}

/**
 * Runs a function on this machine, and sets the exit code.
 *
 * @param argv options of the run
 * @param others takes the place of it; the package has none
 */
export async function runLocalProgram(argv: readonly string[], others?: OtherRuns): Promise<void> {
  await runInterruptibleCommand(
    async (signal) => {
      const options = parseRunOptions(argv);
      if (options === undefined) return true;
      using screen = openScreen();
      const { chaosSeed: seed, source, incidentHours: downHours } = options;
      if (seed !== undefined && others !== undefined) return await others.runChaosOnce({ seed, source }, screen.say);
      if (downHours !== undefined && others !== undefined) {
        return await others.runIncident({ downHours, ...options }, screen, signal);
      }
      if ((options.page || options.replay !== undefined) && others !== undefined) {
        return await others.runPage(options, screen, signal);
      }
      return await runUsual({ ...options, openAlarms: others?.openAlarms }, screen, signal);
    },
    { describeFailure: describeUnready },
  );
}

async function runUsual(...run: Parameters<typeof runLocal>): Promise<boolean> {
  return (await runLocal(...run))?.every(({ caughtUp }) => caughtUp) === true;
}

/** A database that is given with `--database-url` may be busy or locked for longer than anybody waits. */
function describeUnready(error: unknown): string | undefined {
  return error instanceof GaveUpWaitingError ? error.message : undefined;
}
