import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** The key that is there already, or what happens to a new one. */
export interface DataKeyProps {
  readonly encryptionKey: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
}

/** The one customer-managed key for everything of a processor that is encrypted at rest. */
export class DataKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy }: DataKeyProps) {
    super(scope, id);
    this.key = encryptionKey ?? this.createKey(removalPolicy);
    const { statementAdded } = this.key.addToResourcePolicy(this.allowLogs(), true);
    if (!statementAdded) {
      Validations.of(this).addWarning(
        'kinesis-to-aurora:key-policy',
        'the policy of the given `encryptionKey` cannot be changed from here: it must let the services ' +
          'logs.REGION.amazonaws.com and cloudwatch.amazonaws.com encrypt and decrypt; without it log groups are not ' +
          'created and pages are not sent',
      );
    }
  }

  private createKey(removalPolicy: RemovalPolicy): Key {
    return new Key(this, 'Key', {
      description: `Data of ${Stack.of(this).stackName}`,
      enableKeyRotation: true,
      rotationPeriod: Duration.days(365),
      removalPolicy,
      // Until then it waits to be deleted; 7 is the least.
      ...(removalPolicy === RemovalPolicy.DESTROY && { pendingWindow: Duration.days(7) }),
    });
  }

  /** CloudWatch Logs uses a key in its own name, for the log groups of this account and region. */
  private allowLogs(): PolicyStatement {
    const stack = Stack.of(this);
    return new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
            service: 'logs',
            resource: 'log-group',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    });
  }
}
