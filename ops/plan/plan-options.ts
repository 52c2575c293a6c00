import { Command } from 'commander';
import { addInputOptions, inputOptionsOf, inputProblems, type InputOptions } from '../../command-line/input-options.ts';
import { outputFileProblems } from '../../command-line/output-file.ts';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { commandOf } from '../../command-line/program-name.ts';
import type { TargetOptions } from '../stack/target-options.ts';
import { FIGURES, figureOption, figureProblems, type PlanFigures, type PlanSwitches } from './plan-figures.ts';

/** What `npm run plan` is asked for. */
export interface PlanOptions extends PlanSwitches {
  /** Those that were given. */
  readonly figures: PlanFigures;
  /** File of prices that takes the place of `planner/prices.json`. */
  readonly prices: string | undefined;
  /** File that gets the picture. */
  readonly svg: string | undefined;
  readonly json: boolean;
  /** The function that is measured on this machine first, if one is. */
  readonly calibration: FunctionToMeasure | undefined;
  /** A stack that is asked first, or a world on this machine. */
  readonly from: TargetOptions | undefined;
}

/** A function of this project, and the events that it is measured with. */
export interface FunctionToMeasure extends InputOptions {
  /** Folder under `functions/`, or its path. */
  readonly functionName: string;
}

type Raw = Readonly<Record<string, string | number | boolean | undefined>>;

const EXAMPLES = `
Exit codes: 0 a plan was made, even one that says "never"; 2 the command is wrong; 3 the stack could not be read.

Example: two days behind at 65 records a second
  ${commandOf('plan')} --arrival-rate 65 --backlog-age 2d --record-bytes 150 --parallelization-factor 2
and what ten lanes would do for a stack
  ${commandOf('plan')} --from-stack flights-prod --parallelization-factor 10
and with the time that a function of your own takes for a batch
  ${commandOf('plan')} --calibrate --function orders --input orders.ndjson --arrival-rate 65 --backlog-age 2d`;

/**
 * Reads the command line of the planner.
 *
 * @param argv arguments after the program's name
 * @returns undefined when help was asked for and has been printed
 * @throws `UsageError` with everything that is wrong
 */
export function parsePlanOptions(argv: readonly string[]): PlanOptions | undefined {
  const raw = parseCommandLine<Raw>(createCommand(), argv, (given) => [
    ...missingProblems(given),
    ...sourceProblems(given),
    ...figureProblems(figuresOf(given)),
    ...calibrationProblems(given),
    ...outputFileProblems('--svg', textOf(given, 'svg')),
  ]);
  if (raw === undefined) return undefined;
  return {
    figures: figuresOf(raw),
    enhancedFanOut: raw['enhancedFanOut'] === true,
    onDemand: raw['onDemand'] === true,
    prices: textOf(raw, 'prices'),
    svg: textOf(raw, 'svg'),
    json: raw['json'] === true,
    calibration: calibrationOf(raw),
    from: sourceOf(raw),
  };
}

function createCommand(): Command {
  const command = new Command(commandOf('plan')).description(
    'Plan a catch-up: how long it takes, what limits it, what it costs, and which settings help.',
  );
  for (const spec of Object.values(FIGURES)) command.addOption(figureOption(spec));
  command
    .option('--calibrate', 'measure on this machine how long batches of a function take', false)
    .option(
      '--function <name>',
      `folder under functions/, or its path, for \`--calibrate\` (default: ${DEFAULT_FUNCTION})`,
    );
  return addInputOptions(command)
    .option('--enhanced-fan-out', 'the consumer has its own 2 MB/s per shard', false)
    .option('--on-demand', 'the stream is on demand, which changes what it costs', false)
    .option('--from-stack <name>', 'read the figures from a deployed stack; options you pass override them')
    .option('--region <name>', 'the region of the stack')
    .option('--local [name]', 'read them from a local world, started with `npm start -- --keep-running`')
    .option('--prices <file>', 'use these prices instead of planner/prices.json')
    .option('--svg <file>', 'draw the age of the backlog over time')
    .option('--json', 'print JSON', false)
    .addHelpText('after', EXAMPLES);
}

function missingProblems(raw: Raw): string[] {
  if (raw['arrivalRate'] !== undefined || sourceOf(raw) !== undefined) return [];
  return ['missing `--arrival-rate`: pass the records that arrive per second, or use `--from-stack NAME` to read it'];
}

function sourceProblems(raw: Raw): string[] {
  if (raw['fromStack'] !== undefined && raw['local'] !== undefined) {
    return ['`--from-stack` and `--local` name two sources; leave one of them out'];
  }
  return raw['region'] !== undefined && raw['fromStack'] === undefined ? ['`--region` goes with `--from-stack`'] : [];
}

/** The worked example. */
const DEFAULT_FUNCTION = 'flights';

function calibrationProblems(raw: Raw): string[] {
  if (raw['calibrate'] === true) return inputProblems(raw);
  return ['function', 'input', 'partitionKey', 'randomKey']
    .filter((name) => raw[name] !== undefined)
    .map(
      (name) => `\`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\` goes with \`--calibrate\``,
    );
}

function calibrationOf(raw: Raw): FunctionToMeasure | undefined {
  if (raw['calibrate'] !== true) return undefined;
  return { functionName: textOf(raw, 'function') ?? DEFAULT_FUNCTION, ...inputOptionsOf(raw) };
}

function sourceOf(raw: Raw): TargetOptions | undefined {
  const [stack, region, local] = [textOf(raw, 'fromStack'), textOf(raw, 'region'), raw['local']];
  if (stack === undefined && local === undefined) return undefined;
  return {
    ...(stack !== undefined && { stack }),
    ...(region !== undefined && { region }),
    ...(local !== undefined && { local: local === true ? true : String(local) }),
    json: raw['json'] === true,
  };
}

function figuresOf(raw: Raw): PlanFigures {
  const names = Object.keys(FIGURES) as readonly (keyof PlanFigures)[];
  return Object.fromEntries(names.flatMap((name) => (typeof raw[name] === 'number' ? [[name, raw[name]]] : [])));
}

function textOf(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}
