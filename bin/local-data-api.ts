import { once } from 'node:events';
import { CommanderError } from 'commander';
import { createLocalDataApiCommand } from '../local/data-api/local-data-api-command.ts';
import { runLocalDataApi } from '../local/data-api/run-local-data-api.ts';

const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
const command = createLocalDataApiCommand((options) => runLocalDataApi(options, { print: console.log, ended }));

try {
  await command.exitOverride().parseAsync();
} catch (error) {
  // Commander has said what is wrong with the command line; anything else is said here, in one line.
  const ofCommander = error instanceof CommanderError;
  if (!ofCommander) console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = ofCommander && error.exitCode === 0 ? 0 : 2;
}
