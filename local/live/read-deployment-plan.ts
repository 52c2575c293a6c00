import { join } from 'node:path';
import type { CloudFormationTemplate } from '../cloudwatch/template/cloudformation-template.ts';
import type { DeploymentPlan, FunctionPlan } from './deployment-plan.ts';

/** Folders with the bundles that the template deploys, as `index.mjs`. */
export interface DeployedCode {
  readonly processor: string;
  readonly watchdog: string;
}

type Properties = Readonly<Record<string, unknown>>;
type Resource = readonly [logicalId: string, properties: Properties];

/**
 * Reads from a template what of it is played: stream, mapping, processor and watchdog with all their settings.
 *
 * @param template with one processor
 * @param code that it deploys
 * @throws Error when the template has no such processor
 */
export function readDeploymentPlan(template: CloudFormationTemplate, code: DeployedCode): DeploymentPlan {
  const functions = template.ofType('AWS::Lambda::Function');
  const [mappingId, mapping] = only(template.ofType('AWS::Lambda::EventSourceMapping'), 'event source mapping');
  const [streamId, stream] = only(template.ofType('AWS::Kinesis::Stream'), 'stream');
  const watchdog = only(
    functions.filter(([, properties]) => 'MAPPING_ID' in variablesOf(properties)),
    'watchdog',
  );
  const processor = only(
    functions.filter(([, properties]) => 'CACHE_MAX_ENTRIES' in variablesOf(properties)),
    'processor',
  );
  const { FAILED_BATCHES_BUCKET: bucket, PAGE_TOPIC_ARN: topicArn = '' } = variablesOf(watchdog[1]);
  const subscriptions = template.ofType('AWS::SNS::Subscription').filter(([, { TopicArn: arn }]) => arn === topicArn);
  return {
    streamName: template.physicalName(streamId),
    shardCount: Number(stream['ShardCount'] ?? 1),
    retentionHours: Number(stream['RetentionPeriodHours'] ?? 24),
    mappingId: template.physicalName(mappingId),
    mapping: {
      batchSize: Number(mapping['BatchSize']),
      // The window is a wait for more records, and a minute here has all its records at once.
      maxBatchingWindowSeconds: 0,
      parallelizationFactor: Number(mapping['ParallelizationFactor'] ?? 1),
      maximumRetryAttempts: Number(mapping['MaximumRetryAttempts'] ?? -1),
      maximumRecordAgeSeconds: Number(mapping['MaximumRecordAgeInSeconds'] ?? -1),
      bisectBatchOnFunctionError: mapping['BisectBatchOnFunctionError'] === true,
    },
    failedBatchesBucket: bucket === '' ? undefined : bucket,
    pageTopic: topicArn === '' ? undefined : { arn: topicArn, confirmedSubscriptions: subscriptions.length },
    processor: planOf(template, processor, code.processor),
    watchdog: planOf(template, watchdog, code.watchdog),
  };
}

function only(found: readonly Resource[], what: string): Resource {
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) {
    throw new Error(`expected a template with one ${what}, got ${found.length}`);
  }
  return first;
}

function planOf(template: CloudFormationTemplate, [id, properties]: Resource, folder: string): FunctionPlan {
  return {
    bundlePath: join(folder, 'index.mjs'),
    functionName: template.physicalName(id),
    environment: variablesOf(properties),
    timeoutMs: Number(properties['Timeout'] ?? 3) * 1000,
    memoryMb: Number(properties['MemorySize'] ?? 128),
  };
}

function variablesOf(properties: Properties): Readonly<Record<string, string>> {
  const { Variables: variables = {} } = (properties['Environment'] ?? {}) as { readonly Variables?: Properties };
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}
