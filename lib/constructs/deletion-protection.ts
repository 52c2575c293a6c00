import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  PhysicalResourceId,
  type AwsSdkCall,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { allowLogging } from './grants.ts';

/** What is protected, and where the step that does it logs. */
export interface DeletionProtectionProps {
  readonly cluster: DatabaseCluster;
  readonly encryptionKey: IKey;
  readonly logRetention: RetentionDays;
}

/**
 * Protects a cluster against deletion once it is there. The property of the cluster would protect it from the first
 * moment on, also from CloudFormation, which has to delete it again when something else fails in a first deployment:
 * taken back with the rest, this resource lifts the protection first. When the stack is destroyed it is kept, which
 * means that nothing is called and the cluster stays protected.
 */
export class DeletionProtection extends Construct {
  constructor(scope: Construct, id: string, { cluster, encryptionKey, logRetention }: DeletionProtectionProps) {
    super(scope, id);
    const removalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    const logGroup = new LogGroup(this, 'Logs', { retention: logRetention, encryptionKey, removalPolicy });
    const protect = modifyCluster(cluster, true);
    new AwsCustomResource(this, 'Switch', {
      resourceType: 'Custom::DeletionProtection',
      onCreate: protect,
      onUpdate: protect,
      onDelete: modifyCluster(cluster, false),
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['rds:ModifyDBCluster'], resources: [cluster.clusterArn] }),
      ]),
      role: this.createRole(logGroup),
      logGroup,
      removalPolicy,
      timeout: Duration.minutes(1),
      memorySize: 256,
      installLatestAwsSdk: false,
    });
    this.acknowledgeFindings();
  }

  /** CDK's own would let the function make log groups, which nobody would ever delete. */
  private createRole(logGroup: LogGroup): Role {
    return new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { logging: new PolicyDocument({ statements: [allowLogging(logGroup)] }) },
    });
  }

  private acknowledgeFindings(): void {
    const id = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;
    const caller = Stack.of(this).node.findChild(id);
    const reason = 'runs when CloudFormation asks, which sees and shows what fails';
    for (const rule of ['Serverless-LambdaDLQ', 'Serverless-LambdaTracing']) {
      Validations.of(caller).acknowledge({ id: rule, reason });
    }
  }
}

function modifyCluster({ clusterIdentifier }: DatabaseCluster, isProtected: boolean): AwsSdkCall {
  return {
    service: 'RDS',
    action: 'modifyDBCluster',
    parameters: { DBClusterIdentifier: clusterIdentifier, DeletionProtection: isProtected },
    physicalResourceId: PhysicalResourceId.of(clusterIdentifier),
    // The whole answer is larger than what CloudFormation takes.
    outputPaths: ['DBCluster.DBClusterIdentifier'],
  };
}
