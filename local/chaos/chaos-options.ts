import { Command, Option } from 'commander';
import { integerOption } from '../../command-line/integer-option.ts';
import { outputFileProblems } from '../../command-line/output-file.ts';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { FAULTS } from './faults/fault-kind.ts';
import { MUTATIONS, type MutationName } from './mutation.ts';

/** What `npm run chaos` is asked to do. */
export interface ChaosOptions {
  readonly runs: number;
  /** Seed of the first run; each further run has the next one. */
  readonly seed: number;
  /** Every so many runs one reads from the Kinesis emulator instead of memory; 0 for none. */
  readonly emulatorEvery: number;
  /** A part of the engine to take out, or all of them one after the other: then the runs must show it. */
  readonly mutation: MutationName | 'all' | undefined;
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
}

const NUMBERS = {
  runs: {
    flag: 'runs',
    says: 'number of runs, one after the other; with `--mutation`, the maximum for each mutation',
    min: 1,
    max: 100_000,
    fallback: 20,
  },
  seed: {
    flag: 'seed',
    says: 'seed of the first run, counted up by one for each further run',
    min: 0,
    max: 2 ** 31,
    fallback: 1,
  },
  emulatorEvery: {
    flag: 'emulator-every',
    says: 'every n-th run reads from the Kinesis emulator, 0 for none',
    min: 0,
    max: 100_000,
    fallback: 20,
  },
} as const;

/**
 * Reads the command line of `npm run chaos`.
 *
 * @param argv arguments after the program's name
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} naming every option that is wrong at once
 */
export function parseChaosOptions(argv: readonly string[]): ChaosOptions | undefined {
  return parseCommandLine<ChaosOptions>(createCommand(), argv, ({ report }) => outputFileProblems('--report', report));
}

function createCommand(): Command {
  const command = new Command('npm run chaos --').description(
    'Drain small backlogs under injected faults, and check after each that every event is in effect or quarantined, exactly once.',
  );
  for (const { flag, says, fallback, ...range } of Object.values(NUMBERS)) {
    command.addOption(integerOption(`--${flag} <n>`, says, range).default(fallback));
  }
  const mutations = new Option('--mutation <name>', 'remove one safeguard of the engine; the runs must notice');
  return command
    .addOption(mutations.choices(['all', ...Object.keys(MUTATIONS)]))
    .option('--report <file>', 'write the result as JSON')
    .addHelpText('after', () =>
      [
        ...describeList('What goes wrong:', Object.entries(FAULTS)),
        ...describeList(
          'Mutations:',
          Object.entries(MUTATIONS).map(([name, { says }]) => [name, says]),
        ),
      ].join('\n'),
    );
}

function describeList(title: string, entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return ['', title, ...entries.map(([name, says]) => `  ${name.padEnd(width)}  ${says}`)];
}
