import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../../command-line/usage-error.ts';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';

/** What is looked for; at least one of them. */
export interface Wanted {
  readonly eventId: string | undefined;
  /** A record of a shard. */
  readonly sequence: string | undefined;
  /** Shard of that record. */
  readonly shard: string | undefined;
  readonly partitionKey: string | undefined;
}

/** What `npm run ops -- find` is asked to do. */
export interface FindOptions extends TargetOptions, Wanted {}

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createFindCommand(action: (options: FindOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('find'))
    .description(
      'Show what became of one event: in effect, skipped, waiting, quarantined, redriven, given up, or not seen.',
    )
    .argument('[event-id]', 'id of the event, as the projection makes it')
    .option('--sequence <number>', 'sequence number of its record', sequenceNumber)
    .option('--shard <id>', 'shard of that record; its sequence number says so, too')
    .option('--partition-key <key>', 'list list the quarantined events of this partition key')
    .addHelpText(
      'after',
      examples(
        'find order-17 --stack flights-prod',
        'find --local --sequence 49671300245826783406234729480174538462537801476378001410',
        'find --stack flights-prod --partition-key customer-4',
      ),
    )
    .action(async (eventId: string | undefined, options: Omit<FindOptions, 'eventId'>) => {
      const problems = problemsOf({ ...options, eventId });
      if (problems.length > 0) throw new UsageError(problems);
      await action({ ...options, eventId });
    });
}

function problemsOf({ eventId, sequence, shard, partitionKey }: Wanted): readonly string[] {
  const isNothing = eventId === undefined && sequence === undefined && partitionKey === undefined;
  return [
    ...(shard !== undefined && sequence === undefined ? ['`--shard` must come with `--sequence`'] : []),
    ...(isNothing ? ['missing event id: pass it, `--sequence`, or `--partition-key`'] : []),
  ];
}

function sequenceNumber(text: string): string {
  if (/^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('must be the digits of a sequence number');
}
