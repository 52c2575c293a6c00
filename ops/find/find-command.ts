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
    .option('--sequence <number>', 'sequence number of its record, with --shard', sequenceNumber)
    .option('--shard <id>', 'shard of the record, such as shardId-000000000003')
    .option('--partition-key <key>', 'list the quarantined events of this partition key')
    .addHelpText(
      'after',
      examples(
        'find order-17 --stack flights-prod',
        'find --local --shard shardId-000000000000 --sequence 49671',
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
  if ((sequence === undefined) !== (shard === undefined)) {
    return ['`--sequence` and `--shard` go together: log lines and the quarantine have both'];
  }
  if (eventId === undefined && sequence === undefined && partitionKey === undefined) {
    return ['missing event id: pass it, `--shard` with `--sequence`, or `--partition-key`'];
  }
  return [];
}

function sequenceNumber(text: string): string {
  if (/^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('must be the digits of a sequence number');
}
