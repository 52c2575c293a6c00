import { join } from 'node:path';
import { Command, Option } from 'commander';
import { outputFileProblems } from '../command-line/output-file.ts';
import { parseCommandLine } from '../command-line/parse-command-line.ts';
import { SCENARIOS } from './scenarios.ts';

/** The picture that the documentation shows. */
const DEFAULT_CHART = join(import.meta.dirname, '../docs/benchmarks.svg');

/** What one bench is asked to do. */
export interface BenchOptions {
  /** Names of scenarios; all when empty. */
  readonly scenarios: readonly string[];
  readonly isQuick: boolean;
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
  /** File that gets the bar chart as SVG; by default only a complete bench writes one, into the documentation. */
  readonly chart: string | undefined;
}

/**
 * Reads the command line of `npm run bench`.
 *
 * @param argv arguments after the program's name
 * @returns the options, or `undefined` when help was asked for and has been printed
 * @throws {@link UsageError} naming every option that is wrong at once
 */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | undefined {
  const raw = parseCommandLine<RawOptions>(createCommand(), argv, ({ report, chart }) => [
    ...outputFileProblems('--report', report),
    ...outputFileProblems('--chart', chart),
  ]);
  if (raw === undefined) return undefined;
  const { scenario = [], quick = false, report, chart } = raw;
  const isComplete = !quick && scenario.length === 0;
  return { scenarios: scenario, isQuick: quick, report, chart: chart ?? (isComplete ? DEFAULT_CHART : undefined) };
}

interface RawOptions {
  readonly scenario?: readonly string[];
  readonly quick?: boolean;
  readonly report?: string;
  readonly chart?: string;
}

function createCommand(): Command {
  const scenarios = SCENARIOS.map(({ name, says }) => `  ${name.padEnd(18)}${says}`).join('\n');
  const only = new Option('--scenario <name...>', 'only these scenarios (default: all)');
  return new Command('npm run bench --')
    .description('Compare this project with the usual alternatives: same events, database and machine.')
    .addOption(only.choices(SCENARIOS.map(({ name }) => name)))
    .option('--quick', 'fewer rounds and events: good for spotting changes, not for publishing')
    .option('--report <file>', 'write all figures as JSON')
    .option('--chart <file>', 'write the bar chart as SVG (default: docs/benchmarks.svg, when everything is run)')
    .addHelpText('after', `\nScenarios:\n${scenarios}`);
}
