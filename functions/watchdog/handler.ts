import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { watchdogEnvironment } from '../../contract/environment.ts';
import { WATCHDOG_METRICS, type WatchdogMetricName } from '../../contract/metrics.ts';
import { runWatchdog } from './run-watchdog.ts';
import { createRunsSignal } from './signal-runs.ts';
import { createWatchMemory } from './watch-stream.ts';

const environment = watchdogEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const metrics = new Metrics({
  namespace: environment.metricsNamespace,
  serviceName: environment.deployment,
});
const client = { maxAttempts: 3, requestHandler: { requestTimeout: 10_000 } } as const;
const options = {
  kinesis: new KinesisClient(client),
  s3: new S3Client(client),
  lambda: new LambdaClient(client),
  dataApi: new RDSDataClient({ maxAttempts: 1 }),
  environment,
  now: Date.now,
  memory: createWatchMemory(),
};
const signalRuns = createRunsSignal(environment.runsSignalUrl);

/** Runs every minute: publishes how far behind the consumer is and what waits for somebody, whether the consumer lives or not. */
export async function handler(): Promise<void> {
  const { metrics: values, failures, report } = await runWatchdog(options);
  for (const [name, value] of Object.entries(values)) {
    metrics.addMetric(name, WATCHDOG_METRICS[name as WatchdogMetricName], value);
  }
  metrics.publishStoredMetrics();
  for (const { what, error, todo } of failures) logger.error(`cannot see ${what}; ${todo}`, error as Error);
  // Errors have lines of their own.
  logger.info('looked at the stream', { ...report, unreadable: undefined, positionsError: undefined });
  await signalRuns();
}
