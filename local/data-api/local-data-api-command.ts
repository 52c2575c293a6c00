import { Command, InvalidArgumentError, Option } from 'commander';
import type { AutoPauseOptions } from './cluster-power.ts';
import type { LocalDataApiOptions } from './run-local-data-api.ts';

/**
 * The command line of the stand-alone server.
 *
 * @param run - Receives the options.
 */
export function createLocalDataApiCommand(run: (options: LocalDataApiOptions) => Promise<void>): Command {
  const command = new Command('local:data-api')
    .description('RDS Data API of Aurora PostgreSQL, served locally from a real PostgreSQL')
    .allowExcessArguments(false)
    .action(run);
  for (const option of [...placeOptions(), ...timeOptions(), ...choiceOptions()]) command.addOption(option);
  return command;
}

function placeOptions(): Option[] {
  return [
    new Option('--port <number>', 'port on 127.0.0.1; 0 takes a free one').argParser(parseInteger).default(0),
    new Option('--database-url <url>', 'a running PostgreSQL to use instead of starting one'),
    new Option('--region <name>', 'region in the ARNs').default('us-east-1'),
    new Option('--any-arn', 'take any cluster and secret ARN'),
  ];
}

function timeOptions(): Option[] {
  return [
    integer('--latency-ms <number>', 'time every call takes before it is looked at (default: 0; AWS: about 17)'),
    integer('--jitter-ms <number>', 'added to the latency at random, up to this (default: 0)'),
    integer('--statement-timeout-ms <number>', 'limit of one statement (default: 45000)'),
    integer('--transaction-idle-ms <number>', 'a transaction without a call ends after this (default: 180000)'),
    new Option('--auto-pause <idle:resume>', 'pause after so many idle ms, resume within so many').argParser(
      parseAutoPause,
    ),
  ];
}

function choiceOptions(): Option[] {
  return [
    integer('--max-row-bytes <number>', 'refuse results with a larger row (default: no limit; AWS says 65536)'),
    new Option('--no-strict-quirks', 'leave :name in dollar quotes and array slices alone, which AWS does not'),
    choice('--error-style <style>', 'text form of database errors', ['one-line', 'pgjdbc']),
    choice('--json-hint-type <type>', 'what a JSON type hint declares', ['jsonb', 'json']),
    choice('--null-type <type>', 'what a null without a hint declares', ['unspecified', 'text']),
    choice('--float4-form <form>', 'digits of a float4: its own, or those of the double', ['shortest', 'widened']),
    choice('--json-text <text>', 'json and jsonb without whitespace or as PostgreSQL prints them', [
      'compact',
      'as-printed',
    ]),
    choice('--void-results <result>', 'what a void function returns', ['empty-string', 'refused']),
    choice('--batch-atomicity <unit>', 'what commits as one in a batch outside a transaction', ['per-set', 'whole']),
  ];
}

function integer(flags: string, description: string): Option {
  return new Option(flags, description).argParser(parseInteger);
}

/** The first choice is the default. */
function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).default(choices[0]);
}

function parseInteger(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected a whole number, got ${text}`);
}

function parseAutoPause(text: string): AutoPauseOptions {
  const [, idleMs, resumeMs] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (idleMs === undefined) throw new InvalidArgumentError(`expected idle:resume, such as 300000:15000, got ${text}`);
  return { idleMs: Number(idleMs), resumeMs: Number(resumeMs) };
}
