import { join } from 'node:path';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../contract/environment.ts';
import { watchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { StackCode } from '../../lib/function-code.ts';
import type { DeploymentPlan } from '../../local/live/deployment-plan.ts';
import type { Deployment } from '../deployment/deployment.ts';

const MEMORY_MB = 1_024;

/** Longer than any run of it takes. */
const WATCHDOG_TIMEOUT_MS = 50_000;

/** Where nothing of a cluster is known, since there is one here. */
const NO_DATABASE = { clusterArn: 'local', secretArn: 'local', database: 'local' } as const;

/**
 * What of a deployment is played: stream, mapping, processor and watchdog, with the settings that its template has.
 *
 * @param code that the template deploys
 */
export function livePlan(deployment: Deployment, code: Pick<StackCode, 'processor' | 'watchdog'>): DeploymentPlan {
  const { stream, mapping, processor, watchdog, topics } = deployment;
  const { failedBatchesBucket, pageTopicArn } = watchdog.environment;
  const confirmedSubscriptions = topics.find(({ arn }) => arn === pageTopicArn)?.subscriptions.length ?? 0;
  return {
    streamName: stream.name,
    shardCount: stream.shards,
    retentionHours: stream.retentionHours,
    mappingId: mapping.id,
    mapping: {
      batchSize: mapping.batchSize,
      // The window is a wait for more records, and a minute here has all its records at once.
      maxBatchingWindowSeconds: 0,
      parallelizationFactor: mapping.factor,
      maximumRecordAgeSeconds: mapping.maxRecordAgeSeconds ?? -1,
    },
    failedBatchesBucket: failedBatchesBucket === '' ? undefined : failedBatchesBucket,
    pageTopic: pageTopicArn === '' ? undefined : { arn: pageTopicArn, confirmedSubscriptions },
    processor: {
      bundlePath: join(code.processor.folder, 'index.mjs'),
      functionName: processor.functionName,
      environment: processorEnvironment.encode({
        ...DEFAULT_ENVIRONMENT,
        ...NO_DATABASE,
        deployment: processor.deployment,
        metricsNamespace: processor.namespace,
      }),
      timeoutMs: processor.timeoutSeconds * 1_000,
      memoryMb: MEMORY_MB,
    },
    watchdog: {
      bundlePath: join(code.watchdog.folder, 'index.mjs'),
      functionName: `${deployment.name}-watchdog`,
      environment: watchdogEnvironment.encode(watchdog.environment),
      timeoutMs: WATCHDOG_TIMEOUT_MS,
      memoryMb: MEMORY_MB,
    },
  };
}
