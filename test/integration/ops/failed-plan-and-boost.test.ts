import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS_DIMENSION } from '../../../contract/metrics.ts';
import { OWN_CLUSTER_OUTPUT } from '../../../contract/stack-outputs.ts';
import type { AwsServices } from '../../../local/aws/aws-services.ts';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import type { BoostOptions } from '../../../ops/boost/boost-command.ts';
import { runBoost } from '../../../ops/boost/run-boost.ts';
import { describeFailedCall } from '../../../ops/failed-call.ts';
import { openTarget } from '../../../ops/stack/open-target.ts';
import { announceStack, type AnnouncedStack } from '../../support/announced-stack.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { planText } from '../../support/plan-text.ts';

const { outputs } = deployedStack();
const STACK = 'flights-local';

let announced: AnnouncedStack;
let services: AwsServices;
/** AWS, as commands see it: it refuses calls that have this in method, path, target or body. */
let aws: Server;
let refused: { readonly call: RegExp; readonly code: string } | undefined;

beforeAll(async () => {
  announced = await announceStack({ OpenShardCount: 1, RetentionPeriodHours: 168 });
  services = announced.services;
  aws = createServer((request, response) => void answer(request, response));
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
});

afterAll(async () => {
  aws.closeAllConnections();
  aws.close();
  await announced[Symbol.asyncDispose]();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  const target = String(headers['x-amz-target'] ?? '');
  const body = (await buffer(request)).toString();
  if (refused?.call.test(`${method} ${url} ${target} ${body}`) === true) refuse(response, refused.code, body);
  else await forward({ method, url, target, body }, response);
}

/** Services that are asked by a form answer in XML. */
function refuse(response: ServerResponse, code: string, body: string): void {
  response.writeHead(code.includes('Throttling') ? 429 : 403, { 'x-amzn-errortype': code });
  response.end(
    body.startsWith('Action=')
      ? `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`
      : JSON.stringify({ __type: code, message: 'no' }),
  );
}

type Forwarded = Readonly<Record<'method' | 'url' | 'target' | 'body', string>>;

async function forward({ method, url, target, body }: Forwarded, response: ServerResponse): Promise<void> {
  const endpoints = services.world?.endpoints;
  const endpoint = target.startsWith('Kinesis') ? endpoints?.kinesis : endpoints?.others;
  const sent = body === '' ? {} : { body };
  const answered = await fetch(`${endpoint ?? ''}${url}`, { method, headers: { 'x-amz-target': target }, ...sent });
  const type = answered.headers.get('x-amzn-errortype');
  response.writeHead(answered.status, type === null ? {} : { 'x-amzn-errortype': type }).end(await answered.text());
}

const PLAIN = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere', AWS_MAX_ATTEMPTS: '1' };
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

beforeEach(() => {
  refused = undefined;
  Object.assign(services, { metrics: new MetricStore() });
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  for (const [name, value] of Object.entries({ ...PLAIN, ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint }))
    vi.stubEnv(name, value);
  services.stacks.set(STACK, { status: 'UPDATE_COMPLETE', outputs: { ...outputs, [OWN_CLUSTER_OUTPUT]: 'flights' } });
  services.clusters.set('flights', { minAcu: 0.5, maxAcu: 0.5 });
  const settings = { batchSize: 100, parallelizationFactor: 1, maxBatchingWindowSeconds: 1 };
  services.mappings.set(outputs.MappingId, { state: 'Enabled', changedAtMs: 0, settings });
  publish(['Own', 'BacklogAge', { [METRICS_DIMENSION]: 'flights-test' }], 3_600);
  publish(['AWS/Kinesis', 'IncomingRecords', { StreamName: 'flights' }], 3_600_000);
  publish(['AWS/Kinesis', 'IncomingBytes', { StreamName: 'flights' }], 3_600_000 * 60);
});

afterEach(() => {
  vi.unstubAllEnvs();
  for (const { cancel } of services.schedules.values()) cancel();
  services.schedules.clear();
});

function publish(
  [namespace, name, dimensions]: readonly [string, string, Readonly<Record<string, string>>],
  value: number,
): void {
  const now = Date.now();
  services.metrics.put({ metric: { namespace, name, dimensions }, timestampMs: now, values: [value] }, now);
}

const COMMANDS = {
  plan: async () => {
    await planText(`--from-stack ${STACK} --region eu-west-1`);
  },
  boost: async () => {
    const options: BoostOptions = {
      ...{ stack: STACK, region: 'eu-west-1', json: false },
      ...{ withinSeconds: 240, forSeconds: 480, apply: true, end: false },
    };
    using target = await openTarget(options);
    const { signal } = new AbortController();
    await runBoost(target, options, { say: () => undefined, progress: () => undefined, signal });
  },
} as const;

/** What a person is told. */
async function told(command: keyof typeof COMMANDS): Promise<string | undefined> {
  const error: unknown = await COMMANDS[command]().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return describeFailedCall(error) ?? (error instanceof Error ? error.message : undefined);
}

const EVERYTHING_ASKED = [
  [/Action=DescribeStacks/, 'cloudformation:DescribeStacks'],
  [/GET .*event-source-mappings/, 'lambda:GetEventSourceMapping'],
  [/account-settings/, 'lambda:GetAccountSettings'],
  [/GET .*functions.*concurrency/, 'lambda:GetFunctionConcurrency'],
  [/GET .*configuration/, 'lambda:GetFunctionConfiguration'],
  [/Action=DescribeDBClusters/, 'rds:DescribeDBClusters'],
  [/DescribeStreamSummary/, 'kinesis:DescribeStreamSummary'],
  [/GetMetricData/, 'cloudwatch:GetMetricData'],
] as const;

describe.each(['plan', 'boost'] as const)('%s of a stack that cannot be asked', (command) => {
  it('works on one that can', async () => {
    expect(await told(command)).toBeUndefined();
  });

  it.each(EVERYTHING_ASKED)('names the permission that is missing: %s', async (call, permission) => {
    refused = { call, code: 'AccessDeniedException' };
    expect(await told(command)).toContain(
      `you need ${permission}; attach the policy in the output OperatorPolicyArn, which grants it`,
    );
  });

  it('says when there are too many calls', async () => {
    refused = { call: /GetMetricData/, code: 'ThrottlingException' };
    expect(await told(command)).toBe(
      'CloudWatch GetMetricData: ThrottlingException: no; too many calls right now; try again in a minute',
    );
  });

  it('says when nobody is signed in', async () => {
    for (const name of Object.keys(CREDENTIALS)) vi.stubEnv(name, undefined);
    expect(await told(command)).toContain('sign in, or choose a profile with AWS_PROFILE');
  });

  it('says when there is no such stack, or it is deployed in part', async () => {
    services.stacks.set(STACK, { status: 'CREATE_IN_PROGRESS', outputs: {} });
    expect(await told(command)).toContain('is being deployed for the first time; wait until that is done');
    services.stacks.set(STACK, { status: 'UPDATE_COMPLETE', outputs: { MappingId: outputs.MappingId } });
    expect(await told(command)).toContain('if an older version deployed it, deploy it again');
    services.stacks.delete(STACK);
    expect(await told(command)).toContain('must name a deployed stack of this account and region, got flights-local');
  });
});

describe('a boost that may not turn or schedule everything', () => {
  it.each([
    [/PUT .*event-source-mappings/, 'lambda:UpdateEventSourceMapping'],
    [/Action=ModifyDBCluster/, 'rds:ModifyDBCluster'],
    // The schedule of the mapping, after that of the cluster.
    [/POST \/schedules\/boost-[\da-f-]+ /, 'scheduler:CreateSchedule'],
    [/GET \/schedules/, 'scheduler:GetSchedule'],
  ])('leaves nothing turned without an end: %s', async (call, permission) => {
    refused = { call, code: 'AccessDeniedException' };
    expect(await told('boost')).toContain(
      `you need ${permission}; attach the policy in the output OperatorPolicyArn, which grants it`,
    );
    expect(services.mappings.get(outputs.MappingId)?.settings).toMatchObject({
      batchSize: 100,
      parallelizationFactor: 1,
    });
    expect(services.clusters.get('flights')).toEqual({ minAcu: 0.5, maxAcu: 0.5 });
  });
});
