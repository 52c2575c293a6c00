import { IncreaseStreamRetentionPeriodCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { FunctionFolder } from '../../build/function-folder.ts';
import { followClock, installVirtualTime } from '../clock/database-time.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { startDataApiServer } from '../data-api/start-data-api-server.ts';
import type { Example } from '../examples/example.ts';
import { createStream } from '../kinesis/create-stream.ts';
import { startKinesis, type KinesisEmulator } from '../kinesis/start-kinesis.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { prepareTables } from '../run/prepare-tables.ts';
import { startAwsServices, type AwsServices } from '../aws/aws-services.ts';
import type { DeploymentPlan } from './deployment-plan.ts';
import { LiveDeployment, streamNameOf, type WorldParts } from './live-deployment.ts';
import { queryOnce } from '../postgres/query-once.ts';

const TEMPLATE_DATABASE = 'live_template';
const MINUTE_MS = 60_000;
const DEFAULT_RETENTION_HOURS = 24;

/** One machine that deployments live on, under a virtual clock. */
export interface LiveWorld extends WorldParts, AsyncDisposable {
  /** Deploys a processor, with a stream, a database and environments of its own; the world ends it. */
  readonly deploy: (plan: DeploymentPlan) => Promise<LiveDeployment>;
  /**
   * Creates a database with the tables in it, which goes by the clock.
   *
   * @returns its URL, for a user who may do anything
   */
  readonly createDatabase: () => Promise<string>;
  /**
   * Turns the clock to the next full minute.
   *
   * @returns when it begins, in milliseconds since 1970
   */
  readonly beginMinute: () => Promise<number>;
}

/** What the databases of a world hold. */
export interface WorldTables {
  readonly folder: Pick<FunctionFolder, 'name' | 'migrations'>;
  readonly example: Example | undefined;
}

/**
 * Starts PostgreSQL, the Kinesis emulator and a virtual clock, which stands at the begin of a minute.
 *
 * @param tables of every database
 */
export async function startLiveWorld(tables: WorldTables): Promise<LiveWorld> {
  await using stack = new AsyncDisposableStack();
  const clock = stack.use(new VirtualClock());
  await beginMinute(clock);
  const services = stack.use(await startAwsServices(() => clock.now()));
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  await prepareTemplate(clock, postgres, tables);
  const kinesis = await startKinesis({ environment: clock.environment });
  stack.defer(() => kinesis.stop());
  const client = kinesis.client();
  stack.defer(() => {
    client.destroy();
  });
  const started = stack.move();
  return new StartedWorld({ clock, postgres, kinesis, services }, client, started);
}

class StartedWorld implements LiveWorld {
  readonly clock: VirtualClock;
  readonly postgres: PostgresServer;
  readonly kinesis: KinesisEmulator;
  readonly services: AwsServices;
  readonly #client: KinesisClient;
  readonly #started: AsyncDisposableStack;
  /** What was made in this world, and ends before it. */
  readonly #owned = new AsyncDisposableStack();
  #databases = 0;

  constructor(
    { clock, postgres, kinesis, services }: WorldParts,
    client: KinesisClient,
    started: AsyncDisposableStack,
  ) {
    this.clock = clock;
    this.postgres = postgres;
    this.kinesis = kinesis;
    this.services = services;
    this.#client = client;
    this.#started = started;
  }

  beginMinute(): Promise<number> {
    return beginMinute(this.clock);
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `live_${this.#databases}`;
    await queryOnce(this.postgres.url, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE} STRATEGY file_copy`);
    const url = databaseUrl(this.postgres, name);
    this.#owned.use(await followClock(this.clock, url));
    return url;
  }

  async deploy(plan: DeploymentPlan): Promise<LiveDeployment> {
    const url = await this.createDatabase();
    const dataApi = await startDataApiServer({ databaseUrl: url });
    this.#owned.defer(() => dataApi.close());
    const client = this.#client;
    const streamArn = await createPlannedStream(client, plan);
    const { clock, postgres, kinesis, services } = this;
    const shared = { clock, postgres, kinesis, services };
    const deployment = new LiveDeployment(plan, { ...shared, dataApi, databaseUrl: url, client, streamArn });
    this.#owned.use(deployment);
    await deployment.setEnabled(true);
    return deployment;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
    await this.#started.disposeAsync();
  }
}

async function beginMinute(clock: VirtualClock): Promise<number> {
  const startMs = Math.ceil(clock.now() / MINUTE_MS) * MINUTE_MS;
  await clock.turnTo(startMs);
  return startMs;
}

async function createPlannedStream(client: KinesisClient, plan: DeploymentPlan): Promise<string> {
  const { shardCount, retentionHours } = plan;
  const streamName = streamNameOf(plan);
  const streamArn = await createStream(client, { streamName, shardCount });
  if (retentionHours > DEFAULT_RETENTION_HOURS) {
    await client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName: streamName, RetentionPeriodHours: retentionHours }),
    );
  }
  return streamArn;
}

/** Copying a database takes a tenth of the time that the migrations take. */
async function prepareTemplate(clock: VirtualClock, postgres: PostgresServer, tables: WorldTables): Promise<void> {
  await queryOnce(postgres.url, `CREATE DATABASE ${TEMPLATE_DATABASE}`);
  const url = databaseUrl(postgres, TEMPLATE_DATABASE);
  await installVirtualTime(url);
  await using stack = new AsyncDisposableStack();
  stack.use(await followClock(clock, url));
  const server = await startDataApiServer({ databaseUrl: url });
  stack.defer(() => server.close());
  await prepareTables(server, [tables.folder], tables.example === undefined ? {} : { examples: [tables.example] });
}

function databaseUrl({ url }: PostgresServer, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
}
