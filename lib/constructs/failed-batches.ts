import { Validations, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Key and removal policy of the stack. */
export interface FailedBatchesProps {
  readonly encryptionKey: IKey;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Where Lambda puts batches that it gives up, with all they held. A queue or a topic would get only the place in the
 * stream, which is worth nothing once the stream has forgotten it.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 */
export class FailedBatches extends Construct {
  readonly bucket: Bucket;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy }: FailedBatchesProps) {
    super(scope, id);
    this.key = encryptionKey;
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Lambda alone writes here, seldom, and CloudTrail shows who reads; access logs would need a second bucket',
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
