import { ProblemsError } from '../contract/problems-error.ts';

const EXIT = { failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Says what an error is about whose cause is outside of this program.
 *
 * @returns one line, or `undefined` when it may be a bug
 */
export type DescribeFailure = (error: unknown) => string | undefined;

/** What makes one kind of command different from the others. */
export interface CommandKind {
  /** For errors that get one line instead of a stack trace. @defaultValue there are none */
  readonly describeFailure?: DescribeFailure;
  /** How the command ends after an error that is no mistake of the user. @defaultValue 1 */
  readonly failedExitCode?: number;
  /** Hears of a failure that is told, beside whoever reads standard error. @defaultValue nobody */
  readonly onFailure?: (failure: ToldFailure) => void;
}

/** Why a command has failed, as it is told. */
export interface ToldFailure {
  /** One sentence each. */
  readonly problems: readonly string[];
  readonly exitCode: number;
}

/**
 * Runs a command to its end: the one place where the failure of a command is reported and its exit code is set. A
 * mistake of the user ends it with 2 and all problems, without a stack trace; a bug keeps its stack trace.
 *
 * @param work resolves to whether the command did what it was asked to, where false ends it with 1, or to its exit code
 */
export async function runCommand(work: () => Promise<boolean | number>, kind: CommandKind = {}): Promise<void> {
  onReaderGone(() => undefined);
  try {
    const result = await work();
    if (result !== true) process.exitCode = result === false ? EXIT.failed : result;
  } catch (error) {
    const failure = toldFailure(error, kind);
    if (failure === undefined) throw error;
    process.stderr.write(`${failure.message}\n`);
    process.exitCode = failure.exitCode;
    kind.onFailure?.({ problems: failure.problems, exitCode: failure.exitCode });
  }
}

/** Undefined for what may be a bug. */
function toldFailure(
  error: unknown,
  { describeFailure, failedExitCode = EXIT.failed }: CommandKind,
): (ToldFailure & { readonly message: string }) | undefined {
  if (error instanceof ProblemsError) {
    return { message: error.message, problems: error.problems, exitCode: EXIT.usage };
  }
  const message = describeFailure?.(error);
  return message === undefined ? undefined : { message, problems: [message], exitCode: failedExitCode };
}

/**
 * The same for a command that Ctrl-C ends early, with exit code 130.
 *
 * @param work gets a signal that is aborted then; it is expected to return soon
 * @param kind as for {@link runCommand}
 */
export async function runInterruptibleCommand(
  work: (interrupted: AbortSignal) => Promise<boolean | number>,
  kind?: CommandKind,
): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      interrupted.abort();
    });
  }
  onReaderGone(() => {
    interrupted.abort();
  });
  await runCommand(() => work(interrupted.signal), kind);
  if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
}

/** Who reads standard output may have had enough, as `head` has: that is no failure, and there is nobody to tell. */
function onReaderGone(end: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    end();
  });
}
