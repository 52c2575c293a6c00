/** A command to run next, and what it is for. */
export type NextCommand = readonly [command: string, purpose: string];

/** Lists commands to run next, a line each, with their purposes one below the other. */
export function describeNextCommands(commands: readonly NextCommand[]): readonly string[] {
  const width = Math.max(...commands.map(([command]) => command.length));
  return ['Next:', ...commands.map(([command, purpose]) => `  ${command.padEnd(width)}   # ${purpose}`)];
}
