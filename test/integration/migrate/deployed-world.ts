import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import pg from 'pg';
import { migrateEnvironment } from '../../../contract/maintenance-environment.ts';
import { bundleStackCode, type StackCode } from '../../../lib/function-code.ts';
import { startDataApiServer, type DataApiServer } from '../../../local/data-api/start-data-api-server.ts';
import { startPostgres } from '../../../local/postgres/start-postgres.ts';
import { ServiceError } from '../../support/fake-data-api-client.ts';
import { FakeSecretsManager } from './fake-secrets-manager.ts';

const run = promisify(execFile);

/** Imports a bundle as Lambda does and gives it one event. */
const INVOKE = `
const { handler } = await import(process.argv[1]);
const context = { getRemainingTimeInMillis: () => Number(process.env.TEST_REMAINING_MS ?? 120_000), awsRequestId: 'request', functionName: 'function' };
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

/** What of a release the migrations function is made of, and how it is called. */
export interface MigrationsRelease {
  /** @defaultValue flights-prod */
  readonly deployment?: string;
  /** Folder of its bundle, with its SQL files. @defaultValue that of the world */
  readonly folder?: string;
  readonly physicalResourceId?: string;
  /** Secret of the owner of the tables. @defaultValue one that may do anything */
  readonly secretArn?: string;
  /** Milliseconds that the function is told to have left. @defaultValue 120000 */
  readonly remainingMs?: number;
}

/** A step of a rotation. */
export type Step = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

const STEPS: readonly Step[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** A user who may create tables in a database that is there, and nothing else. */
export const TABLE_OWNER = {
  arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:owner',
  username: 'table_owner',
  password: 'owner-password',
} as const;

/** The functions as they are deployed, in front of a real database: bundles in processes of their own. */
export interface DeployedWorld {
  readonly code: StackCode;
  readonly server: DataApiServer;
  /** Makes an empty database and returns its name. */
  readonly createDatabase: () => Promise<string>;
  readonly query: (database: string, sql: string, user?: 'processor' | 'maintenance') => Promise<readonly object[]>;
  /** URL of the server for a user who may do anything. */
  readonly postgresUrl: string;
  /** Runs a query on a connection of its own. */
  readonly queryAt: (url: string, sql: string) => Promise<readonly object[]>;
  /** Runs the migrations function, of this release or another one, for one CloudFormation request. */
  readonly migrate: (
    database: string,
    requestType?: 'Create' | 'Update' | 'Delete',
    release?: MigrationsRelease,
  ) => Promise<Answer>;
  /** Has a secret rotated by the migrations function, which is called as Secrets Manager does. */
  readonly rotate: (database: string, secret: keyof typeof SECRETS, steps?: readonly Step[]) => Promise<void>;
  readonly secrets: FakeSecretsManager;
  readonly invoke: (
    folder: string,
    environment: Readonly<Record<string, string>>,
    event: unknown,
  ) => Promise<Invocation>;
  readonly close: () => Promise<void>;
}

export async function startDeployedWorld(): Promise<DeployedWorld> {
  await using stack = new AsyncDisposableStack();
  const code = await bundleStackCode('flights');
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  await queryAs(postgres.url, { sql: `CREATE ROLE ${TABLE_OWNER.username} LOGIN PASSWORD '${TABLE_OWNER.password}'` });
  const secrets = new FakeSecretsManager();
  // The server looks a secret up with every call, as the Data API does.
  const logins = { [TABLE_OWNER.arn]: TABLE_OWNER };
  for (const { arn, username } of Object.values(SECRETS)) {
    secrets.create(arn, { username, password: `${username}-first` });
    Object.defineProperty(logins, arn, { get: () => secrets.current(arn), enumerable: true });
  }
  const server = await startDataApiServer({ databaseUrl: postgres.url, secrets: logins });
  stack.defer(() => server.close());
  const answers = new Map<string, Answer>();
  const aws = await listen((request) => answerAws(request, { secrets, answers }));
  stack.defer(() => {
    aws.server.close();
  });

  const invoke: DeployedWorld['invoke'] = async (folder, environment, event) => {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '-e', INVOKE, `${folder}/index.mjs`],
      {
        env: {
          ...environment,
          AWS_REGION: server.region,
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_ENDPOINT_URL_RDS_DATA: server.endpoint,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
          TEST_EVENT: JSON.stringify(event),
        },
      },
    );
    const answer = JSON.parse(/\nANSWER (.*)\n/.exec(stdout)?.[1] ?? 'null') as unknown;
    return { answer, output: `${stdout}\n${stderr}`.split('\n') };
  };
  const open = stack.move();
  let [databases, requests] = [0, 0];
  const environmentFor = (
    database: string,
    { secretArn = server.secretArn, deployment = 'flights-prod' }: MigrationsRelease = {},
  ): Readonly<Record<string, string>> =>
    migrateEnvironment.encode({
      clusterArn: server.resourceArn,
      secretArn,
      database,
      functionName: 'flights',
      deployment,
      processorSecretArn: SECRETS.processor.arn,
      maintenanceSecretArn: SECRETS.maintenance.arn,
    });
  return {
    code,
    server,
    secrets,
    invoke,
    createDatabase: async () => {
      databases += 1;
      await queryAs(postgres.url, { sql: `CREATE DATABASE empty_${databases}` });
      return `empty_${databases}`;
    },
    postgresUrl: postgres.url,
    queryAt: (url, sql) => queryAs(url, { sql }),
    query: (database, sql, user) => {
      const url = new URL(postgres.url);
      url.pathname = database;
      if (user !== undefined) Object.assign(url, secrets.current(SECRETS[user].arn));
      return queryAs(url.href, { sql });
    },
    migrate: async (database, RequestType = 'Create', release = {}) => {
      requests += 1;
      const RequestId = `request-${requests}`;
      const { folder = code.migrate.folder, physicalResourceId } = release;
      const ids = { StackId: 'stack', RequestId, LogicalResourceId: 'Run', PhysicalResourceId: physicalResourceId };
      const event = { RequestType, ResponseURL: `${aws.url}/answer`, ...ids };
      const { remainingMs = 120_000 } = release;
      const environment = { ...environmentFor(database, release), TEST_REMAINING_MS: String(remainingMs) };
      await invoke(folder, environment, event);
      const answer = answers.get(RequestId);
      if (answer === undefined) throw new Error('CloudFormation got no answer');
      return answer;
    },
    rotate: async (database, secret, steps = STEPS) => {
      const SecretId = SECRETS[secret].arn;
      const ClientRequestToken = secrets.beginRotation(SecretId);
      for (const Step of steps) {
        const event = { Step, SecretId, ClientRequestToken };
        await invoke(code.migrate.folder, environmentFor(database), event);
      }
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
  { secrets, answers }: { readonly secrets: FakeSecretsManager; readonly answers: Map<string, Answer> },
): Promise<object> {
  const body = JSON.parse(await text(request)) as Answer & { readonly RequestId: string; readonly SecretId: string };
  if (request.method === 'PUT') {
    answers.set(body.RequestId, body);
    return {};
  }
  const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
  return secrets.answer(operation, body);
}

async function listen(
  answer: (request: IncomingMessage) => Promise<object>,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    answer(request).then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        response.writeHead(400).end(JSON.stringify({ __type: error.name, message: error.message }));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
