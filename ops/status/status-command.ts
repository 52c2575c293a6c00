import { Command } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';

/** What `npm run ops -- status` is asked to do. */
export interface StatusOptions extends TargetOptions {
  /** Look again and again, until Ctrl-C. */
  readonly watch: boolean;
  /** Seconds between two looks. */
  readonly every: number;
}

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createStatusCommand(action: (options: StatusOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('status'))
    .description('Show how far behind the consumer is and why, the time left, and what needs you.')
    .option('--watch', 'refresh until Ctrl-C', false)
    .addOption(
      integerOption('--every <seconds>', 'with --watch: seconds between refreshes', { min: 5, max: 3600 }).default(15),
    )
    .addHelpText('after', examples('status --stack flights-prod', 'status --local --watch', 'status --local --json'))
    .action(action);
}
