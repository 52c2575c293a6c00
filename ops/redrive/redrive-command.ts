import { Command, Option } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { parseIsoTime } from '../stack/time-option.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';
import type { QuarantineFilter } from './quarantine-filter.ts';

/** What `npm run ops -- redrive` is asked to do. */
export interface RedriveOptions extends QuarantineFilter, TargetOptions {
  readonly apply: boolean;
  /** List each item, and not only how many there are for each reason. */
  readonly details: boolean;
  /** Bytes of each payload to show; undefined for none. */
  readonly payload?: number;
  /** After putting back, wait until each entry is in effect. */
  readonly verify: boolean;
  /** Longest wait for that, in seconds. */
  readonly verifyTimeout: number;
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

/** Enough to recognize an event. */
const DEFAULT_PAYLOAD_BYTES = 200;

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createRedriveCommand(action: (options: RedriveOptions) => Promise<void>): Command {
  const command = addTargetOptions(new Command('redrive')).description(
    'List what is in the quarantine, or in an on-failure bucket or folder, by reason; with --apply, put it back on the stream.',
  );
  return addPlaces(addFilter(addDoing(command)))
    .addHelpText(
      'after',
      examples(
        'redrive --stack flights-prod',
        'redrive --stack flights-prod --reason schema --payload',
        'redrive --local --apply --verify',
        'redrive --local --bucket',
      ),
    )
    .action(async ({ function: functionName, ...options }: RedriveOptions & { readonly function?: string }) => {
      await action({ ...options, functionName });
    });
}

function addDoing(command: Command): Command {
  return command
    .option('--details', 'list each entry or object', false)
    .addOption(
      integerOption('--payload [bytes]', 'list each entry with the start of its payload', {
        min: 1,
        max: 10_000,
      }).preset(DEFAULT_PAYLOAD_BYTES),
    )
    .option('--apply', 'put the records back and mark them (without it, nothing changes)', false)
    .option('--verify', 'with --apply: wait until each entry is in effect, or in the quarantine again', false)
    .addOption(
      integerOption('--verify-timeout <seconds>', 'how long `--verify` waits', { min: 1, max: 86_400 }).default(300),
    )
    .addOption(integerOption('--rate <n>', 'records per second', { min: 1, max: 10_000 }).default(100))
    .addOption(integerOption('--limit <n>', 'most items', { min: 1, max: 1_000_000 }).default(1_000_000));
}

function addFilter(command: Command): Command {
  return command
    .option('--function <name>', 'only entries of this function')
    .option('--reason <code>', 'only entries with this reason, such as schema or database')
    .option('--partition-key <key>', 'only entries with this partition key')
    .option('--since <time>', 'only entries quarantined at or after it, ISO 8601', parseIsoTime)
    .option('--until <time>', 'only entries quarantined before it, ISO 8601', parseIsoTime)
    .option('--again', 'also entries that were already put back', false);
}

function addPlaces(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--bucket [name]',
        'on-failure objects instead: those in the bucket of the stack, or in another one',
      ).conflicts('failures'),
    )
    .option('--prefix <prefix>', 'with --bucket: only objects whose keys begin with this; default aws/lambda/')
    .option(
      '--failures <folder>',
      'on-failure objects instead: those in a local copy of the bucket, made with aws s3 sync',
    )
    .option(
      '--keep-places',
      "with --bucket or --failures: keep each record's position and arrival time, for projections that use them",
      false,
    );
}
