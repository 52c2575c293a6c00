import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseBenchOptions } from '../../../bench/bench-options.ts';
import { runSubcommand } from '../../../command-line/parse-command-line.ts';
import { parseDrillOptions } from '../../../drills/command/drill-options.ts';
import { DEFAULT_STAGE, STAGES } from '../../../lib/settings/stages.ts';
import { parseChaosOptions } from '../../../local/chaos/chaos-options.ts';
import { parseRunOptions } from '../../../local/run/run-options.ts';
import { createBoostCommand } from '../../../ops/boost/boost-command.ts';
import { createFindCommand } from '../../../ops/find/find-command.ts';
import { createFuseCommand } from '../../../ops/fuse/fuse-command.ts';
import { parsePlanOptions } from '../../../ops/plan/plan-options.ts';
import { createRedriveCommand } from '../../../ops/redrive/redrive-command.ts';
import { createSmokeCommand } from '../../../ops/smoke/smoke-command.ts';
import { createStatusCommand } from '../../../ops/status/status-command.ts';
import { createVerifyCommand } from '../../../ops/verify/verify-command.ts';
import { parseNewOptions } from '../../../scaffold/new-options.ts';
import { codeBlocks, documentedCommands } from '../../support/documented-commands.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** What stands for a value of the reader's own. */
const VALUES: Readonly<Record<string, string>> = {
  NAME: 'payments',
  FILE: 'events.ndjson',
  SEED: '1',
  COMMAND: 'status',
  $STACK: 'payments-prod',
};

/** Reads the arguments of a program as it does itself, and throws what it would say. */
type Parse = (argv: readonly string[]) => unknown;

const PARSERS: Readonly<Record<string, Parse>> = {
  start: parseRunOptions,
  new: async (argv) => {
    const problems = (await parseNewOptions(argv, true))?.problems ?? [];
    // Whoever has followed the page has the function.
    expect(problems.filter((problem) => !problem.includes('is there already'))).toEqual([]);
  },
  ops: parseOperatorCommand,
  plan: parsePlanOptions,
  chaos: parseChaosOptions,
  drill: parseDrillOptions,
  bench: parseBenchOptions,
};

async function parseOperatorCommand(argv: readonly string[]): Promise<void> {
  const program = new Command();
  const nothing = (): Promise<void> => Promise.resolve();
  program.addCommand(createStatusCommand(nothing)).addCommand(createFindCommand(nothing));
  program.addCommand(createRedriveCommand(nothing)).addCommand(createVerifyCommand(nothing));
  program.addCommand(createSmokeCommand(nothing)).addCommand(createFuseCommand(nothing));
  program.addCommand(createBoostCommand(nothing));
  await runSubcommand(program, argv);
}

interface Invocation {
  readonly page: string;
  readonly text: string;
  readonly script: string;
  readonly argv: readonly string[];
}

/** Commands of this project's own programs: `npm start`, `npm run ops`, `npx kinesis-to-aurora ops`. */
const OWN: readonly Invocation[] = documentedCommands(['npm', 'npx']).flatMap(({ page, words }) => {
  const [program = '', first = '', second = '', ...rest] = words.map((word) => VALUES[word] ?? word);
  const text = words.join(' ');
  if (program === 'npx' && first === 'kinesis-to-aurora') return [{ page, text, script: second, argv: rest }];
  if (first === 'run') return [{ page, text, script: second, argv: rest.slice(rest[0] === '--' ? 1 : 0) }];
  return first === 'start' ? [{ page, text, script: 'start', argv: rest }] : [];
});

describe('a command that a page shows', () => {
  // Help is printed.
  beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));
  afterAll(() => void vi.restoreAllMocks());

  const parsed = OWN.filter(({ script, argv }) => Object.hasOwn(PARSERS, script) && argv.length > 0);

  test.each(parsed.map((it) => [`${it.page}: ${it.text}`, it] as const))(
    '%s is one that its program takes',
    async (_, it) => {
      // Without a stack the commands ask for one; what they are shown for is the rest.
      const needsTarget = it.script === 'ops' && !it.argv.some((arg) => ['--help', '--stack', '--local'].includes(arg));
      await PARSERS[it.script]?.([...it.argv, ...(needsTarget ? ['--local'] : [])]);
    },
  );

  test('of this project is one that this test knows how to read, or takes no options', () => {
    expect(parsed.length).toBeGreaterThan(60);
    const others = OWN.filter(({ script, argv }) => !Object.hasOwn(PARSERS, script) && argv.length > 0);
    expect(
      others.filter(({ script }) => !['synth', 'diff', 'deploy', 'local:data-api', 'docs:bench'].includes(script)),
    ).toEqual([]);
  });
});

describe('a command of the CDK that a page shows', () => {
  const commands = [
    ...OWN.filter(({ script }) => ['synth', 'diff', 'deploy'].includes(script)),
    ...documentedCommands(['npx']).flatMap(({ page, words: [, program, script = '', ...argv] }) =>
      program === 'cdk' ? [{ page, text: `cdk ${script}`, script, argv }] : [],
    ),
  ];

  test('has options that the CDK knows', () => {
    const used = Map.groupBy(commands, ({ script }) => script);
    for (const [script, all] of used) {
      const flags = all.flatMap(({ argv }) => argv.filter((arg) => arg.startsWith('-') && arg !== '-c'));
      if (flags.length === 0) continue;
      const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), script, '--help'], {
        encoding: 'utf8',
      });
      expect([script, flags.filter((flag) => !new RegExp(`[ ,]${flag}\\b`).test(stdout))]).toEqual([script, []]);
    }
  });

  test('has settings and stages that there are', () => {
    const settings = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
    const given = commands.flatMap(({ text, argv }) =>
      argv.flatMap((arg, index) =>
        argv[index - 1] === '-c' ? [{ text, name: arg.split('=')[0] ?? '', value: arg.split('=')[1] }] : [],
      ),
    );
    expect(given.length).toBeGreaterThan(10);
    const isKnown = ({ name, value = '' }: (typeof given)[number]): boolean =>
      name === 'stage'
        ? Object.hasOwn(STAGES, value) || value === '...'
        : name === 'allowReplacement' || settings.includes(`\`${name}\``);
    expect(given.filter((it) => !isKnown(it))).toEqual([]);
    expect(Object.keys(STAGES)).toContain(DEFAULT_STAGE);
  });
});

/** The SDK is made from the same models as the AWS CLI; of the other services nothing is installed here. */
const CLIENTS: Readonly<Record<string, string>> = {
  cloudformation: 'cloudformation',
  cloudwatch: 'cloudwatch',
  kinesis: 'kinesis',
  lambda: 'lambda',
  'rds-data': 'rds-data',
  s3api: 's3',
  scheduler: 'scheduler',
  secretsmanager: 'secrets-manager',
  rds: 'rds',
  sns: 'sns',
};

/** Options that every command of the AWS CLI has. */
const GLOBAL_OPTIONS = ['query', 'output', 'region', 'profile', 'clibinaryformat', 'nopaginate', 'maxitems'];

/** Members of an operation's input, in lowercase; undefined where there is no such operation. */
function inputMembers(client: string, operation: string): readonly string[] | undefined {
  const folder = join(ROOT, `node_modules/@aws-sdk/client-${client}/dist-types/models`);
  const types = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const name = operation.replaceAll('-', '');
  const body = new RegExp(`export interface ${name}(?:Request|Input|Message)\\b[^{]*\\{([\\s\\S]*?)^\\}`, 'im');
  const found = types.map((text) => body.exec(text)?.[1]).find((text) => text !== undefined);
  return found === undefined
    ? undefined
    : [...found.matchAll(/^ {4}(\w+)\??:/gm)].map(([, member = '']) => member.toLowerCase());
}

test('every command of the AWS CLI has options that its operation has, as far as its models are installed', () => {
  const commands = documentedCommands(['aws']).filter(({ words }) => Object.hasOwn(CLIENTS, words[1] ?? ''));
  expect(commands.length).toBeGreaterThan(30);
  const wrong = commands.flatMap(({ page, words: [, service = '', operation = '', ...argv] }) => {
    // Words of the CLI itself.
    if (operation === 'wait' || (service === 's3api' && operation === '')) return [];
    const members = inputMembers(CLIENTS[service] ?? '', operation);
    const options = argv.filter((arg) => arg.startsWith('--')).map((arg) => arg.slice(2).split('=')[0] ?? '');
    const known = [...(members ?? []), ...GLOBAL_OPTIONS];
    const unknown = options.filter((option) => {
      const name = option.replaceAll('-', '');
      return !known.includes(name) && !known.includes(name.replace(/^no/, ''));
    });
    return members === undefined || unknown.length > 0
      ? [`${page}: aws ${service} ${operation} ${unknown.join(' ')}`]
      : [];
  });
  expect(wrong).toEqual([]);
});

test('every block for a shell is one that a shell takes', () => {
  const blocks = codeBlocks().filter(({ language }) => language === 'sh');
  expect(blocks.length).toBeGreaterThan(50);
  // One process for all of them: a function each, whose body is read and not run.
  const script = blocks.map(({ code }, index) => `block_${index}() {\n${code}\n}`).join('\n');
  expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
