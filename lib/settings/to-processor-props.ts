import { Arn, ArnFormat, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { EventProcessorProps } from '../event-processor.ts';
import { optionsOf } from './check-settings.ts';
import type { StageSettings } from './stage-settings.ts';

/**
 * Turns the flat settings of a stage into the props of the construct: the one place that knows both.
 *
 * @param scope where what is there already is looked up by its ARN
 * @param settings checked ones
 */
export function toProcessorProps(scope: Construct, settings: StageSettings): Omit<EventProcessorProps, 'code'> {
  const { removalPolicy } = settings;
  const logRetention = daysOfLogs(settings);
  return {
    ...optionsOf(settings),
    removalPolicy: removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    ...(logRetention !== undefined && { logRetention }),
    ...logDestination(scope, settings),
    ...existingStream(scope, settings),
    ...existingCluster(scope, settings),
    ...existingTopics(scope, settings),
  };
}

/** The values of the CDK's enumeration are days. */
function daysOfLogs({ logRetentionDays }: StageSettings): RetentionDays | undefined {
  return Object.values(RetentionDays).find((days): days is RetentionDays => Number(days) === logRetentionDays);
}

/** CloudWatch Logs needs a role to put records on a stream, and the permission of a function to invoke it. */
function logDestination(
  scope: Construct,
  { logDestinationArn: arn }: StageSettings,
): Pick<EventProcessorProps, 'logDestination'> {
  if (arn === undefined) return {};
  switch (arn.split(':')[2]) {
    case 'lambda': {
      const attributes = { functionArn: arn, sameEnvironment: true };
      const target = LambdaFunction.fromFunctionAttributes(scope, 'LogDestination', attributes);
      return { logDestination: new LambdaDestination(target) };
    }
    case 'firehose':
    case 'kinesis': {
      const role = putRole(scope, arn);
      return { logDestination: { bind: () => ({ arn, role }) } };
    }
    default:
      // A destination of CloudWatch Logs has a policy of its own, which says who may write to it.
      return { logDestination: { bind: () => ({ arn }) } };
  }
}

/** Its permission is part of it: a subscription is tried out when it is made, and a policy of its own may come later. */
function putRole(scope: Construct, arn: string): Role {
  const actions = PUT_ACTIONS[arn.split(':')[2] ?? ''] ?? [];
  const put = new PolicyDocument({ statements: [new PolicyStatement({ actions: [...actions], resources: [arn] })] });
  return new Role(scope, 'LogForwarding', {
    assumedBy: new ServicePrincipal('logs.amazonaws.com'),
    inlinePolicies: { put },
  });
}

const PUT_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  firehose: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
  kinesis: ['kinesis:PutRecord', 'kinesis:PutRecords'],
};

function existingStream(scope: Construct, settings: StageSettings): Pick<EventProcessorProps, 'stream'> {
  const { existingStreamArn: streamArn, existingStreamKeyArn } = settings;
  if (streamArn === undefined) return {};
  const encryptionKey = keyOf(scope, 'ExistingStreamKey', existingStreamKeyArn);
  return { stream: Stream.fromStreamAttributes(scope, 'ExistingStream', { streamArn, ...encryptionKey }) };
}

function existingCluster(scope: Construct, settings: StageSettings): Pick<EventProcessorProps, 'cluster'> {
  const { existingClusterArn: clusterArn, existingClusterSecretArn: secretCompleteArn } = settings;
  if (clusterArn === undefined || secretCompleteArn === undefined) return {};
  const encryptionKey = keyOf(scope, 'ExistingClusterSecretKey', settings.existingClusterSecretKeyArn);
  const secret = Secret.fromSecretAttributes(scope, 'ExistingClusterSecret', { secretCompleteArn, ...encryptionKey });
  const clusterIdentifier = Arn.split(clusterArn, ArnFormat.COLON_RESOURCE_NAME).resourceName ?? '';
  return { cluster: { clusterArn, clusterIdentifier, secret } };
}

function existingTopics(
  scope: Construct,
  { existingPageTopicArn, existingTicketTopicArn }: StageSettings,
): Pick<EventProcessorProps, 'pageTopic' | 'ticketTopic'> {
  const topicOf = (id: string, arn: string): ITopic => Topic.fromTopicArn(scope, id, arn);
  return {
    ...(existingPageTopicArn !== undefined && { pageTopic: topicOf('ExistingPageTopic', existingPageTopicArn) }),
    ...(existingTicketTopicArn !== undefined && {
      ticketTopic: topicOf('ExistingTicketTopic', existingTicketTopicArn),
    }),
  };
}

function keyOf(scope: Construct, id: string, arn: string | undefined): { readonly encryptionKey?: IKey } {
  return arn === undefined ? {} : { encryptionKey: Key.fromKeyArn(scope, id, arn) };
}
