import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import middy from '@middy/core';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { ProcessorEnvironment } from '../contract/environment.ts';
import { processorEnvironment } from '../contract/environment.ts';
import { EnvironmentError } from '../contract/environment-codec.ts';
import { BATCH_METRICS } from '../contract/metrics.ts';
import type { ExecuteStatement } from '../data-api/execute.ts';
import { createExecuteStatement } from '../data-api/execute.ts';
import { createDataApiPositionNotes } from './write/data-api-position-notes.ts';
import { createDataApiEventStore } from './write/data-api-event-store.ts';
import { createDataApiFuseMemory } from './quarantine/data-api-fuse-memory.ts';
import { createDataApiLookupSource } from './lookup/data-api-lookup-source.ts';
import { createLruLookupCache } from './lookup/lru-lookup-cache.ts';
import {
  batchMetrics,
  batchSummary,
  crashText,
  holdFields,
  recordAges,
  rejectionLines,
  rejectionSummary,
} from './batch-summary.ts';
import { completeRecords } from './decode/complete-records.ts';
import { compileProjection } from './compile-projection.ts';
import { DECLARED_PROJECTIONS } from './declared-tables.ts';
import { batchResponse } from './write/batch-outcome.ts';
import type { Engine } from './batch-rounds.ts';
import type { KinesisRecord } from './decode/item.ts';
import type { BatchReport } from './process-batch.ts';
import { createDataApiWaitingEntries } from './quarantine/data-api-waiting-entries.ts';
import type { Clock } from './ports.ts';
import type { AnyProjection } from './projection.ts';
import { createDataApiInFlightNotes } from './quarantine/data-api-in-flight-notes.ts';
import { createBatchRunner } from './batch-runner.ts';

/** A Lambda handler for a Kinesis event source mapping with `ReportBatchItemFailures`. */
export type BatchHandler = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

/** Hash of the bundle; the bundler puts the text in place of the expression. */
const BUILD_VERSION = process.env['BUILD_VERSION'] ?? 'unbundled';

/**
 * Makes a projection a Lambda handler: the composition root, where the environment is read and the ports are filled in.
 *
 * @param projection what {@link defineProjection} returned
 * @throws EnvironmentError at start-up, listing every variable that is missing or malformed
 * @throws ProjectionError at start-up, when the projection is too large for a statement
 */
export function createHandler(projection: AnyProjection): BatchHandler {
  // On Lambda nobody wants to know.
  (globalThis as { [DECLARED_PROJECTIONS]?: AnyProjection[] })[DECLARED_PROJECTIONS]?.push(projection);
  const environment = processorEnvironment.parse(process.env);
  const logger = new Logger({ serviceName: projection.name });
  const metrics = new Metrics({ namespace: environment.metricsNamespace, serviceName: environment.deployment });
  const execute = createExecuteStatement(new RDSDataClient({ maxAttempts: 1 }), environment);
  const engine = createEngine(projection, environment, execute);
  const runBatch = createBatchRunner({
    engine,
    notes: createDataApiInFlightNotes(execute, {
      functionName: projection.name,
      codeVersion: BUILD_VERSION,
      processId: randomUUID(),
    }),
    positions: createDataApiPositionNotes(execute, { functionName: projection.name, codeVersion: BUILD_VERSION }),
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
    const values = batchMetrics(report, recordAges(records, engine.clock.now()));
    addMetrics(metrics, values);
    metrics.addMetadata('buildVersion', BUILD_VERSION);
    if (report.skipped > 0) metrics.addMetadata('skippedByReason', JSON.stringify(report.skippedByReason));
    logBatch(logger, report, { records, values });
    return batchResponse(
      records.map(({ kinesis }) => kinesis.sequenceNumber),
      report.committedRecords,
    ) as KinesisStreamBatchResponse;
  };
  return middy(handleBatch).use(injectLambdaContext(logger)).use(logMetrics(metrics));
}

function logBatch(
  logger: Logger,
  report: BatchReport,
  { records, values }: { readonly records: readonly KinesisRecord[]; readonly values: object },
): void {
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

/**
 * The monotonic clock may stand still while Lambda keeps an environment frozen, so it measures durations only; ages of
 * records and of cached rows go by the wall clock.
 * {@link https://developer.mozilla.org/en-US/docs/Web/API/Performance/now#ticking_during_sleep}
 */
const CLOCK: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => sleep(ms),
  random: Math.random,
};

/** Less room than this beside the statement, and honest events would be quarantined as too large. */
const MIN_ITEM_BYTES = 32 * 1024;

function createEngine(projection: AnyProjection, environment: ProcessorEnvironment, execute: ExecuteStatement): Engine {
  const compiled = compileProjection(projection);
  const minRequestBytes = compiled.fixedRequestBytes + MIN_ITEM_BYTES;
  if (environment.maxRequestBytes < minRequestBytes) {
    throw new EnvironmentError([
      `\`MAX_REQUEST_BYTES\` must be at least ${minRequestBytes} for the statement of this projection, got ${environment.maxRequestBytes}`,
    ]);
  }
  return {
    compiled,
    store: createDataApiEventStore(execute, compiled),
    lookupSource: createDataApiLookupSource(execute, compiled.lookupSql, projection.lookups),
    lookupCache: createLruLookupCache({
      maxEntries: environment.cacheMaxEntries,
      maxBytes: environment.cacheMaxBytes,
      ttlMs: environment.cacheTtlSeconds * 1000,
      absentTtlMs: environment.cacheAbsentTtlSeconds * 1000,
      now: () => CLOCK.now(),
    }),
    clock: CLOCK,
    fuse: { thresholdPercent: environment.fuseThresholdPercent, minEvents: environment.fuseMinEvents },
    fuseMemory: createDataApiFuseMemory(execute, { functionName: projection.name, codeVersion: BUILD_VERSION }),
    waitingEntries: createDataApiWaitingEntries(execute, { functionName: projection.name, codeVersion: BUILD_VERSION }),
    maxRequestBytes: environment.maxRequestBytes,
    codeVersion: BUILD_VERSION,
  };
}
