import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { functionNames, OWN_FUNCTIONS } from '../build/function-folder.ts';
import { parseCommandLine } from '../command-line/parse-command-line.ts';
import { snakeCase } from './names.ts';
import { STANDARD_INPUT } from './read-sample.ts';

/** What is to be made of what. */
export interface NewOptions {
  readonly functionName: string;
  /** File of events, or `-` for standard input. */
  readonly sample: string;
}

/** As in a stage, where the name becomes part of the names of a stack and of database roles. */
const FUNCTION_NAME = /^[a-z][a-z0-9-]{0,29}$/;

/**
 * Reads the command line of `npm run new`.
 *
 * @param argv arguments after the program's name
 * @param isPiped whether something is piped in
 * @returns the options and what is wrong with them, so far without the sample; `undefined` when help was printed
 * @throws {@link UsageError} for options that do not exist
 */
export async function parseNewOptions(
  argv: readonly string[],
  isPiped: boolean,
): Promise<{ readonly options: NewOptions; readonly problems: readonly string[] } | undefined> {
  const command = new Command('npm run new --')
    .description('Create a function folder from sample events. It runs and deploys right away, and is yours to edit.')
    .argument('[name]', 'name of the function and of its folder in functions/')
    .option(
      '--sample <file>',
      'events: JSON objects, one per line or in a list, or captured records; also gzip or zstd; - for standard input',
    )
    .addHelpText('after', '\nExample:\n  npm run new -- payments --sample payments.ndjson');
  const raw = parseCommandLine<{ readonly sample?: string }>(command, argv);
  if (raw === undefined) return undefined;
  const [functionName = ''] = command.args;
  const sample = raw.sample ?? (isPiped ? STANDARD_INPUT : undefined);
  const problems = [
    ...(await nameProblems(functionName)),
    ...(sample === undefined ? ['missing `--sample FILE`: pass a file of events, or pipe them in'] : []),
  ];
  return { options: { functionName, sample: sample ?? '' }, problems };
}

async function nameProblems(name: string): Promise<readonly string[]> {
  if (name === '') return ['missing NAME: name the function, as in `npm run new -- payments --sample FILE`'];
  if (!FUNCTION_NAME.test(name)) {
    const near = snakeCase(name).replaceAll('_', '-').slice(0, 30);
    const hint = FUNCTION_NAME.test(near) ? `; did you mean \`${near}\`?` : '';
    return [
      `NAME must be lowercase letters, digits and hyphens, at most 30, beginning with a letter, as in order-events, got ${JSON.stringify(name)}${hint}`,
    ];
  }
  const known: readonly string[] = [...(await functionNames()), ...OWN_FUNCTIONS];
  if (known.includes(name)) return [`NAME must be new, got ${JSON.stringify(name)}: functions/${name} already exists`];
  const test = testFolder(name);
  return existsSync(test) ? [`NAME must be new, got ${JSON.stringify(name)}: ${test} already exists`] : [];
}

/** Folder of the unit test of a function. */
export function testFolder(functionName: string): string {
  return join('test/unit/functions', functionName);
}
