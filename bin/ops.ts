import { Command, CommanderError } from 'commander';
import { createRedriveCommand } from '../ops/redrive/redrive-command.ts';
import { RedriveUsageError, runRedrive } from '../ops/redrive/run-redrive.ts';

const EXIT = { done: 0, partly: 1, usage: 2, interrupted: 130 } as const;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort();
  });
}

const program = new Command('npm run ops --').description('Look after a deployed stack.').exitOverride();
program.addCommand(
  createRedriveCommand(async (options) => {
    const { refused } = await runRedrive(options, { say: console.log, signal: interrupted.signal });
    process.exitCode = refused.length === 0 ? EXIT.done : EXIT.partly;
  }).exitOverride(),
);

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong with the command line; anything else is said here, in one line.
  const ofCommander = error instanceof CommanderError;
  if (!ofCommander) console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  const isUsage = error instanceof RedriveUsageError || ofCommander;
  process.exitCode = ofCommander && error.exitCode === 0 ? EXIT.done : isUsage ? EXIT.usage : EXIT.partly;
}
if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
