import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { LOCAL_WORLD_PATH } from '../../contract/local-world.ts';
import { MetricStore } from '../cloudwatch/metrics/metric-store.ts';
import { jsonError, type AwsAnswers, type Call, type Reply, type Service } from './aws-answers.ts';
import { answerCloudWatch } from './cloudwatch-api.ts';
import { answerLambda } from './lambda-api.ts';
import { answerScheduler } from './scheduler-api.ts';
import { answerQuery } from './query-api.ts';
import { answerS3 } from './s3-api.ts';

/** The services, while they run. */
export interface AwsServices extends AwsAnswers, AsyncDisposable {
  /** Base URL for `AWS_ENDPOINT_URL_LAMBDA`, `AWS_ENDPOINT_URL_S3` and the like. */
  readonly endpoint: string;
}

/** S3 comes last: any path may be a bucket. */
const SERVICES: readonly Service[] = [
  answerWorld,
  answerSignal,
  answerLambda,
  answerScheduler,
  answerCloudWatch,
  answerQuery,
  answerS3,
];

/**
 * Starts what a deployed stack has around stream and database, as far as functions and commands ask it: CloudFormation,
 * Lambda, CloudWatch, EventBridge Scheduler, RDS, S3 and SNS, and the URL that CloudFormation waits at.
 *
 * @param now milliseconds since 1970
 */
export async function startAwsServices(now: () => number = Date.now): Promise<AwsServices> {
  const answers: AwsAnswers = {
    stacks: new Map(),
    mappings: new Map(),
    functions: new Map(),
    buckets: new Map(),
    topics: new Map(),
    clusters: new Map(),
    schedules: new Map(),
    signals: [],
    metrics: new MetricStore(),
    alarms: () => [],
    world: undefined,
  };
  const server = createServer((request, response) => {
    void answer(request, response, { answers, nowMs: now() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const { cancel } of answers.schedules.values()) cancel();
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return Object.assign(answers, { endpoint: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { answers, nowMs }: { readonly answers: AwsAnswers; readonly nowMs: number },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const call: Call = {
    method: request.method ?? '',
    path: url.pathname.split('/').filter(Boolean).map(decodeURIComponent),
    query: url.searchParams,
    target: String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, ''),
    body: (await buffer(request)).toString(),
    nowMs,
  };
  const { status = 200, headers, body } = ask(call, answers);
  response.writeHead(status, headers).end(body);
}

function ask(call: Call, answers: AwsAnswers): Reply {
  for (const service of SERVICES) {
    const reply = service(call, answers);
    if (reply !== undefined) return reply;
  }
  return jsonError(400, 'UnknownOperationException', `nothing here answers ${call.method} /${call.path.join('/')}`);
}

function answerWorld({ path }: Call, { world }: AwsAnswers): Reply | undefined {
  if (`/${path.join('/')}` !== LOCAL_WORLD_PATH) return undefined;
  return world === undefined ? { status: 404 } : { body: JSON.stringify(world) };
}

/** Where a wait condition is signalled. */
function answerSignal({ method, path, body }: Call, { signals }: AwsAnswers): Reply | undefined {
  if (method !== 'PUT' || path[0] !== 'signal') return undefined;
  signals.push(body);
  return {};
}
