import type { Command } from 'commander';
import { Option } from 'commander';

/** What every command about a deployed stack takes. */
export interface StackOptions {
  /** Name of the CloudFormation stack, such as `flights-prod`. */
  readonly stack?: string;
  readonly region?: string;
  /** Answer with one JSON document. */
  readonly json: boolean;
}

/** Adds the options of {@link StackOptions} to a command. */
export function addStackOptions(command: Command): Command {
  return command
    .addOption(new Option('--stack <name>', 'the deployed stack, such as flights-prod').env('STACK_NAME'))
    .addOption(new Option('--region <name>', 'the region').env('AWS_REGION'))
    .option('--json', 'print JSON', false);
}

/** The part of a client's configuration that the options decide; without a region, the SDK looks for one. */
export function clientConfiguration({ region }: StackOptions): { readonly region?: string } {
  return region === undefined ? {} : { region };
}
