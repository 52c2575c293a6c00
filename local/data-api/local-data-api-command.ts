import { Command, InvalidArgumentError, Option } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { commandOf } from '../../command-line/program-name.ts';
import type { AutoPauseOptions } from './cluster-power.ts';
import { OPTION_DEFAULTS, OPTION_RANGES } from './data-api-server-options.ts';

/** The command line of the stand-alone server; what it gives are {@link LocalDataApiOptions}. */
export function createLocalDataApiCommand(): Command {
  const command = new Command(commandOf('data-api'))
    .description('RDS Data API of Aurora PostgreSQL, served locally from a real PostgreSQL')
    .allowExcessArguments(false);
  for (const option of [...placeOptions(), ...timeOptions(), ...choiceOptions()]) command.addOption(option);
  return command;
}

function placeOptions(): Option[] {
  return [
    number('port', 'port on 127.0.0.1; 0 takes a free one'),
    new Option('--database-url <url>', 'a running PostgreSQL to use instead of starting one'),
    new Option('--region <name>', 'region in the ARNs').default('us-east-1'),
    new Option('--any-arn', 'take any cluster and secret ARN'),
  ];
}

function timeOptions(): Option[] {
  return [
    number('latencyMs', 'time every call takes before it is looked at; about 17 on AWS'),
    number('jitterMs', 'added to the latency at random, up to this'),
    number('statementTimeoutMs', 'limit of one statement'),
    number('transactionIdleMs', 'a transaction without a call ends after this'),
    new Option('--auto-pause <idle:resume>', 'pause after so many idle ms, resume within so many').argParser(
      parseAutoPause,
    ),
  ];
}

function choiceOptions(): Option[] {
  return [
    integerOption(
      '--max-row-bytes <number>',
      'refuse results with a larger row; AWS says 65536',
      OPTION_RANGES.maxResultBytes,
    ),
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

/** An option of the server under its name on a command line, with its range and default. */
function number(name: keyof typeof OPTION_RANGES, description: string): Option {
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return integerOption(`--${flag} <number>`, description, OPTION_RANGES[name]).default(OPTION_DEFAULTS[name]);
}

/** The first choice is the default. */
function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).default(choices[0]);
}

function parseAutoPause(text: string): AutoPauseOptions {
  const [, idleMs, resumeMs] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (idleMs === undefined) throw new InvalidArgumentError('must be idle:resume in milliseconds, such as 300000:15000');
  return { idleMs: Number(idleMs), resumeMs: Number(resumeMs) };
}
