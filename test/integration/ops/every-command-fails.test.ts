import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { STACK_OUTPUTS } from '../../../contract/stack-outputs.ts';
import { runOpsProgram } from '../../../ops/ops-program.ts';
import { deployedStack } from '../../support/deployed-stack.ts';

/** Every command with what it needs, so that only the account is in its way. */
const COMMANDS: readonly (readonly [name: string, ...argv: string[]])[] = [
  ['status'],
  ['find', 'order-17'],
  ['verify'],
  ['redrive'],
  ['smoke', '--only', 'alias,concurrency'],
  ['fuse'],
  ['boost', '--within', '20m'],
];

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

let server: Server;
/** What CloudFormation answers, and what every other service does. */
let answers: { readonly stack: HttpAnswer; readonly rest?: HttpAnswer };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const isStack = body.includes('Action=DescribeStacks');
      const { status, body: text } = isStack ? answers.stack : (answers.rest ?? answers.stack);
      const headers = text.startsWith('{') ? errorHeaders(text) : { 'content-type': 'text/xml' };
      response.writeHead(status, headers).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

function errorHeaders(text: string): Record<string, string> {
  const { __type: name = '' } = JSON.parse(text) as { readonly __type?: string };
  return { 'content-type': 'application/json', 'x-amzn-errortype': name };
}

beforeEach(() => {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = {
    ...{ HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: endpoint, AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' },
    ...{ AWS_PROFILE: undefined, AWS_SESSION_TOKEN: undefined, STACK_NAME: undefined },
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = 0;
  for (const [signal, before] of LISTENERS) {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener);
  }
});

/** A command listens for the end of its process, which here it shares with the others. */
const LISTENERS = (['SIGINT', 'SIGTERM'] as const).map((signal) => [signal, process.listeners(signal)] as const);
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

/** Runs a command in this process. */
async function run(...argv: readonly string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void stdout.push(String(line)));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  await runOpsProgram(argv);
  const code = process.exitCode;
  vi.restoreAllMocks();
  return { code, stdout: stdout.join('\n'), stderr: stderr.join('') };
}

function xmlError(code: string, message: string, status = 400): HttpAnswer {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>` };
}

function jsonError(name: string, message: string): HttpAnswer {
  return { status: 400, body: JSON.stringify({ __type: name, message }) };
}

function stackIn(status: string, outputs: Readonly<Record<string, string>> = {}): HttpAnswer {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const named = `<StackName>flights-prod</StackName><StackStatus>${status}</StackStatus>`;
  const stack = `<member>${named}<Outputs>${members.join('')}</Outputs></member>`;
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
}

const INCOMPLETE = Object.fromEntries(
  Object.entries(deployedStack().outputs).filter(([name]) => name !== 'LogGroupName'),
);

interface Failure {
  readonly what: string;
  readonly stack: HttpAnswer;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly code: number;
  readonly says: RegExp;
}

const FAILURES: readonly Failure[] = [
  {
    what: 'no credentials',
    stack: stackIn('CREATE_COMPLETE'),
    environment: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    code: 3,
    says: /^Could not load credentials from any providers; sign in, or choose a profile with AWS_PROFILE$/,
  },
  {
    what: 'no region',
    stack: stackIn('CREATE_COMPLETE'),
    environment: { AWS_REGION: undefined },
    code: 3,
    says: /^the region is missing; pass `--region`, or set AWS_REGION$/,
  },
  {
    what: 'a token that has expired',
    stack: xmlError('ExpiredToken', 'The security token included in the request is expired', 403),
    code: 3,
    says: /^CloudFormation DescribeStacks: ExpiredToken: .*; sign in again, or check AWS_PROFILE$/,
  },
  {
    what: 'no permission',
    stack: xmlError('AccessDenied', 'User: u is not authorized', 403),
    code: 3,
    says: /; you need cloudformation:DescribeStacks; attach the policy in the output OperatorPolicyArn, which grants it$/,
  },
  {
    what: 'too many calls',
    stack: xmlError('Throttling', 'Rate exceeded'),
    code: 3,
    says: /^CloudFormation DescribeStacks: Throttling: Rate exceeded; too many calls right now; try again in a minute$/,
  },
  {
    what: 'no stack',
    stack: xmlError('ValidationError', 'Stack with id flights-prod does not exist'),
    code: 2,
    says: /^`--stack` must name a deployed stack of this account and region, got flights-prod$/,
  },
  {
    what: 'a stack that is being created',
    stack: stackIn('CREATE_IN_PROGRESS'),
    code: 2,
    says: /flights-prod is being deployed for the first time; wait until that is done \(CREATE_IN_PROGRESS\)$/,
  },
  {
    what: 'a stack that was rolled back',
    stack: stackIn('ROLLBACK_COMPLETE'),
    code: 2,
    says: /flights-prod has rolled its first deployment back; delete it and deploy again \(ROLLBACK_COMPLETE\)$/,
  },
  {
    what: 'a stack without some of its outputs',
    stack: stackIn('UPDATE_COMPLETE', INCOMPLETE),
    code: 2,
    says: /^`--stack` must name a stack of this project, got flights-prod, which has no output LogGroupName; if an older version deployed it, deploy it again$/,
  },
];

describe.each(FAILURES)('with $what', ({ stack, environment = {}, code, says }) => {
  it.each(COMMANDS)('%s says so in one line, and as JSON where that is asked for', async (...command) => {
    answers = { stack };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const told = await run(...command, '--stack', 'flights-prod');
    expect(told).toMatchObject({ code, stdout: '' });
    expect(told.stderr.trimEnd()).toMatch(says);
    expect(told.stderr.match(/\n/g)).toHaveLength(1);
    const json = await run(...command, '--stack', 'flights-prod', '--json');
    expect(json).toMatchObject({ code, stderr: told.stderr });
    expect(JSON.parse(json.stdout)).toEqual({ error: { problems: [told.stderr.trimEnd()], exitCode: code } });
  });
});

describe('with a stack, and services that refuse every call', () => {
  const deployed = stackIn('UPDATE_COMPLETE', {
    ...Object.fromEntries(STACK_OUTPUTS.map((name) => [name, deployedStack().outputs[name]])),
    FailedBatchesBucket: 'failed',
  });

  it.each(COMMANDS)('%s names the permission that is missing, and ends with 3', async (...command) => {
    answers = { stack: deployed, rest: jsonError('AccessDeniedException', 'User: u is not authorized') };
    const { code, stdout, stderr } = await run(...command, '--stack', 'flights-prod');
    expect(stdout + stderr).toMatch(/you need [a-z0-9-]+:[A-Z]\w+; attach the policy in the output OperatorPolicyArn/);
    expect(stdout + stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(3);
  });
});

describe('a command line with several mistakes', () => {
  it('is told all of them at once, as JSON too', async () => {
    const { code, stdout, stderr } = await run(
      'verify',
      '--stack',
      'flights-prod',
      '--sample',
      'x',
      '--until',
      'y',
      '--json',
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/`--sample` .*\n.*`--until` /s);
    const { error } = JSON.parse(stdout) as { readonly error: { readonly problems: readonly string[] } };
    expect(error.problems).toHaveLength(2);
  });
});
