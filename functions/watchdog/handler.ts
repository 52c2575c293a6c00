import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { watchdogEnvironment } from '../../contract/maintenance-environment.ts';
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
  sns: new SNSClient(client),
  dataApi: new RDSDataClient({ maxAttempts: 1 }),
  environment,
  now: Date.now,
  memory: createWatchMemory(),
};

/** Held positions in one log line; the gauge has their number. */
const MAX_LISTED_POSITIONS = 20;

const signalRuns = createRunsSignal(environment.runsSignalUrl);

/** Runs every minute: publishes how far behind the consumer is and what waits for somebody, whether the consumer lives or not. */
export async function handler(): Promise<void> {
  const { metrics: values, failures, remarks, report, verdict } = await runWatchdog(options);
  for (const [name, value] of Object.entries(values)) {
    metrics.addMetric(name, WATCHDOG_METRICS[name as WatchdogMetricName], value);
  }
  metrics.publishStoredMetrics();
  for (const { what, error, todo } of failures) logger.error(`cannot see ${what}; ${todo}`, error as Error);
  for (const remark of remarks) logger.warn(remark);
  // Errors have lines of their own.
  const held = report?.held.slice(0, MAX_LISTED_POSITIONS);
  logger.info('looked at the stream', {
    ...report,
    held,
    ages: undefined,
    unreadable: undefined,
    positionsError: undefined,
  });
  logger.info('verdict', verdict);
  await signalRuns();
}
