import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmokeOptions } from '../../../../ops/smoke/smoke-command.ts';
import { QUESTIONS } from '../../../../ops/smoke/questions.ts';
import { runSmoke } from '../../../../ops/smoke/run-smoke.ts';
import { noteCalls } from '../../../../ops/stack/called-operation.ts';
import type { Target } from '../../../../ops/stack/open-target.ts';
import { deployedStack } from '../../../support/deployed-stack.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoke-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** What each operation is answered, in the form that AWS documents. */
type Answers = Readonly<Record<string, unknown>>;

const HEALTHY: Answers = {
  DescribeStacks: { Stacks: [{ StackName: 'flights-dev', EnableTerminationProtection: false }] },
  GetAlias: { FunctionVersion: '7', RoutingConfig: undefined },
  ListShards: { Shards: [{ ShardId: 'shardId-000000000000' }] },
  GetEventSourceMapping: { State: 'Enabled', ParallelizationFactor: 10 },
  GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 } },
};

const QUICK = ['data-api', 'concurrency', 'alias', 'timeout-log'];

type Middleware = (next: () => Promise<unknown>, context: object) => (args: object) => Promise<unknown>;

/** A client whose calls are noted as those of the real ones, and answered from a table. */
function answering(answers: Answers, calls: string[]) {
  const middlewares: Middleware[] = [];
  noteCalls({ middlewareStack: { add: (middleware: Middleware) => middlewares.push(middleware) } });
  const send = (command: { readonly constructor: { readonly name: string } }): Promise<unknown> => {
    const commandName = command.constructor.name;
    const operation = commandName.replace(/Command$/, '');
    calls.push(operation);
    const answer = answers[operation];
    const last = () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? {}));
    const context = { clientName: 'LambdaClient', commandName };
    return middlewares.reduceRight<() => Promise<unknown>>((next, one) => () => one(next, context)({}), last)();
  };
  return { send };
}

async function smoke(answers: Answers, given: Partial<SmokeOptions> = {}, isLocal = false) {
  const said: string[] = [];
  const calls: string[] = [];
  const target = {
    stack: deployedStack({ stackName: 'flights-dev' }),
    isLocal,
    client: () => Promise.resolve(answering({ ...HEALTHY, ...answers }, calls)),
    execute: () => Promise.resolve({ rows: [[{ stringValue: 'PostgreSQL 17.9 on aarch64' }]] }),
  } as unknown as Target;
  const options: SmokeOptions = { only: QUICK, skip: ['timeout-log'], force: false, json: false, ...given };
  const console = {
    say: (line: string) => said.push(line),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
  return { exitCode: await runSmoke(target, options, console), text: said.join('\n'), calls };
}

function refused(name: string): Error {
  return Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } });
}

describe('a smoke test', () => {
  it('ends with 0 when everything is settled, and says so line by line', async () => {
    const { exitCode, text } = await smoke({});
    expect(exitCode).toBe(0);
    expect(text.match(/^settled +\S+/gm)).toEqual(['settled  data-api:', 'settled  concurrency:', 'settled  alias:']);
  });

  it('ends with 2 when something is wrong, whatever else is unknown', async () => {
    const { exitCode, text } = await smoke({ GetAlias: { FunctionVersion: '6' } }, { skip: [] });
    expect(exitCode).toBe(2);
    expect(text).toContain('wrong    alias: `live` is version 6');
    expect(text).toContain('unknown  timeout-log: ');
  });

  it.each([
    [
      'AccessDeniedException',
      'you need lambda:GetAccountSettings; attach the policy in the output OperatorPolicyArn, which grants it',
    ],
    ['TooManyRequestsException', 'too many calls right now; try again in a minute'],
    ['ExpiredTokenException', 'sign in again, or check AWS_PROFILE'],
  ])('goes on after a call that failed, and ends with 3: %s', async (name, advice) => {
    const { exitCode, text } = await smoke({ GetAccountSettings: refused(name) });
    expect(exitCode).toBe(3);
    expect(text).toContain(`unknown  concurrency: Lambda GetAccountSettings: ${name}: no; ${advice}`);
    expect(text).toContain('settled  alias: ');
  });

  it('hides no bug', async () => {
    await expect(smoke({ GetAlias: new TypeError('x is not a function') })).rejects.toThrow(TypeError);
  });

  it('changes nothing on a protected stack, unless it is forced to', async () => {
    const isProtected = { DescribeStacks: { Stacks: [{ EnableTerminationProtection: true }] } };
    await expect(smoke(isProtected, { only: ['alias', 'page'] })).rejects.toThrow(
      /^`--stack` must name a test stage, but flights-dev is protected from deletion: .*`--force`/,
    );
    expect((await smoke(isProtected, { only: ['alias'] })).exitCode).toBe(0);
    const forced = await smoke(
      { ...isProtected, DescribeAlarms: refused('ThrottlingException') },
      { only: ['pause'], force: true },
    );
    expect(forced).toMatchObject({ exitCode: 3 });
    expect(forced.calls).not.toContain('DescribeStacks');
  });

  it('settles nothing in a world on this machine that only an account can tell, and asks for none of it', async () => {
    const { exitCode, text, calls } = await smoke({}, { only: undefined, skip: [] } as never, true);
    expect(exitCode).toBe(3);
    const needAccount = QUESTIONS.filter(({ isForLocal }) => !isForLocal).map(({ name }) => name);
    for (const name of needAccount) expect(text).toContain(`unknown  ${name}: not settled here: needs an account`);
    expect(needAccount).toEqual(expect.arrayContaining(['concurrency', 'forgotten-position', 'page', 'late-metrics']));
    expect(text).not.toContain('settled  ');
    expect(calls).toEqual([]);
  });

  it('writes a report for people or for programs, by the name of the file', async () => {
    const markdown = join(folder, 'smoke.md');
    const json = join(folder, 'smoke.json');
    await smoke({}, { report: markdown });
    const { text } = await smoke({}, { report: json, json: true });
    expect(await readFile(markdown, 'utf8')).toContain(
      '\n| Does the alias point to the deployed version? | settled | ',
    );
    const report = JSON.parse(await readFile(json, 'utf8')) as { readonly answers: readonly object[] };
    expect(report).toMatchObject({ stack: 'flights-dev', region: 'eu-west-1', build: '0123456789abcdef' });
    expect(report.answers).toHaveLength(3);
    expect(JSON.parse(text)).toMatchObject({ answers: report.answers });
    await expect(smoke({}, { report: join(folder, 'nowhere', 'smoke.md') })).rejects.toThrow(
      /^`--report` must be a file/,
    );
  });
});
