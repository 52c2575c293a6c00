import { processorEnvironment } from '../../contract/environment.ts';
import type { PromiseRecord } from '../../contract/template-record.ts';
import type { CloudFormationTemplate } from '../../local/cloudwatch/template/cloudformation-template.ts';
import type { DrilledMapping, DrilledProcessor, DrilledStream } from './deployment.ts';
import { deniedCalls } from './role-grants.ts';

/** Members of a template, references resolved. */
export type Json = Readonly<Record<string, unknown>>;

/** A resource of a template. */
export type Entry = readonly [logicalId: string, properties: Json];

/** What Lambda and Kinesis say where a template says nothing. */
const AWS_DEFAULTS = {
  batchSize: 100,
  factor: 1,
  batchingWindowSeconds: 0,
  timeoutSeconds: 3,
  retentionHours: 24,
} as const;

/** The stream that a mapping reads, in the template or not. */
export function readStream(
  template: CloudFormationTemplate,
  [, mapping]: Entry,
  promises: PromiseRecord,
): DrilledStream {
  const source = String(mapping['EventSourceArn']);
  const consumer = template
    .ofType('AWS::Kinesis::StreamConsumer')
    .find(([id]) => source === `${template.physicalName(id)}.ConsumerARN`)?.[1];
  const arn = consumer === undefined ? source : String(consumer['StreamARN']);
  const found = template.ofType('AWS::Kinesis::Stream').find(([id]) => template.arnOf(id) === arn);
  return {
    arn,
    name: found === undefined ? (arn.split('/').at(-1) ?? arn) : template.physicalName(found[0]),
    shards: Number(found?.[1]['ShardCount'] ?? promises.shardCount),
    retentionHours:
      found === undefined
        ? promises.streamRetentionHours
        : Number(found[1]['RetentionPeriodHours'] ?? AWS_DEFAULTS.retentionHours),
    consumerName: consumer === undefined ? undefined : String(consumer['ConsumerName']),
  };
}

/** The mapping, with what Lambda takes where nothing is said. */
export function readMapping(template: CloudFormationTemplate, [logicalId, mapping]: Entry): DrilledMapping {
  const number = (name: string, fallback: number): number => Number(mapping[name] ?? fallback);
  const metrics = (mapping['MetricsConfig'] as { readonly Metrics?: readonly unknown[] } | undefined)?.Metrics ?? [];
  const maxRecordAge = number('MaximumRecordAgeInSeconds', -1);
  return {
    id: template.physicalName(logicalId),
    // CloudFormation takes booleans as text too.
    enabled: mapping['Enabled'] !== false && mapping['Enabled'] !== 'false',
    batchSize: number('BatchSize', AWS_DEFAULTS.batchSize),
    factor: number('ParallelizationFactor', AWS_DEFAULTS.factor),
    batchingWindowSeconds: number('MaximumBatchingWindowInSeconds', AWS_DEFAULTS.batchingWindowSeconds),
    publishesCounts: metrics.includes('EventCount'),
    maxRecordAgeSeconds: maxRecordAge < 0 ? undefined : maxRecordAge,
    hasDestination: destinationOf(mapping) !== undefined,
  };
}

/** ARN of the bucket that gets what Lambda gives up. */
function destinationOf({ DestinationConfig: config }: Json): string | undefined {
  return (config as { readonly OnFailure?: { readonly Destination?: string } } | undefined)?.OnFailure?.Destination;
}

/** The function that a mapping invokes, by its name or one of its aliases. */
export function findProcessor(template: CloudFormationTemplate, [, mapping]: Entry): Entry | undefined {
  const [name] = functionAndAlias(mapping);
  return template.ofType('AWS::Lambda::Function').find(([id]) => template.physicalName(id) === name);
}

/** The processor, as far as its metrics depend on it. */
export function readProcessor(
  template: CloudFormationTemplate,
  [logicalId, properties]: Entry,
  { mapping: [, mapping], stream }: { readonly mapping: Entry; readonly stream: DrilledStream },
): DrilledProcessor {
  const { Variables: variables = {} } = (properties['Environment'] ?? {}) as {
    readonly Variables?: Record<string, string>;
  };
  const environment = processorEnvironment.parse(variables);
  const destination = destinationOf(mapping);
  return {
    functionName: template.physicalName(logicalId),
    // CloudFormation's stand-in numbers every version 1: the one that is deployed is that, and the one before is not.
    version: '1',
    alias: functionAndAlias(mapping)[1],
    timeoutSeconds: Number(properties['Timeout'] ?? AWS_DEFAULTS.timeoutSeconds),
    timeReserveMs: environment.timeReserveMs,
    namespace: environment.metricsNamespace,
    deployment: environment.deployment,
    denied: deniedCalls(template, properties['Role'], [
      { action: 'rds-data:ExecuteStatement', resource: environment.clusterArn },
      { action: 'secretsmanager:GetSecretValue', resource: environment.secretArn },
      { action: 'kinesis:GetRecords', resource: stream.arn },
      ...(destination === undefined ? [] : [{ action: 's3:PutObject', resource: `${destination}/key` }]),
    ]),
  };
}

/** `NAME`, `NAME:ALIAS` or an ARN with one of them at its end. */
function functionAndAlias({ FunctionName: target }: Json): readonly [name: string, alias: string] {
  const text = String(target);
  const [name = '', alias = '$LATEST'] = text.startsWith('arn:') ? text.split(':').slice(6) : text.split(':');
  return [name, alias];
}
