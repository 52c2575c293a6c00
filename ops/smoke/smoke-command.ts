import { Command, InvalidArgumentError } from 'commander';
import { addTargetOptions, examples, type TargetOptions } from '../stack/target-options.ts';
import { QUESTIONS } from './questions.ts';

/** What `npm run ops -- smoke` is asked to do. */
export interface SmokeOptions extends TargetOptions {
  /** File with events to send, a JSON document a line. */
  readonly events?: string;
  /** Member of an event that is its partition key; undefined for one key for all. */
  readonly partitionKey?: string;
  /** Names of the questions to ask; undefined for all. */
  readonly only?: readonly string[];
  /** Names of questions to leave out. */
  readonly skip: readonly string[];
  /** Where the report goes, as Markdown or, with `.json` at its end, as JSON. */
  readonly report?: string;
  /** Also on a stage that is protected. */
  readonly force: boolean;
  readonly function?: string;
}

const NAMES = QUESTIONS.map(({ name }) => name).join(', ');

/**
 * Describes the subcommand to commander.
 *
 * @param action gets the options once they are sound
 */
export function createSmokeCommand(action: (options: SmokeOptions) => Promise<void>): Command {
  return addTargetOptions(new Command('smoke'))
    .description(
      `Check what only a real AWS account can show, after the first deployment of a test stage; takes about 15 minutes, and pauses the consumer. Questions: ${NAMES}.`,
    )
    .option(
      '--events <file>',
      'events to send, one JSON document per line; each is sent at least twice, so it must be harmless',
    )
    .option('--partition-key <member>', 'the member of an event that is its partition key; default: one key for all')
    .option('--only <names>', 'only these questions, separated by commas', questionNames)
    .option('--skip <names>', 'leave these questions out', questionNames, [])
    .option('--report <file>', 'also write the report to this file: JSON if its name ends in .json, otherwise Markdown')
    .option('--force', 'also on a stage that is protected from deletion, as production is', false)
    .option('--function <name>', "the function's folder, if the stack is not named after it")
    .addHelpText(
      'after',
      examples(
        'smoke --stack flights-dev --events probes.ndjson',
        'smoke --stack flights-dev --only page --report smoke.md',
        'smoke --local --events probes.ndjson',
      ),
    )
    .action(action);
}

function questionNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const strange = names.filter((name) => !QUESTIONS.some((question) => question.name === name));
  if (strange.length > 0) throw new InvalidArgumentError(`must be among ${NAMES}; got ${strange.join(', ')}`);
  return names;
}
