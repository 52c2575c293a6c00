import { Command, CommanderError } from 'commander';
import { UsageError } from '../command-line/usage-error.ts';
import type { OpsVerdict } from '../ops/ops-console.ts';
import { createRedriveCommand } from '../ops/redrive/redrive-command.ts';
import { runRedrive } from '../ops/redrive/run-redrive.ts';

const EXIT = { done: 0, partly: 1, usage: 2, interrupted: 130 } as const;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted.abort();
  });
}

const terminal = { say: console.log, signal: interrupted.signal };

function exitWith(verdict: OpsVerdict): void {
  process.exitCode = EXIT[verdict];
}

const program = new Command('npm run ops --').description('Look after a deployed stack.').exitOverride();
const commands = [
  createRedriveCommand(async (options) => {
    const { refused } = await runRedrive(options, terminal);
    exitWith(refused.length === 0 ? 'done' : 'partly');
  }),
];
for (const command of commands) program.addCommand(command.exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong with the command line; anything else is said here, in one line.
  const ofCommander = error instanceof CommanderError;
  if (!ofCommander) console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  const isUsage = error instanceof UsageError || ofCommander;
  process.exitCode = ofCommander && error.exitCode === 0 ? EXIT.done : isUsage ? EXIT.usage : EXIT.partly;
}
if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
