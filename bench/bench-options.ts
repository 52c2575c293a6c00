import { Command, Option } from 'commander';
import { outputFileProblems } from '../command-line/output-file.ts';
import { parseCommandLine } from '../command-line/parse-command-line.ts';
import { SCENARIOS } from './scenarios.ts';

/** What one bench is asked to do. */
export interface BenchOptions {
  /** Names of the scenarios to run. */
  readonly scenarios: readonly string[];
  /** Whether everything is run at full length: then the page of the documentation is written. */
  readonly isComplete: boolean;
  readonly isQuick: boolean;
  /** File that gets the report as JSON. */
  readonly report: string | undefined;
  /** File that gets the bar chart as SVG. */
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
  const { scenario = NAMES, without = [], quick = false, report, chart } = raw;
  const scenarios = scenario.filter((name) => !without.includes(name));
  return { scenarios, isComplete: !quick && scenarios.length === NAMES.length, isQuick: quick, report, chart };
}

const NAMES = SCENARIOS.map(({ name }) => name);

interface RawOptions {
  readonly scenario?: readonly string[];
  readonly without?: readonly string[];
  readonly quick?: boolean;
  readonly report?: string;
  readonly chart?: string;
}

const PAGE_HINT = `A bench of everything writes docs/benchmarks.md and its chart; so does npm run docs:bench -- FILE... from reports.`;

function createCommand(): Command {
  const scenarios = SCENARIOS.map(({ name, says }) => `  ${name.padEnd(18)}${says}`).join('\n');
  const only = new Option('--scenario <name...>', 'only these scenarios (default: all)');
  const without = new Option('--without <name...>', 'all but these scenarios');
  return new Command('npm run bench --')
    .description('Compare this project with the usual alternatives: same events, database and machine.')
    .addOption(only.choices(NAMES))
    .addOption(without.choices(NAMES).conflicts('scenario'))
    .option('--quick', 'fewer rounds and events: good for spotting changes, not for publishing')
    .option('--report <file>', 'write all figures as JSON')
    .option('--chart <file>', 'write the bar chart as SVG')
    .addHelpText('after', `\nScenarios:\n${scenarios}\n\n${PAGE_HINT}`);
}
