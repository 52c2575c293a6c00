import { watchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { CloudFormationTemplate } from '../../local/cloudwatch/template/cloudformation-template.ts';
import type { DrilledStream, DrilledWatchdog } from './deployment.ts';
import type { Entry, Json } from './read-consumer.ts';
import { deniedCalls } from './role-grants.ts';
import { readSchedule } from './watchdog-schedule.ts';

/** The function that watches a mapping: the one that names it, or else the one that stands beside it. */
export function findWatchdog(
  template: CloudFormationTemplate,
  { mapping: [mappingId], prefix }: { readonly mapping: Entry; readonly prefix: string },
): Entry | undefined {
  const watchdogs = template
    .ofType('AWS::Lambda::Function')
    .filter(([, properties]) => 'MAPPING_ID' in variablesOf(properties));
  const watches = ([, properties]: Entry): boolean =>
    variablesOf(properties)['MAPPING_ID'] === template.physicalName(mappingId);
  return watchdogs.find(watches) ?? watchdogs.find(([id]) => id.startsWith(`${prefix}Watching`));
}

/** The watchdog, and what keeps it from running or from seeing. */
export function readWatchdog(
  template: CloudFormationTemplate,
  [logicalId, properties]: Entry,
  { stream }: { readonly stream: DrilledStream },
): DrilledWatchdog {
  const environment = watchdogEnvironment.parse(variablesOf(properties));
  const { accountId, region } = template.place;
  const bucket = template
    .ofType('AWS::S3::Bucket')
    .find(([id]) => template.physicalName(id) === environment.failedBatchesBucket);
  const { everyMinutes, neverRuns } = readSchedule(template, logicalId);
  return {
    environment,
    everyMinutes,
    neverRuns,
    denied: deniedCalls(template, properties['Role'], [
      ...['DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords'].map((name) => ({
        action: `kinesis:${name}`,
        resource: stream.arn,
      })),
      { action: 'rds-data:ExecuteStatement', resource: environment.clusterArn },
      { action: 'secretsmanager:GetSecretValue', resource: environment.secretArn },
      {
        action: 'lambda:GetEventSourceMapping',
        resource: `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${environment.mappingId}`,
      },
      ...(environment.processorArn === ''
        ? []
        : [{ action: 'lambda:InvokeFunction', resource: environment.processorArn }]),
      ...(environment.pageTopicArn === ''
        ? []
        : [{ action: 'sns:GetTopicAttributes', resource: environment.pageTopicArn }]),
      ...(bucket === undefined ? [] : [{ action: 's3:ListBucket', resource: template.arnOf(bucket[0]) }]),
    ]),
  };
}

function variablesOf({ Environment: environment }: Json): Readonly<Record<string, string>> {
  return (environment as { readonly Variables?: Readonly<Record<string, string>> } | undefined)?.Variables ?? {};
}
