import { Command } from 'commander';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { UsageError } from '../../command-line/usage-error.ts';

/** Where the mapping reads from: the Kinesis emulator, or memory, which is faster and holds more. */
export const SOURCES = ['kinesis', 'memory'] as const;

/** What one local run is asked to do. */
export interface RunOptions {
  /** Folder under `functions/`. */
  readonly function: string;
  /** File with one JSON event per line, instead of the function's example events. */
  readonly input: string | undefined;
  /** Member of an input event that is its partition key. */
  readonly partitionKey: string | undefined;
  /** Events in the backlog; all of the input when not given. */
  readonly events: number | undefined;
  readonly shards: number;
  readonly batchSize: number;
  readonly maxBatchingWindow: number;
  readonly parallelizationFactor: number;
  readonly dataApiLatencyMs: number;
  /** New events per second that keep arriving while the backlog is worked off. */
  readonly rate: number;
  readonly source: (typeof SOURCES)[number];
  readonly keepRunning: boolean;
  /** Seconds for which the database goes away once a third of the backlog is done; 0 for never. */
  readonly databaseDownSeconds: number;
  /** Seed of one run of chaos, which takes the place of the usual run. */
  readonly chaosSeed: number | undefined;
  /** An existing PostgreSQL, instead of an embedded one. */
  readonly databaseUrl: string | undefined;
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
}

interface NumberOption {
  readonly flag: string;
  readonly says: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number | undefined;
}

const NUMBERS = {
  events: { flag: 'events', says: 'events in the backlog', min: 1, max: 100_000_000, fallback: undefined },
  shards: { flag: 'shards', says: 'shards of the stream', min: 1, max: 100, fallback: 2 },
  batchSize: { flag: 'batch-size', says: 'records per batch', ...BATCH_SIZE, fallback: 1000 },
  maxBatchingWindow: {
    flag: 'max-batching-window',
    says: 'seconds to wait for a full batch',
    ...MAX_BATCHING_WINDOW_SECONDS,
    fallback: 0,
  },
  parallelizationFactor: {
    flag: 'parallelization-factor',
    says: 'batches in flight per shard',
    ...PARALLELIZATION_FACTOR,
    fallback: 2,
  },
  dataApiLatencyMs: {
    flag: 'data-api-latency-ms',
    says: 'milliseconds added to each Data API call; about 17 in region',
    min: 0,
    max: 60_000,
    fallback: 0,
  },
  rate: {
    flag: 'rate',
    says: 'new events per second that keep arriving meanwhile',
    min: 0,
    max: 100_000,
    fallback: 0,
  },
  databaseDownSeconds: {
    flag: 'database-down',
    says: 'seconds for which the database goes away in mid-drain',
    min: 0,
    max: 3_600,
    fallback: 0,
  },
  chaosSeed: {
    flag: 'chaos',
    says: 'seed of a run in which everything goes wrong, with a verdict at its end',
    min: 0,
    max: 2 ** 31,
    fallback: undefined,
  },
} as const satisfies Record<string, NumberOption>;

type Raw = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Reads the command line of `npm start`.
 *
 * @param argv arguments after the program's name
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} naming every option that is wrong at once
 */
export function parseRunOptions(argv: readonly string[]): RunOptions | undefined {
  const raw = parseCommandLine<Raw>(createCommand(), argv);
  return raw === undefined ? undefined : checkOptions(raw);
}

function createCommand(): Command {
  const command = new Command('npm start --')
    .description(
      'Fill a stream while its consumer is stopped, start the consumer, and watch it catch up: no AWS account needed.',
    )
    .option('--function <name>', 'folder under functions/ (default: flights)')
    .option('--input <file>', 'own events, one JSON object per line')
    .option('--partition-key <field>', 'member of an input event that is its partition key');
  for (const { flag, says, min, max, fallback } of Object.values<NumberOption>(NUMBERS)) {
    const byDefault =
      flag === 'events' ? ' (default: all of them)' : fallback === undefined ? '' : ` (default: ${fallback})`;
    command.option(`--${flag} <n>`, `${says}, ${min} to ${max}${byDefault}`);
  }
  return command
    .option('--source <kind>', `where the mapping reads from: ${SOURCES.join(' or ')} (default: kinesis)`)
    .option('--keep-running', 'go on after the backlog is gone, until Ctrl-C')
    .option('--database-url <url>', 'an existing PostgreSQL instead of the embedded one')
    .option('--report <file>', 'write the summary as JSON');
}

function checkOptions(raw: Raw): RunOptions {
  const problems: string[] = [];
  const numbers = Object.fromEntries(
    Object.entries<NumberOption>(NUMBERS).map(([name, option]) => [
      name,
      checkNumber(option, raw[memberOf(option)], problems),
    ]),
  ) as unknown as Record<keyof typeof NUMBERS, number>;
  const source = text(raw, 'source') ?? 'kinesis';
  if (!isSource(source)) problems.push(`\`--source\` must be ${SOURCES.join(' or ')}, got ${JSON.stringify(source)}`);
  const given = {
    input: text(raw, 'input'),
    partitionKey: text(raw, 'partitionKey'),
    databaseUrl: text(raw, 'databaseUrl'),
  };
  problems.push(...combinationProblems({ ...given, databaseDownSeconds: numbers.databaseDownSeconds }));
  if (problems.length > 0) throw new UsageError(problems);
  return {
    ...numbers,
    function: text(raw, 'function') ?? 'flights',
    source: source as RunOptions['source'],
    keepRunning: raw['keepRunning'] === true,
    report: text(raw, 'report'),
    ...given,
  };
}

/** Options that are fine alone and not together. */
function combinationProblems(
  given: Pick<RunOptions, 'input' | 'partitionKey' | 'databaseUrl' | 'databaseDownSeconds'>,
): string[] {
  const problems: string[] = [];
  if (given.input !== undefined && given.partitionKey === undefined) {
    problems.push('`--input` needs `--partition-key FIELD`: which member of an event is its partition key?');
  }
  if (given.input === undefined && given.partitionKey !== undefined) {
    problems.push('`--partition-key` goes with `--input FILE`; the example events have a key of their own');
  }
  if (given.databaseDownSeconds > 0 && given.databaseUrl !== undefined) {
    problems.push('`--database-down` needs the embedded PostgreSQL; leave `--database-url` out');
  }
  return problems;
}

/** The member that commander keeps an option under. */
function memberOf({ flag }: NumberOption): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function isSource(text: string): text is RunOptions['source'] {
  return SOURCES.some((source) => source === text);
}

function text(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}

function checkNumber(
  { flag, min, max, fallback }: NumberOption,
  given: string | boolean | undefined,
  problems: string[],
): number | undefined {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (/^\d+$/.test(String(given)) && value >= min && value <= max) return value;
  problems.push(`\`--${flag}\` must be an integer from ${min} to ${max}, got ${JSON.stringify(given)}`);
  return undefined;
}
