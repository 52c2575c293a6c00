import { Command } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { parseIsoTime } from '../stack/time-option.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';

/** What `npm run ops -- verify` is asked to do. */
export interface VerifyCommandOptions extends TargetOptions {
  /** ISO 8601 in UTC: records that arrived by then; undefined for all that the consumer has passed. */
  readonly until?: string;
  /** ISO 8601 in UTC: records that arrived from then on; undefined for all that the stream has. */
  readonly since?: string;
  /** Rows of one record in so many are compared with the tables. */
  readonly sample: number;
  /** Percent of what a shard gives to all of its readers together. */
  readonly readShare: number;
  /** Name or path of the function's folder; undefined for the one that the stack is named after. */
  readonly function?: string;
}

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createVerifyCommand(action: (options: VerifyCommandOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('verify'))
    .description(
      'Prove that every record of the stream is in effect, skipped, in the quarantine or in the on-failure bucket, and that what runs is what was built. Reads only.',
    )
    .option(
      '--until <time>',
      'up to this arrival time, ISO 8601; default: up to the position of the consumer',
      parseIsoTime,
    )
    .option('--since <time>', 'from this arrival time on, ISO 8601; default: from the oldest record', parseIsoTime)
    .addOption(
      integerOption('--sample <n>', 'compare the rows of one record in n with the tables', {
        min: 1,
        max: 1_000_000,
      }).default(1),
    )
    .addOption(
      integerOption('--read-share <percent>', 'share to use of the 5 reads and 2 MB a second of a shard', {
        min: 1,
        max: 100,
      }).default(25),
    )
    .option('--function <name>', "the function's folder, if the stack is not named after it")
    .addHelpText('after', examples('verify --stack flights-prod --until 2026-11-26T09:00:00Z', 'verify --local --json'))
    .action(action);
}
