import { Command, InvalidArgumentError, Option } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';
import type { QuarantineFilter } from './quarantine-filter.ts';

/** What `npm run ops -- redrive` is asked to do. */
export interface RedriveOptions extends QuarantineFilter, TargetOptions {
  readonly apply: boolean;
  /** Records per second. */
  readonly rate: number;
  /** Most items. */
  readonly limit: number;
  /** Folder with on-failure objects, instead of the quarantine. */
  readonly failures?: string;
  /** Bucket with on-failure objects, instead of the quarantine; `true` for the stack's own. */
  readonly bucket?: string | true;
  /** What the keys of the bucket's objects begin with. */
  readonly prefix?: string;
  /** Whether records of on-failure objects keep the place they had. */
  readonly keepPlaces: boolean;
}

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createRedriveCommand(action: (options: RedriveOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('redrive'))
    .description(
      'List what is in quarantine, or in an on-failure bucket or folder, and with --apply put it back on the stream.',
    )
    .option('--apply', 'put the records back and mark them; without it nothing is changed', false)
    .option('--function <name>', 'only entries of this function')
    .option('--reason <code>', 'only entries with this reason, such as schema or database')
    .option('--partition-key <key>', 'only entries with this partition key')
    .option('--since <time>', 'only entries quarantined at or after it, ISO 8601', isoTime)
    .option('--until <time>', 'only entries quarantined before it, ISO 8601', isoTime)
    .option('--again', 'entries that were put back before, too', false)
    .addOption(
      new Option(
        '--bucket [name]',
        'on-failure objects instead: those in the bucket of the stack, or in another one',
      ).conflicts('failures'),
    )
    .option('--prefix <prefix>', 'with --bucket: only objects whose keys begin so; aws/lambda/ when left out')
    .option('--failures <folder>', 'on-failure objects instead: a folder with a copy of the bucket, by aws s3 sync')
    .option(
      '--keep-places',
      "with --bucket or --failures: keep each record's place and arrival, for projections that use them",
      false,
    )
    .addOption(integerOption('--rate <n>', 'records per second', { min: 1, max: 10_000 }).default(100))
    .addOption(integerOption('--limit <n>', 'most items', { min: 1, max: 1_000_000 }).default(1_000_000))
    .addHelpText(
      'after',
      examples('redrive --stack flights-prod --reason schema', 'redrive --local --apply', 'redrive --local --bucket'),
    )
    .action(async ({ function: functionName, ...options }: RedriveOptions & { readonly function?: string }) => {
      await action({ ...options, functionName });
    });
}

function isoTime(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new InvalidArgumentError('must be a time such as 2026-01-31T09:00:00Z');
}
