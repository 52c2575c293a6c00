import { Command } from 'commander';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { FAULTS } from './faults/fault-kind.ts';
import { MUTATIONS, type MutationName } from './mutation.ts';

/** What `npm run chaos` is asked to do. */
export interface ChaosOptions {
  readonly runs: number;
  /** Seed of the first run; each further run has the next one. */
  readonly seed: number;
  /** Every so many runs one reads from the Kinesis emulator instead of memory; 0 for none. */
  readonly emulatorEvery: number;
  /** Parts of the engine to take out, one after the other: then the runs must show it. */
  readonly mutations: readonly MutationName[];
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
}

const NUMBERS = {
  runs: {
    flag: 'runs',
    says: 'runs to make, one after the other; with `--mutation`, at most for each',
    min: 1,
    max: 100_000,
    fallback: 20,
  },
  seed: {
    flag: 'seed',
    says: 'seed of the first run; each further one has the next',
    min: 0,
    max: 2 ** 31,
    fallback: 1,
  },
  emulatorEvery: {
    flag: 'emulator-every',
    says: 'every so many runs one reads from the Kinesis emulator, 0 for none',
    min: 0,
    max: 100_000,
    fallback: 20,
  },
} as const;

type Raw = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line of `npm run chaos`.
 *
 * @param argv arguments after the program's name
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} naming every option that is wrong at once
 */
export function parseChaosOptions(argv: readonly string[]): ChaosOptions | undefined {
  const raw = parseCommandLine<Raw>(createCommand(), argv);
  return raw === undefined ? undefined : checkOptions(raw);
}

function createCommand(): Command {
  const command = new Command('npm run chaos --').description(
    'Drain small backlogs while everything goes wrong, and check after each that every event is exactly once in effect or set aside.',
  );
  for (const { flag, says, min, max, fallback } of Object.values(NUMBERS)) {
    command.option(`--${flag} <n>`, `${says}, ${min} to ${max} (default: ${fallback})`);
  }
  return command
    .option(
      '--mutation <name>',
      `take out a part of the engine, which the runs must notice: ${ALL} for each in turn, or one of those below`,
    )
    .option('--report <file>', 'write the result as JSON')
    .addHelpText('after', () =>
      [
        '',
        ...describeList('What goes wrong:', Object.entries(FAULTS)),
        '',
        ...describeList(
          'Mutations:',
          Object.entries(MUTATIONS).map(([name, { says }]) => [name, says]),
        ),
      ].join('\n'),
    );
}

/** Stands for every mutation. */
const ALL = 'all';

function describeList(title: string, entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return [title, ...entries.map(([name, says]) => `  ${name.padEnd(width)}  ${says}`)];
}

function checkOptions(raw: Raw): ChaosOptions {
  const problems: string[] = [];
  const numbers = Object.fromEntries(
    Object.entries(NUMBERS).map(([name, { flag, min, max, fallback }]) => {
      const given = raw[name] ?? String(fallback);
      if (/^\d+$/.test(given) && Number(given) >= min && Number(given) <= max) return [name, Number(given)];
      problems.push(`\`--${flag}\` must be an integer from ${min} to ${max}, got ${JSON.stringify(given)}`);
      return [name, fallback];
    }),
  ) as unknown as Record<keyof typeof NUMBERS, number>;
  const { mutation, report } = raw;
  const mutations =
    mutation === undefined ? [] : MUTATION_NAMES.filter((name) => name === mutation || mutation === ALL);
  if (mutation !== undefined && mutations.length === 0) {
    problems.push(
      `\`--mutation\` must be ${ALL} or one of ${MUTATION_NAMES.join(', ')}, got ${JSON.stringify(mutation)}`,
    );
  }
  if (problems.length > 0) throw new UsageError(problems);
  return { ...numbers, mutations, report };
}

const MUTATION_NAMES = Object.keys(MUTATIONS) as MutationName[];
