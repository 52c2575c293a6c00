import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { watchdogEnvironment } from '../../contract/environment.ts';
import { WATCHDOG_METRICS } from '../../contract/metrics.ts';
import { createPatientExecute } from '../../data-api/retry-transient.ts';
import { watchStream } from './watch-stream.ts';

const environment = watchdogEnvironment.parse(process.env);
const logger = new Logger({ serviceName: environment.functionName });
const metrics = new Metrics({
  namespace: environment.metricsNamespace,
  serviceName: environment.deployment,
});
const kinesis = new KinesisClient({ maxAttempts: 3, requestHandler: { requestTimeout: 10_000 } });
// A minute is what a run has, and the stream is asked after the database.
const execute = createPatientExecute(
  { client: new RDSDataClient({ maxAttempts: 1 }), ...environment },
  { timeoutMs: 10_000, maxWaitMs: 20_000 },
);

/** Runs every minute: publishes how far behind the consumer is, whether the consumer lives or not. */
export async function handler(): Promise<void> {
  const report = await watchStream({ kinesis, execute, environment, now: Date.now });
  metrics.addMetric('BacklogAge', WATCHDOG_METRICS.BacklogAge, report.backlogAgeSeconds);
  metrics.addMetric('TimeToDataLoss', WATCHDOG_METRICS.TimeToDataLoss, report.timeToDataLossSeconds);
  metrics.publishStoredMetrics();
  logger.info('looked at the stream', { ...report });
}
