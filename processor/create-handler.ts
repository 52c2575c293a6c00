import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import middy from '@middy/core';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { processorEnvironment } from '../contract/environment.ts';
import { BATCH_METRICS } from '../contract/metrics.ts';
import { createExecuteStatement } from '../data-api/execute.ts';
import { createDataApiPositionNotes } from './write/data-api-position-notes.ts';
import {
  batchMetrics,
  batchSummary,
  crashText,
  holdFields,
  recordAges,
  rejectionLines,
  rejectionSummary,
  retryMetrics,
} from './batch-summary.ts';
import { completeRecords } from './decode/complete-records.ts';
import { createEngine } from './create-engine.ts';
import { DECLARED_PROJECTIONS } from './declared-tables.ts';
import { batchResponse } from './write/batch-outcome.ts';
import type { KinesisRecord } from './decode/item.ts';
import type { BatchReport } from './process-batch.ts';
import type { AnyProjection } from './projection.ts';
import { ProjectionError } from './projection.ts';
import { describeValue } from './user-values.ts';
import { createDataApiInFlightNotes } from './quarantine/data-api-in-flight-notes.ts';
import { createBatchRunner } from './batch-runner.ts';

/** A Lambda handler for a Kinesis event source mapping with `ReportBatchItemFailures`. */
export type BatchHandler = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

/** Hash of the bundle; the bundler puts the text in place of the expression. */
const BUILD_VERSION = process.env['BUILD_VERSION'] ?? 'unbundled';

/**
 * Makes a projection a Lambda handler: the composition root, where the environment is read.
 *
 * @param projection what {@link defineProjection} returned
 * @throws EnvironmentError at start-up, listing every variable that is missing or malformed
 * @throws ProjectionError at start-up, when it is given something else, or the projection is too large for a statement
 */
export function createHandler(projection: AnyProjection): BatchHandler {
  announce(projection);
  const environment = processorEnvironment.parse(process.env);
  const logger = new Logger({ serviceName: projection.name });
  const metrics = new Metrics({ namespace: environment.metricsNamespace, serviceName: environment.deployment });
  const execute = createExecuteStatement(new RDSDataClient({ maxAttempts: 1 }), environment);
  const build = { functionName: projection.name, codeVersion: BUILD_VERSION };
  const engine = createEngine(projection, { ...environment, codeVersion: BUILD_VERSION }, execute);
  const runBatch = createBatchRunner({
    engine,
    notes: createDataApiInFlightNotes(execute, { ...build, processId: randomUUID() }),
    positions: createDataApiPositionNotes(execute, build),
    onCrash: (crash) => {
      const where = crash.records === 1 ? { sequenceNumber: crash.first } : {};
      logger.error(crashText(crash), { ...crash, ...where, buildVersion: BUILD_VERSION });
    },
  });

  const handleBatch: BatchHandler = async ({ Records }, context) => {
    const records = completeRecords(Records, engine.clock.now());
    const report = await runBatch(records, {
      requestId: context.awsRequestId,
      remainingMs: () => context.getRemainingTimeInMillis(),
      budgetMs: () => context.getRemainingTimeInMillis() - environment.timeReserveMs,
    });
    metrics.addMetadata('buildVersion', BUILD_VERSION);
    const values =
      records.length === 0 ? retryMetrics(report) : batchMetrics(report, recordAges(records, engine.clock.now()));
    addMetrics(metrics, values);
    if (report.skipped > 0) metrics.addMetadata('skippedByReason', JSON.stringify(report.skippedByReason));
    logBatch(logger, report, { records, values });
    return batchResponse(
      records.map(({ kinesis }) => kinesis.sequenceNumber),
      report.committedRecords,
    ) as KinesisStreamBatchResponse;
  };
  // An early answer would keep a process alive that is stuck; only a process that Lambda ends leaves a trace.
  return middy(handleBatch, { timeoutEarlyInMillis: 0 }).use(injectLambdaContext(logger)).use(logMetrics(metrics));
}

/**
 * Tells whoever loads the bundle to know; on Lambda nobody does.
 *
 * @throws ProjectionError for what comes past TypeScript: the export of a module that is loaded later, or a bare declaration
 */
function announce(projection: unknown): void {
  if (typeof projection !== 'object' || projection === null || !('keepsPlace' in projection)) {
    throw new ProjectionError([
      `\`createHandler\` must be given what \`defineProjection\` returns, got ${describeValue(projection)}`,
    ]);
  }
  (globalThis as { [DECLARED_PROJECTIONS]?: object[] })[DECLARED_PROJECTIONS]?.push(projection);
}

function logBatch(
  logger: Logger,
  report: BatchReport,
  { records, values }: { readonly records: readonly KinesisRecord[]; readonly values: object },
): void {
  if (records.length === 0) {
    logger.info('waiting entries', { buildVersion: BUILD_VERSION, ...values });
    return;
  }
  if (report.rejections.length > 0) logger.warn('events quarantined', rejectionSummary(report));
  for (const line of rejectionLines(report, BUILD_VERSION)) logger.info('event quarantined', line);
  if (report.hold !== undefined) {
    logger.error(`position held: ${report.hold.message}`, holdFields(report, records, BUILD_VERSION));
  }
  logger.info('batch', { ...batchSummary(report, records, BUILD_VERSION), ...values });
}

function addMetrics(metrics: Metrics, values: ReturnType<typeof batchMetrics>): void {
  for (const [name, unit] of Object.entries(BATCH_METRICS)) {
    const value = values[name as keyof typeof BATCH_METRICS];
    if (value !== undefined) metrics.addMetric(name, unit, value);
  }
}
