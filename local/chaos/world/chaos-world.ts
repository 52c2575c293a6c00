import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../../contract/environment.ts';
import { startDataApiServer, type DataApiServer } from '../../data-api/start-data-api-server.ts';
import type { ChaosPlan } from '../chaos-plan.ts';
import { createChaosFunction, type ChaosFunction } from './chaos-function.ts';
import { startChaosStream, type ChaosStream } from './chaos-stream.ts';
import { PROCESSOR_ROLE } from './processor-role.ts';

/** What one run has around its function. */
export interface ChaosWorld {
  readonly dataApi: DataApiServer;
  readonly stream: ChaosStream;
  readonly function: ChaosFunction;
  readonly close: () => Promise<void>;
}

/** What a world is made from. */
export interface ChaosWorldParts {
  readonly plan: ChaosPlan;
  readonly databaseUrl: string;
  /** Path of the first build's `index.mjs`. */
  readonly bundlePath: string;
  /** Takes each line the function writes. */
  readonly onLog: (line: string) => void;
}

const TIME_RESERVE_MS = 500;
const FUNCTION_MEMORY_MB = 256;
/** Longer than any run: what waits is tried with fresh rows, whatever the cache knows. */
const ABSENT_TTL_SECONDS = 3_600;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** Starts the Data API, the stream and the function of one run. */
export async function startChaosWorld({ plan, databaseUrl, bundlePath, onLog }: ChaosWorldParts): Promise<ChaosWorld> {
  await using starting = new AsyncDisposableStack();
  const { latencyMs, maxRequestBytes } = plan;
  const dataApi = await startDataApiServer({
    databaseUrl: Object.assign(new URL(databaseUrl), PROCESSOR_ROLE).href,
    latencyMs,
    jitterMs: latencyMs,
  });
  starting.defer(() => dataApi.close());
  const stream = await startChaosStream(plan.source, plan.shards);
  starting.defer(() => stream.close());
  const { endpoint, region, resourceArn, secretArn, database } = dataApi;
  const chaosFunction = createChaosFunction({
    bundlePath,
    functionName: 'flights',
    timeoutMs: plan.functionTimeoutMs,
    memoryMb: FUNCTION_MEMORY_MB,
    environment: {
      ...processorEnvironment.encode({
        ...DEFAULT_ENVIRONMENT,
        clusterArn: resourceArn,
        secretArn,
        database,
        maxRequestBytes,
        cacheAbsentTtlSeconds: ABSENT_TTL_SECONDS,
        timeReserveMs: TIME_RESERVE_MS,
      }),
      ...CREDENTIALS,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_RDS_DATA: endpoint,
    },
    onLog,
  });
  starting.defer(() => chaosFunction.close());
  const started = starting.move();
  return { dataApi, stream, function: chaosFunction, close: () => started.disposeAsync() };
}
