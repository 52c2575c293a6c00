#!/usr/bin/env node
/**
 * The program of the package, which runs in the folder of a project: its functions are in `functions/` there.
 *
 * @module
 */
import { Command } from 'commander';
import { runSubcommand } from '../command-line/parse-command-line.ts';
import { runCommand } from '../command-line/run-command.ts';
import { UsageError } from '../command-line/usage-error.ts';

interface Program {
  readonly says: string;
  readonly run: (argv: readonly string[]) => Promise<void>;
}

/** The version that Lambda runs, for a local run to be like one there. */
const MIN_NODE_VERSION = 24;

const PROGRAMS: Readonly<Record<string, Program>> = {
  start: {
    says: 'Run a function on this machine: fill a stream, start the consumer, and watch it catch up.',
    run: async (argv) => (await import('../local/run/local-program.ts')).runLocalProgram(argv),
  },
  ops: {
    says: 'Operate a deployed stack: status, find, redrive, verify, smoke, fuse, boost.',
    run: async (argv) => (await import('../ops/ops-program.ts')).runOpsProgram(argv),
  },
  'data-api': {
    says: 'Run the RDS Data API server alone, for any client.',
    run: async (argv) => (await import('../local/data-api/data-api-program.ts')).runDataApiProgram(argv),
  },
};

const [name = '', ...argv] = process.argv.slice(2);
const chosen = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
await (chosen === undefined ? describePrograms() : start(chosen));

async function start({ run }: Program): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) >= MIN_NODE_VERSION) {
    await run(argv);
    return;
  }
  await runCommand(() => {
    throw new UsageError([
      `\`${name}\` needs Node.js ${MIN_NODE_VERSION}, as Lambda has it, got ${process.version}; ` +
        `\`npm install --save-dev node@${MIN_NODE_VERSION}\` makes npx and npm scripts use it`,
    ]);
  });
}

/** Help, or what is wrong with the name. */
async function describePrograms(): Promise<void> {
  await runCommand(async () => {
    const program = new Command('npx kinesis-to-aurora');
    for (const [each, { says }] of Object.entries(PROGRAMS)) program.command(each).description(says);
    await runSubcommand(program, process.argv.slice(2));
    return true;
  });
}
