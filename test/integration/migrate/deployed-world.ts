import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import pg from 'pg';
import { migrateEnvironment } from '../../../contract/environment.ts';
import { bundleStackCode, type StackCode } from '../../../lib/function-code.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';

const run = promisify(execFile);

/** Imports a bundle as Lambda does and gives it one event. */
const INVOKE = `
const { handler } = await import(process.argv[1]);
const context = { getRemainingTimeInMillis: () => 120_000, awsRequestId: 'request', functionName: 'function' };
const answer = await handler(JSON.parse(process.env.TEST_EVENT), context);
process.stdout.write('\\nANSWER ' + JSON.stringify(answer ?? null) + '\\n');`;

/** What CloudFormation was told. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly Data: Readonly<Record<string, string>>;
}

/** What an invocation returned, and the lines it wrote. */
export interface Invocation {
  readonly answer: unknown;
  readonly output: readonly string[];
}

export const SECRETS = {
  processor: { arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:processor', username: 'flights_processor' },
  maintenance: {
    arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:maintenance',
    username: 'flights_maintenance',
  },
} as const;

/** The functions as they are deployed, in front of a real database: bundles in processes of their own. */
export interface DeployedWorld {
  readonly code: StackCode;
  readonly server: DataApiServer;
  /** Makes an empty database and returns its name. */
  readonly createDatabase: () => Promise<string>;
  readonly query: (database: string, sql: string, user?: 'processor' | 'maintenance') => Promise<readonly object[]>;
  /** Runs the migrations function for one CloudFormation request. */
  readonly migrate: (database: string, requestType?: 'Create' | 'Update' | 'Delete') => Promise<Answer>;
  readonly invoke: (
    folder: string,
    environment: Readonly<Record<string, string>>,
    event: unknown,
  ) => Promise<Invocation>;
  /** The password in the secrets, and so of the roles once they are migrated. */
  password: string;
  readonly close: () => Promise<void>;
}

export async function startDeployedWorld(): Promise<DeployedWorld> {
  await using stack = new AsyncDisposableStack();
  const state = { password: 'first-password', databases: 0 };
  const code = await bundleStackCode('flights');
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  // The server logs in with what the secret holds when the first call comes.
  const secrets = Object.fromEntries(
    Object.values(SECRETS).map(({ arn, username }) => [arn, { username, password: state.password }]),
  );
  const server = await startDataApiServer({ databaseUrl: postgres.url, secrets });
  stack.defer(() => server.close());
  const answers = new Map<string, Answer>();
  const aws = await listen((request) => answerAws(request, { state, answers }));
  stack.defer(() => {
    aws.server.close();
  });

  const invoke: DeployedWorld['invoke'] = async (folder, environment, event) => {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', INVOKE, `${folder}/index.mjs`], {
      env: {
        ...environment,
        AWS_REGION: server.region,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_RDS_DATA: server.endpoint,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
        TEST_EVENT: JSON.stringify(event),
      },
    });
    const answer = JSON.parse(/\nANSWER (.*)\n/.exec(stdout)?.[1] ?? 'null') as unknown;
    return { answer, output: `${stdout}\n${stderr}`.split('\n') };
  };
  const open = stack.move();
  let requests = 0;
  return {
    code,
    server,
    invoke,
    createDatabase: async () => {
      state.databases += 1;
      await queryAs(postgres.url, { sql: `CREATE DATABASE empty_${state.databases}` });
      return `empty_${state.databases}`;
    },
    query: (database, sql, user) => {
      const url = new URL(postgres.url);
      url.pathname = database;
      if (user !== undefined) Object.assign(url, { username: SECRETS[user].username, password: state.password });
      return queryAs(url.href, { sql });
    },
    migrate: async (database, RequestType = 'Create') => {
      requests += 1;
      const RequestId = `request-${requests}`;
      const ids = { StackId: 'stack', RequestId, LogicalResourceId: 'Run' };
      const environment = migrateEnvironment.encode({
        clusterArn: server.resourceArn,
        secretArn: server.secretArn,
        database,
        functionName: 'flights',
        processorSecretArn: SECRETS.processor.arn,
        maintenanceSecretArn: SECRETS.maintenance.arn,
      });
      await invoke(code.migrate.folder, environment, { RequestType, ResponseURL: `${aws.url}/answer`, ...ids });
      const answer = answers.get(RequestId);
      if (answer === undefined) throw new Error('CloudFormation got no answer');
      return answer;
    },
    get password() {
      return state.password;
    },
    set password(value) {
      state.password = value;
    },
    close: () => open.disposeAsync(),
  };
}

async function queryAs(url: string, { sql }: { readonly sql: string }): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Stands for CloudFormation's answer URL and for Secrets Manager. */
async function answerAws(
  request: IncomingMessage,
  { state, answers }: { readonly state: { readonly password: string }; readonly answers: Map<string, Answer> },
): Promise<string> {
  const body = JSON.parse(await text(request)) as Answer & { readonly RequestId: string; readonly SecretId: string };
  if (request.method === 'PUT') {
    answers.set(body.RequestId, body);
    return '';
  }
  const secret = Object.values(SECRETS).find(({ arn }) => arn === body.SecretId);
  const value = { username: secret?.username, password: state.password };
  return JSON.stringify({ ARN: body.SecretId, SecretString: JSON.stringify(value) });
}

async function listen(
  answer: (request: IncomingMessage) => Promise<string>,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.setHeader('content-type', 'application/x-amz-json-1.1').end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
