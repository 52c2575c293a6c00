import { Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { EventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { BoostRole } from './boost-role.ts';
import type { EventDatabase } from './event-database.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';
import { allowDataApi, allowReadStream } from './grants.ts';

/** What operators look after. */
export interface OperatorPolicyProps {
  readonly encryptionKey: IKey;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly mapping: EventSourceMapping;
  /** Functions whose configuration may be read, the processor with its aliases. */
  readonly functions: readonly IFunction[];
  readonly failedBatches: FailedBatches | undefined;
  readonly pageTopic: ITopic;
  readonly boostRole: BoostRole;
}

/**
 * All that the operator commands do, for people to be given: read how the stack is, put back what was set aside, change
 * the mapping.
 */
export class OperatorPolicy extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorPolicyProps) {
    super(scope, id);
    const readStack = allow(['cloudformation:DescribeStacks'], [Stack.of(this).stackId]);
    this.policy = new ManagedPolicy(this, 'Policy', {
      description: 'What the operator commands of the stack need',
      statements: [
        readStack,
        ...allowAskAround(props),
        ...allowRedrive(props),
        ...props.boostRole.operatorStatements(),
      ],
    });
    Validations.of(this.policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Neither metrics, nor composite alarms, nor the limits of an account are a resource that a permission can name',
    });
    props.failedBatches?.acknowledgeObjects(this.policy);
  }
}

/** {@link https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html} */
function allowAskAround(props: OperatorPolicyProps): readonly PolicyStatement[] {
  const { stream, database, mapping, functions, pageTopic } = props;
  return [
    ...allowReadStream(stream.stream),
    ...allowDataApi({ clusterArn: database.cluster.clusterArn, secret: database.maintenanceSecret }),
    allow(['lambda:GetEventSourceMapping'], [mapping.eventSourceMappingArn]),
    allow(
      ['lambda:GetAlias', 'lambda:GetFunctionConfiguration'],
      functions.map(({ functionArn }) => functionArn),
    ),
    allow(['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'], [pageTopic.topicArn]),
    allow(
      [
        'cloudwatch:DescribeAlarms',
        'cloudwatch:DescribeAlarmHistory',
        'cloudwatch:GetMetricData',
        'lambda:GetAccountSettings',
      ],
      ['*'],
    ),
  ];
}

function allowRedrive({ encryptionKey, stream, failedBatches }: OperatorPolicyProps): readonly PolicyStatement[] {
  const { streamArn, encryptionKey: streamKey } = stream.stream;
  const keys = [streamKey, failedBatches === undefined ? undefined : encryptionKey].filter((key) => key !== undefined);
  const keyArns = [...new Set(keys.map(({ keyArn }) => keyArn))];
  return [
    allow(['kinesis:PutRecord', 'kinesis:PutRecords'], [streamArn]),
    ...(failedBatches?.listStatements() ?? []),
    ...(failedBatches === undefined
      ? []
      : [allow(['s3:GetObject', 's3:PutObject'], [failedBatches.bucket.arnForObjects('*')])]),
    ...(keyArns.length === 0 ? [] : [allow(['kms:Decrypt', 'kms:GenerateDataKey'], keyArns)]),
  ];
}

function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
