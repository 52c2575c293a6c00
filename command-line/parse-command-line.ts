import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { UsageError } from './usage-error.ts';

/**
 * Reads a command line, so that every program tells a mistake in the same way.
 *
 * @param command declares the options; ends no process and writes no error by itself from here on
 * @param argv arguments after the program's name
 * @returns the options as they were given, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} for an option that is not known, or lacks its value
 */
export function parseCommandLine<Raw extends object>(command: Command, argv: readonly string[]): Raw | undefined {
  try {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError([`${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}; --help lists the options`]);
  }
  return command.opts<Raw>();
}
