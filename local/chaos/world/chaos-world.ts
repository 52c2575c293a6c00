import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../../contract/environment.ts';
import { startDataApiServer, type DataApiServer } from '../../data-api/start-data-api-server.ts';
import { createFunctionRuntime, type FunctionRuntime } from '../../environments/function-runtime.ts';
import type { ChaosPlan } from '../chaos-plan.ts';
import { startChaosStream, type ChaosStream } from './chaos-stream.ts';

/** What one run has around its function. */
export interface ChaosWorld {
  readonly dataApi: DataApiServer;
  readonly stream: ChaosStream;
  readonly runtime: FunctionRuntime;
  readonly close: () => Promise<void>;
}

/** What a world is made from. */
export interface ChaosWorldParts {
  readonly plan: ChaosPlan;
  readonly databaseUrl: string;
  /** Path of `index.mjs`. */
  readonly bundlePath: string;
  /** Takes each line the function writes. */
  readonly onLog: (line: string) => void;
}

/** Short, so that an invocation that waits for a database gives up soon and the mapping has its turn. */
const FUNCTION_TIMEOUT_MS = 8_000;
const TIME_RESERVE_MS = 500;
const FUNCTION_MEMORY_MB = 256;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Starts the Data API, the stream and the function's runtime of one run. */
export async function startChaosWorld({ plan, databaseUrl, bundlePath, onLog }: ChaosWorldParts): Promise<ChaosWorld> {
  await using starting = new AsyncDisposableStack();
  const dataApi = await startDataApiServer({ databaseUrl, latencyMs: plan.latencyMs, jitterMs: plan.latencyMs });
  starting.defer(() => dataApi.close());
  const stream = await startChaosStream(plan.source, plan.shards);
  starting.defer(() => stream.close());
  const { endpoint, region, resourceArn, secretArn, database } = dataApi;
  const runtime = createFunctionRuntime({
    bundlePath,
    functionName: 'flights',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    memoryMb: FUNCTION_MEMORY_MB,
    environment: {
      ...processorEnvironment.encode({
        ...DEFAULT_ENVIRONMENT,
        clusterArn: resourceArn,
        secretArn,
        database,
        maxRequestBytes: plan.maxRequestBytes,
        timeReserveMs: TIME_RESERVE_MS,
      }),
      ...CREDENTIALS,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_RDS_DATA: endpoint,
    },
    onLog,
  });
  starting.defer(() => runtime.close());
  const started = starting.move();
  return { dataApi, stream, runtime, close: () => started.disposeAsync() };
}
