import { Option, type Command } from 'commander';

/** How a file of events is read: JSON documents, or each of its lines as the data of a record, whatever it holds. */
export const INPUT_FORMATS = ['json', 'lines'] as const;

/** Which events a function runs on; without a file, its example events. */
export interface InputOptions {
  /** File of events. */
  readonly input: string | undefined;
  readonly inputFormat: (typeof INPUT_FORMATS)[number];
  /** Member of an input event that is its partition key. */
  readonly partitionKey: string | undefined;
  /** Whether input events without that member get a key that no other event has. */
  readonly randomKey: boolean;
}

type Raw = Readonly<Record<string, unknown>>;

/** Adds the options that name a file of events and say how it is read. */
export function addInputOptions(command: Command): Command {
  return command
    .option(
      '--input <file>',
      'own events: JSON objects, one per line or in a list, or captured records; also gzip or zstd',
    )
    .addOption(
      new Option('--input-format <kind>', 'what is a record: each JSON object, or each line as it stands')
        .choices(INPUT_FORMATS)
        .default('json'),
    )
    .option(
      '--partition-key <field>',
      'member of an input event that is its partition key, as in id or user.id,account',
    )
    .option('--random-key', 'a partition key of its own for each input event without that member');
}

const WITH_INPUT = [
  ['--partition-key', 'partitionKey'],
  ['--random-key', 'randomKey'],
  ['--input-format', 'inputFormat'],
] as const;

/** What is wrong with those that were given, one by one fine. */
export function inputProblems(raw: Raw): string[] {
  return WITH_INPUT.filter(
    ([, name]) => raw['input'] === undefined && raw[name] !== undefined && raw[name] !== 'json',
  ).map(([flag]) => `\`${flag}\` goes with \`--input FILE\`; the example events have a key of their own`);
}

/** Takes them out of what commander has read. */
export function inputOptionsOf(raw: Raw): InputOptions {
  return {
    input: raw['input'] as string | undefined,
    inputFormat: raw['inputFormat'] as InputOptions['inputFormat'],
    partitionKey: raw['partitionKey'] as string | undefined,
    randomKey: raw['randomKey'] === true,
  };
}
