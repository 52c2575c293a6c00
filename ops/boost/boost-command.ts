import { Command } from 'commander';
import { durationOption } from '../../command-line/quantity-options.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';

/** What `npm run ops -- boost` is asked to do. */
export interface BoostOptions extends TargetOptions {
  /** When the consumer should have caught up, in seconds from now; undefined to end a boost. */
  readonly withinSeconds: number | undefined;
  /** How long it stays, in seconds. */
  readonly forSeconds: number;
  readonly apply: boolean;
  readonly end: boolean;
}

const DAY = 86_400;

/** Time that a boost stays beyond what it is to be done in: mappings take minutes to change, and plans are not exact. */
const LONGER = 2;

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createBoostCommand(action: (options: BoostOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('boost'))
    .description(
      'Show which settings to raise to catch up in time, and what that costs; with --apply, raise them temporarily: those of the mapping, the reserved ' +
        'concurrency if there is one, and the capacity of the cluster if the stack made it.',
    )
    .addOption(
      durationOption('--within <time>', 'time in which the consumer should catch up', { min: 60, max: 7 * DAY }),
    )
    .addOption(
      durationOption('--for <time>', 'how long the boost lasts; default: twice `--within`', {
        min: 60,
        max: 7 * DAY,
      }),
    )
    .option('--apply', 'change the settings (without it, nothing changes)', false)
    .option('--end', 'end a boost now and restore the settings', false)
    .addHelpText(
      'after',
      examples(
        'boost --stack flights-prod --within 20m',
        'boost --stack flights-prod --within 20m --apply',
        'boost --stack flights-prod --end',
      ),
    )
    .action(async (raw: RawOptions) => {
      const { within, for: stays, end, ...options } = raw;
      if (end === (within !== undefined)) {
        throw new UsageError(['pass either `--within TIME` or `--end`']);
      }
      await action({ ...options, end, withinSeconds: within, forSeconds: stays ?? LONGER * (within ?? 0) });
    });
}

interface RawOptions extends TargetOptions {
  readonly within?: number;
  readonly for?: number;
  readonly apply: boolean;
  readonly end: boolean;
}
