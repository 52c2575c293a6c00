import { Arn, ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, SubnetType, Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { ResolvedProps } from '../props/resolve-props.ts';
import type { SecretAccess } from './grants.ts';

/** The settings of a database, with what it shares with the stack. */
export interface EventDatabaseProps {
  readonly settings: ResolvedProps;
  readonly key: IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly logRetention: RetentionDays;
}

/** The Aurora PostgreSQL cluster that is written, made here or there already, and the secrets of its roles. */
export class EventDatabase extends Construct {
  readonly clusterArn: string;
  /** Identifier in the metrics of the cluster. */
  readonly clusterIdentifier: string;
  readonly databaseName: string;
  /** The owner of the tables; for migrations only. */
  readonly ownerSecret: SecretAccess;
  /** The role that writes events. */
  readonly processorSecret: SecretAccess;
  /** The role that reads positions and deletes old rows. */
  readonly maintenanceSecret: SecretAccess;

  constructor(scope: Construct, id: string, props: EventDatabaseProps) {
    super(scope, id);
    const { settings, key } = props;
    this.databaseName = settings.databaseName;
    if (settings.existingClusterArn === undefined) {
      const cluster = this.createCluster(props);
      this.clusterArn = cluster.clusterArn;
      this.clusterIdentifier = cluster.clusterIdentifier;
      this.ownerSecret = { secretArn: requireSecret(cluster).secretArn, key };
    } else {
      this.clusterArn = settings.existingClusterArn;
      this.clusterIdentifier = Arn.split(settings.existingClusterArn, ArnFormat.COLON_RESOURCE_NAME).resourceName ?? '';
      const keyArn = settings.existingClusterSecretKeyArn;
      this.ownerSecret = {
        secretArn: settings.existingClusterSecretArn ?? '',
        key: keyArn === undefined ? undefined : Key.fromKeyArn(this, 'OwnerSecretKey', keyArn),
      };
    }
    const role = settings.functionName.replaceAll('-', '_');
    this.processorSecret = this.createRoleSecret('ProcessorSecret', `${role}_processor`, props);
    this.maintenanceSecret = this.createRoleSecret('MaintenanceSecret', `${role}_maintenance`, props);
  }

  private createCluster(props: EventDatabaseProps): DatabaseCluster {
    const { settings, key, removalPolicy } = props;
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      vpc: this.createVpc(props),
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
      serverlessV2MinCapacity: settings.databaseMinCapacity,
      serverlessV2MaxCapacity: settings.databaseMaxCapacity,
      defaultDatabaseName: settings.databaseName,
      credentials: Credentials.fromUsername('event_owner', { encryptionKey: key }),
      manageMasterUserPassword: true,
      enableDataApi: true,
      iamAuthentication: true,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(settings.backupRetentionDays) },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    if (removalPolicy !== RemovalPolicy.RETAIN) {
      Validations.of(cluster).acknowledge({
        id: 'AwsSolutions-RDS10',
        reason: '`removalPolicy` destroy is for test stages, which must be able to go',
      });
    }
    return cluster;
  }

  /** Nothing but the database lives here, and nothing connects to it: the Data API comes from the other side. */
  private createVpc({ key, logRetention, removalPolicy }: EventDatabaseProps): IVpc {
    const flowLogs = new LogGroup(this, 'FlowLogs', {
      retention: logRetention,
      encryptionKey: key,
      removalPolicy,
    });
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      // No interface uses the default security group, and closing it would take a function of its own.
      restrictDefaultSecurityGroup: false,
      flowLogs: {
        All: {
          destination: FlowLogDestination.toCloudWatchLogs(flowLogs),
          trafficType: FlowLogTrafficType.ALL,
        },
      },
    });
    return vpc as IVpc;
  }

  private createRoleSecret(id: string, username: string, { key, removalPolicy }: EventDatabaseProps): SecretAccess {
    const secret = new Secret(this, id, {
      description: `Database role ${username} of ${Stack.of(this).stackName}`,
      encryptionKey: key,
      removalPolicy,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: 32,
        excludePunctuation: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'the migrations step gives the role the password that the secret holds; a new password is a new ' +
        'value in the secret and a run of that step, see docs/operations.md',
    });
    return { secretArn: secret.secretArn, key };
  }
}

function requireSecret(cluster: DatabaseCluster): { readonly secretArn: string } {
  if (cluster.secret === undefined) throw new Error('a cluster whose password RDS manages has a secret');
  return cluster.secret;
}
