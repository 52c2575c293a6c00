import { ProblemsError } from '../contract/problems-error.ts';

const EXIT = { failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Says what an error is about whose cause is outside of this program.
 *
 * @returns one line, or `undefined` when it may be a bug
 */
export type DescribeFailure = (error: unknown) => string | undefined;

/**
 * Runs a command to its end: the one place where the failure of a command is reported and its exit code is set. A
 * mistake of the user ends it with 2 and all problems, without a stack trace; a bug keeps its stack trace and ends it
 * with 1.
 *
 * @param work resolves to whether the command did what it was asked to; false ends it with 1
 * @param describeFailure for errors that get one line instead of a stack trace, and 1; by default there are none
 */
export async function runCommand(
  work: () => Promise<boolean>,
  describeFailure: DescribeFailure = () => undefined,
): Promise<void> {
  try {
    if (!(await work())) process.exitCode = EXIT.failed;
  } catch (error) {
    const isMistake = error instanceof ProblemsError;
    const message = isMistake ? error.message : describeFailure(error);
    if (message === undefined) throw error;
    process.stderr.write(`${message}\n`);
    process.exitCode = isMistake ? EXIT.usage : EXIT.failed;
  }
}

/**
 * The same for a command that Ctrl-C ends early, with exit code 130.
 *
 * @param work gets a signal that is aborted then; it is expected to return soon
 * @param describeFailure as for {@link runCommand}
 */
export async function runInterruptibleCommand(
  work: (interrupted: AbortSignal) => Promise<boolean>,
  describeFailure?: DescribeFailure,
): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      interrupted.abort();
    });
  }
  await runCommand(() => work(interrupted.signal), describeFailure);
  if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
}
