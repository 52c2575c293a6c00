/** A command to run next, and what it is for, where the command does not say it. */
export type NextCommand = readonly [command: string, purpose?: string];

/** Lists commands to run next, a line each, with their purposes one below the other. */
export function describeNextCommands(commands: readonly NextCommand[]): readonly string[] {
  const width = Math.max(...commands.map(([command, purpose]) => (purpose === undefined ? 0 : command.length)));
  return [
    'Next:',
    ...commands.map(([command, purpose]) =>
      purpose === undefined ? `  ${command}` : `  ${command.padEnd(width)}   # ${purpose}`,
    ),
  ];
}
