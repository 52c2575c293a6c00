import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

/** What CloudFormation answers next. */
let answer: { readonly status: number; readonly body: string };
let server: Server;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_MAX_ATTEMPTS: '1' };

/** Asks for a stack in a region, with credentials unless told otherwise. */
function ask(variables: Readonly<Record<string, string>> = CREDENTIALS): Promise<ProgramResult> {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: endpoint, ...variables };
  return runProgram('bin/ops.ts', ['fuse', '--stack', 'flights-prod', '--region', 'eu-west-1'], { env });
}

function error(code: string, message: string, status = 400): typeof answer {
  return {
    status,
    body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}

function stackIn(status: string): typeof answer {
  const stack = `<member><StackName>flights-prod</StackName><StackStatus>${status}</StackStatus></member>`;
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
}

describe('a command that cannot see', () => {
  it('says that there are no credentials, or no region, and ends with 3', async () => {
    expect(await ask({})).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'Could not load credentials from any providers; sign in, or choose a profile with AWS_PROFILE\n',
    });
    const env = { HOME: '/nowhere', ...CREDENTIALS };
    expect(await runProgram('bin/ops.ts', ['fuse', '--stack', 'flights-prod'], { env })).toMatchObject({
      code: 3,
      stderr: 'the region is missing; pass `--region`, or set AWS_REGION\n',
    });
  });

  it.each([
    [
      error('AccessDenied', 'User: u is not authorized', 403),
      'CloudFormation DescribeStacks: AccessDenied: User: u is not authorized; ' +
        'you need cloudformation:DescribeStacks; attach the policy in the output OperatorPolicyArn, which grants it\n',
    ],
    [
      error('Throttling', 'Rate exceeded'),
      'CloudFormation DescribeStacks: Throttling: Rate exceeded; too many calls right now; try again in a minute\n',
    ],
    [
      error('ExpiredToken', 'The token has expired', 403),
      'CloudFormation DescribeStacks: ExpiredToken: The token has expired; sign in again, or check AWS_PROFILE\n',
    ],
  ])('names the call and what to do, and ends with 3: %o', async (given, line) => {
    answer = given;
    expect(await ask()).toMatchObject({ code: 3, stderr: line });
  });
});

describe('a command without a stack that it can work on', () => {
  it('says which options name one, and ends with 2', async () => {
    const { code, stderr } = await runProgram('bin/ops.ts', ['redrive'], { env: CREDENTIALS });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'missing `--stack NAME`: pass it, set STACK_NAME, or use `--local` for a world on this machine\n',
    );
  });

  it('is told what it needs to find an event, before anything is asked', async () => {
    const find = (...argv: readonly string[]) => runProgram('bin/ops.ts', ['find', ...argv], { env: CREDENTIALS });
    expect(await find('--local')).toMatchObject({
      code: 2,
      stderr: 'missing event id: pass it, `--sequence`, or `--partition-key`\n',
    });
    expect(await find('--local', '--shard', 'shardId-000000000001')).toMatchObject({
      code: 2,
      stderr: '`--shard` must come with `--sequence`\nmissing event id: pass it, `--sequence`, or `--partition-key`\n',
    });
  });

  it.each([
    [
      error('ValidationError', 'Stack with id flights-prod does not exist'),
      '`--stack` must name a deployed stack of this account and region, got flights-prod\n',
    ],
    [
      stackIn('CREATE_IN_PROGRESS'),
      '`--stack` must name a deployed stack, and flights-prod is being deployed for the first time; ' +
        'wait until that is done (CREATE_IN_PROGRESS)\n',
    ],
    [
      stackIn('ROLLBACK_COMPLETE'),
      '`--stack` must name a deployed stack, and flights-prod has rolled its first deployment back; ' +
        'delete it and deploy again (ROLLBACK_COMPLETE)\n',
    ],
  ])('says why, and ends with 2: %o', async (given, line) => {
    answer = given;
    expect(await ask()).toMatchObject({ code: 2, stderr: line });
  });
});
