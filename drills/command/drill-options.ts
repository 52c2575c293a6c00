import { Command, InvalidArgumentError } from 'commander';
import { outputFileProblems } from '../../command-line/output-file.ts';
import { parseCommandLine } from '../../command-line/parse-command-line.ts';
import { nearestName } from '../../contract/nearest-name.ts';
import { SCENARIOS } from '../scenarios/scenarios.ts';

/** What a drill was asked for. */
export interface DrillOptions {
  /** Synthesized unless `template` is given. */
  readonly stage: string | undefined;
  /** Settings for the synthesis, by name. */
  readonly context: Readonly<Record<string, string>>;
  /** A synthesized template. */
  readonly template: string | undefined;
  /** Empty for all. */
  readonly scenario: readonly string[];
  /** Plays what it can on the real local path too. */
  readonly live?: boolean;
  readonly report: string | undefined;
  readonly markdown: string | undefined;
}

/**
 * Reads the command line of `npm run drill`.
 *
 * @returns undefined when help was asked for and has been printed
 * @throws `UsageError` with everything that is wrong
 */
export function parseDrillOptions(argv: readonly string[]): DrillOptions | undefined {
  const command = new Command('npm run drill --')
    .description('Simulate incidents against the alarms of a template, and show who is paged and when.')
    .option('--stage <name>', 'synthesize this stage and drill it (default: "dev")')
    .option('-c, --context <name=value>', 'any setting, as for `npm run synth`; may be repeated', readContext, {})
    .option('--template <file>', 'drill this synthesized template instead of a stage')
    .option('--scenario <name>', 'only this scenario; may be repeated', collect, [])
    .option('--live', 'then run some for the stage dev with the real watchdog, on the local stream and database')
    .option('--report <file>', 'write the result as JSON')
    .option('--markdown <file>', 'write the result as Markdown')
    .addHelpText(
      'after',
      `\nScenarios:\n${describeScenarios()}\n\nExit codes: 0 all alarms behave as required, 1 an alarm is wrong, 2 the command is wrong.\n\nExample:\n  npm run drill -- --stage prod -c pageEmails=oncall@example.com --report drill.json`,
    );
  return parseCommandLine<DrillOptions>(command, argv, check);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function readContext(text: string, before: DrillOptions['context']): DrillOptions['context'] {
  const separator = text.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('must be name=value');
  return { ...before, [text.slice(0, separator)]: text.slice(separator + 1) };
}

function describeScenarios(): string {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
  return SCENARIOS.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n');
}

function check({ stage, context, template, scenario, report, markdown }: DrillOptions): readonly string[] {
  const isStageNamed = stage !== undefined || Object.keys(context).length > 0;
  const names = SCENARIOS.map(({ name }) => name);
  return [
    ...(template !== undefined && isStageNamed ? ['`--template` is used as it is: leave out `--stage` and `-c`'] : []),
    ...(stage !== undefined && 'stage' in context ? ['give the stage once, as `--stage` or as `-c stage=...`'] : []),
    ...scenario
      .filter((name) => !names.includes(name))
      .map(
        (name) => `\`--scenario\` must be one that --help lists, got ${JSON.stringify(name)}${didYouMean(name, names)}`,
      ),
    ...outputFileProblems('--report', report),
    ...outputFileProblems('--markdown', markdown),
  ];
}

function didYouMean(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
