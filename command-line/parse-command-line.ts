import { CommanderError, InvalidArgumentError, type Command, type Option } from 'commander';
import { UsageError } from './usage-error.ts';

/**
 * Reads a command line, so that every program reports a mistake in the same way.
 *
 * @param command declares the options; ends no process and writes no error by itself from here on
 * @param argv arguments after the program's name
 * @param check finds what is wrong with options that are fine one by one; one whose value was not usable is empty
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} with everything that is wrong
 */
export function parseCommandLine<Options extends object>(
  command: Command,
  argv: readonly string[],
  check: (options: Options) => readonly string[] = () => [],
): Options | undefined {
  const problems = collectProblems(command);
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (isHelp(error)) return undefined;
    problems.push(describeMistake(error));
  }
  problems.push(...check(command.opts<Options>()));
  if (problems.length > 0) throw new UsageError(problems);
  return command.opts<Options>();
}

/**
 * The same for a program with subcommands: it runs the action of the one that was named, or prints help.
 *
 * @param program has the subcommands
 * @param argv arguments after the program's name
 * @throws {@link UsageError} with everything that is wrong, and whatever the action throws
 */
export async function runSubcommand(program: Command, argv: readonly string[]): Promise<void> {
  const problems = collectProblems(program);
  program.hook('preAction', () => {
    if (problems.length > 0) throw new UsageError(problems);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (isHelp(error)) return;
    throw new UsageError([...problems, describeMistake(error)]);
  }
}

/**
 * Takes the reporting of mistakes from a command and its subcommands.
 *
 * @returns gets a problem for each option whose value is not usable, while the command line is read
 */
function collectProblems(program: Command): string[] {
  const problems: string[] = [];
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    for (const option of command.options) readOn(option, problems);
  }
  return problems;
}

/** Commander stops at the first value that an option does not take; this goes on, to find all of them. */
function readOn(option: Option, problems: string[]): void {
  const { parseArg } = option;
  if (parseArg === undefined) return;
  option.argParser<unknown>((text, previous) => {
    try {
      return parseArg<unknown>(text, previous);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const expected =
        option.argChoices === undefined ? error.message : `must be one of ${option.argChoices.join(', ')}`;
      problems.push(`\`${option.long ?? option.flags}\` ${expected}, got ${JSON.stringify(text)}`);
      return undefined;
    }
  });
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** What commander found wrong with a command line; other errors are thrown on. */
function describeMistake(error: unknown): string {
  if (!(error instanceof CommanderError)) throw error;
  // Started without a command, a program prints its help where an error would go.
  if (error.code === 'commander.help') return 'missing command; --help lists the commands';
  return `${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; --help lists the options`;
}
