import { CfnResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { allowLogging } from './grants.ts';

/** Key and removal policy of the stack. */
export interface FailedBatchesProps {
  readonly encryptionKey: IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly logRetention: RetentionDays;
}

/** Pages long before: what nobody has redriven in a year, nobody will. */
const KEPT_FOR = Duration.days(365);

/**
 * Where Lambda puts batches that it gives up, with all they held. A queue or a topic would get only the place in the
 * stream, which is worth nothing once the stream has forgotten it.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 */
export class FailedBatches extends Construct {
  readonly bucket: Bucket;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy, logRetention }: FailedBatchesProps) {
    super(scope, id);
    this.key = encryptionKey;
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: KEPT_FOR, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    if (removalPolicy === RemovalPolicy.DESTROY) ownEmptyingLog(this, { encryptionKey, logRetention });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Lambda alone writes here, seldom, and CloudTrail shows who reads; access logs would need a second bucket',
    });
  }

  /** Says why somebody may touch any object here. */
  acknowledgeObjects(grantee: IConstruct): void {
    const logicalId = this.bucket.stack.getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    Validations.of(grantee).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
      reason: 'Lambda chooses the names of the objects that it puts into this one bucket',
    });
  }

  /** Counting what is here. */
  listStatements(): readonly PolicyStatement[] {
    return [new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] })];
  }

  /** What Lambda does here in the name of the function. */
  writeStatements(): readonly PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects('*')] }),
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [this.key.keyArn] }),
    ];
  }
}

/** Id that the CDK gives to the function that empties buckets. */
const EMPTYING = 'Custom::S3AutoDeleteObjectsCustomResourceProvider';

/**
 * The function of the CDK that empties a bucket before it goes has no log group: Lambda makes one, which stays. Here it
 * gets one of the stack, and a role that can make none.
 * {@link https://github.com/aws/aws-cdk/issues/24815}
 */
function ownEmptyingLog(
  scope: Construct,
  { encryptionKey, logRetention }: Pick<FailedBatchesProps, 'encryptionKey' | 'logRetention'>,
): void {
  const logGroup = new LogGroup(scope, 'EmptyingLogs', {
    retention: logRetention,
    encryptionKey,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const provider = Stack.of(scope).node.findChild(EMPTYING);
  const role = resourceIn(provider, 'Role');
  role.addPropertyDeletionOverride('ManagedPolicyArns');
  role.addPropertyOverride('Policies', [
    { PolicyName: 'own', PolicyDocument: new PolicyDocument({ statements: [allowLogging(logGroup)] }) },
  ]);
  resourceIn(provider, 'Handler').addPropertyOverride('LoggingConfig.LogGroup', logGroup.logGroupName);
}

function resourceIn(provider: IConstruct, id: string): CfnResource {
  const resource = provider.node.findChild(id);
  if (!CfnResource.isCfnResource(resource)) throw new Error(`${resource.node.path} must be a resource`);
  return resource;
}
