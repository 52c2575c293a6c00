import type { Command } from 'commander';
import { Option } from 'commander';
import { commandOf } from '../../command-line/program-name.ts';

/** What every operator command works on. */
export interface TargetOptions {
  /** Name of the deployed stack, such as `flights-prod`. */
  readonly stack?: string;
  /** Region of the stack; without it, the SDK looks for one. */
  readonly region?: string;
  /** A world on this machine instead: `true` for the only one, or the name of its stack. */
  readonly local?: string | true;
  /** Answer with one JSON document. */
  readonly json: boolean;
}

/** Adds the options of {@link TargetOptions} to a command. */
export function addTargetOptions(command: Command): Command {
  return command
    .addOption(new Option('--stack <name>', 'the deployed stack, such as flights-prod').env('STACK_NAME'))
    .addOption(new Option('--region <name>', 'the region of the stack').env('AWS_REGION'))
    .option(
      '--local [name]',
      'a local world instead, started with `npm start -- --keep-running`; give its name if several run',
    )
    .option('--json', 'print one JSON document', false);
}

/**
 * The end of a command's help.
 *
 * @param lines of a shell, without the program in front
 */
export function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  ${commandOf('ops')} ${line}`)].join('\n');
}
