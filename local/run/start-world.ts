import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionFolder } from '../../build/function-folder.ts';
import { prepareFunction, type PreparedFunction } from '../../build/prepare-function.ts';
import type { DeclaredTable } from '../../contract/declared-tables.ts';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../contract/environment.ts';
import { PARALLELIZATION_FACTOR } from '../../contract/limits.ts';
import { startAwsServices, type AwsServices } from '../aws/aws-services.ts';
import type { DataApiServer } from '../data-api/start-data-api-server.ts';
import { startDataApiServer } from '../data-api/start-data-api-server.ts';
import type { EnvironmentCrash } from '../environments/environment-protocol.ts';
import type { FunctionRuntime } from '../environments/function-runtime.ts';
import { createFunctionRuntime } from '../environments/function-runtime.ts';
import type { Example } from '../examples/example.ts';
import { connectGivenPostgres } from '../postgres/connect-postgres.ts';
import type { PostgresServer } from '../postgres/postgres-server.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { deploymentOf } from './local-stacks.ts';
import type { LocalStream } from './local-stream.ts';
import { startStream } from './local-stream.ts';
import { prepareTables } from './prepare-tables.ts';
import type { RunOptions } from './run-options.ts';
import { LOCAL_CREDENTIALS } from '../local-credentials.ts';

/** A function that can be invoked. */
export type Running<F> = F & {
  readonly runtime: FunctionRuntime;
  /** Of its first build, like those below. */
  readonly buildVersion: string;
  /** The tables that its projection declares. */
  readonly tables: readonly DeclaredTable[];
  /** Folder with the bundle. */
  readonly directory: string;
  /** Paths of what the bundle was made of, relative to the working directory. */
  readonly inputs: readonly string[];
};

/** Everything that functions have around them on AWS, on this machine. */
export interface World<F = WorldFunction> {
  readonly postgres: PostgresServer;
  readonly dataApi: DataApiServer;
  readonly stream: LocalStream;
  /** What else a stack has around it. */
  readonly services: AwsServices;
  /** In the order in which they were asked for. */
  readonly functions: readonly Running<F>[];
  /** What of the tables works, and may not be meant. */
  readonly warnings: readonly string[];
  /** Ends all of it, in the reverse order of its start. */
  readonly close: () => Promise<void>;
}

/** A function of a world, and who hears of it. */
export interface WorldFunction {
  readonly folder: FunctionFolder;
  /** Takes each line that an environment of the function writes. */
  readonly onLog: (line: string, environmentId: string) => void;
  /** Hears of each environment that ended by itself. */
  readonly onCrash: (crash: EnvironmentCrash) => void;
}

/** What a world is made for. */
export interface WorldSettings<F = WorldFunction> {
  readonly functions: readonly F[];
  /** Whose reference data is loaded. */
  readonly examples: readonly Example[];
  readonly options: Pick<RunOptions, 'databaseUrl' | 'dataApiLatencyMs' | 'source' | 'shards'>;
  /** Hears what is being started. */
  readonly onStep: (step: string) => void;
}

/** As long as an invocation may take. */
export const FUNCTION_TIMEOUT_MS = 60_000;
const FUNCTION_MEMORY_MB = 1_024;

/**
 * Tries the functions, then starts the database, the Data API, the stream and the functions' runtimes, and prepares the
 * tables.
 *
 * @throws what could not be started; everything started before has then been ended
 */
export async function startWorld<F extends WorldFunction>(settings: WorldSettings<F>): Promise<World<F>> {
  const { functions, examples, options, onStep } = settings;
  await using starting = new AsyncDisposableStack();
  onStep('function');
  const root = await mkdtemp(join(tmpdir(), 'kinesis-to-aurora-'));
  starting.defer(() => rm(root, { recursive: true, force: true }));
  const prepared: (FunctionFolder & PreparedFunction)[] = [];
  for (const [index, { folder }] of functions.entries()) {
    prepared.push({ ...folder, ...(await prepareFunction(folder, join(root, String(index)))) });
  }
  onStep('PostgreSQL');
  const postgres = await (options.databaseUrl === undefined
    ? startPostgres()
    : connectGivenPostgres(options.databaseUrl));
  starting.defer(() => postgres.stop());
  const dataApi = await startDataApiServer({ databaseUrl: postgres.url });
  starting.defer(() => dataApi.close());
  onStep('tables');
  const warnings = await prepareTables(dataApi, prepared, { examples });
  // Latency is for what is measured, not for what prepares it.
  dataApi.setLatencyMs(options.dataApiLatencyMs);
  onStep(options.source === 'kinesis' ? 'Kinesis emulator' : 'stream in memory');
  const stream = await startStream(options.source, options.shards, prepared[0]?.name ?? '');
  starting.defer(() => stream.close());
  const services = starting.use(await startAwsServices());
  const running = functions.map((it, index) => {
    const directory = join(root, String(index));
    const runtime = startRuntime(dataApi, { ...it, options }, directory);
    starting.defer(() => runtime.close());
    const { buildVersion = '', tables = [], inputs = {} } = prepared[index] ?? {};
    return { ...it, runtime, buildVersion, tables, directory, inputs: Object.keys(inputs) };
  });
  const started = starting.move();
  return { postgres, dataApi, stream, services, functions: running, warnings, close: () => started.disposeAsync() };
}

function startRuntime(
  { endpoint, region, resourceArn, secretArn, database }: DataApiServer,
  { folder, options, onLog, onCrash }: WorldFunction & Pick<WorldSettings, 'options'>,
  directory: string,
): FunctionRuntime {
  return createFunctionRuntime({
    bundlePath: join(directory, 'index.mjs'),
    handlerName: 'handler',
    functionName: folder.name,
    timeoutMs: FUNCTION_TIMEOUT_MS,
    memoryMb: FUNCTION_MEMORY_MB,
    // The factor may be raised while it runs.
    maxConcurrency: options.shards * PARALLELIZATION_FACTOR.max,
    environment: {
      ...processorEnvironment.encode({
        ...DEFAULT_ENVIRONMENT,
        deployment: deploymentOf(folder.name),
        clusterArn: resourceArn,
        secretArn,
        database,
      }),
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_RDS_DATA: endpoint,
    },
    onLog,
    onCrash,
  });
}
