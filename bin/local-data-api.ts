import { once } from 'node:events';
import { parseCommandLine } from '../command-line/parse-command-line.ts';
import { runCommand } from '../command-line/run-command.ts';
import { createLocalDataApiCommand } from '../local/data-api/local-data-api-command.ts';
import { runLocalDataApi, type LocalDataApiOptions } from '../local/data-api/run-local-data-api.ts';

const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);

await runCommand(async () => {
  const options = parseCommandLine<LocalDataApiOptions>(createLocalDataApiCommand(), process.argv.slice(2));
  if (options !== undefined) await runLocalDataApi(options, { print: console.log, ended });
  return true;
});
