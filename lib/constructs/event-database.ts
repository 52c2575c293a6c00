import { Duration, RemovalPolicies, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  SubnetType,
  Vpc,
  type IVpc,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DATABASE_SPECS, type ResolvedDatabaseOptions } from '../props/database-options.ts';
import { PropsError } from '../props/props-error.ts';
import { DeletionProtection } from './deletion-protection.ts';
import { clusterName, databaseRoleName } from './deployment-name.ts';

/**
 * An Aurora PostgreSQL cluster whose Data API is on: a `DatabaseCluster`, an imported one, or just its ARN and
 * identifier.
 */
export interface DataApiCluster {
  readonly clusterArn: string;
  /** As in the metrics of the cluster. */
  readonly clusterIdentifier: string;
  /** Credentials of a role that may create roles and tables. */
  readonly secret?: ISecret | undefined;
}

/** The cluster that is there already, or what a new one is like. */
export interface EventDatabaseProps extends Omit<ResolvedDatabaseOptions, 'ledgerRetention'> {
  readonly cluster: DataApiCluster | undefined;
  /** Credentials of the owner, for a cluster that does not know them itself. */
  readonly clusterSecret: ISecret | undefined;
  /** Where a new cluster goes; undefined for a network of its own. */
  readonly vpc: IVpc | undefined;
  readonly vpcSubnets: SubnetSelection | undefined;
  /** Distinguishes the database roles from those of every other processor on the cluster. */
  readonly deployment: string;
  readonly encryptionKey: IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly logRetention: RetentionDays;
}

/** The Aurora PostgreSQL cluster that is written, new or existing, and the secrets of its roles. */
export class EventDatabase extends Construct {
  readonly cluster: DataApiCluster;
  /** The same if it was made here. */
  readonly ownCluster: DatabaseCluster | undefined;
  readonly databaseName: string;
  /** The owner of the tables; for migrations only. */
  readonly ownerSecret: ISecret;
  /** The role that writes events. */
  readonly processorSecret: ISecret;
  /** The role that reads positions and deletes old rows. */
  readonly maintenanceSecret: ISecret;

  constructor(scope: Construct, id: string, props: EventDatabaseProps) {
    super(scope, id);
    this.databaseName = props.databaseName;
    this.ownCluster = props.cluster === undefined ? this.createCluster(props) : undefined;
    this.cluster = props.cluster ?? (this.ownCluster as DataApiCluster);
    this.ownerSecret = completeSecret(props.clusterSecret ?? this.cluster.secret);
    this.processorSecret = this.createRoleSecret('ProcessorSecret', 'processor', props);
    this.maintenanceSecret = this.createRoleSecret('MaintenanceSecret', 'maintenance', props);
    // What waits for this part waits for the instances of a cluster in the same app too: they answer the Data API.
    if (Construct.isConstruct(props.cluster)) this.node.addDependency(props.cluster);
  }

  private createCluster(props: EventDatabaseProps): DatabaseCluster {
    const { encryptionKey, removalPolicy } = props;
    const isTemporary = removalPolicy === RemovalPolicy.DESTROY;
    const clusterIdentifier = clusterName(this, props.deployment);
    const logGroup = this.createLogGroup(clusterIdentifier, props);
    const cluster = new DatabaseCluster(this, 'Cluster', {
      clusterIdentifier,
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      vpc: props.vpc ?? this.createVpc(props),
      vpcSubnets: props.vpcSubnets ?? { subnetType: SubnetType.PRIVATE_ISOLATED },
      writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
      readers: Array.from({ length: props.readers }, (_, index) =>
        // As large as the writer at any time: a smaller one would be overrun when it takes over.
        ClusterInstance.serverlessV2(`Reader${index + 1}`, { publiclyAccessible: false, scaleWithWriter: true }),
      ),
      serverlessV2MinCapacity: props.databaseMinCapacity,
      serverlessV2MaxCapacity: props.databaseMaxCapacity,
      // Not the setting: another one would replace the cluster. Migrations create the database that is missing.
      defaultDatabaseName: DATABASE_SPECS.databaseName.fallback,
      credentials: Credentials.fromUsername('event_owner', { encryptionKey }),
      manageMasterUserPassword: true,
      enableDataApi: true,
      iamAuthentication: true,
      storageEncrypted: true,
      storageEncryptionKey: encryptionKey,
      backup: { retention: Duration.days(props.backupRetentionDays) },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      // What is kept is protected once it is there, see DeletionProtection; the property lifts a protection.
      ...(isTemporary && { deletionProtection: false }),
      removalPolicy,
    });
    cluster.node.addDependency(logGroup);
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-RDS10',
      reason: isTemporary
        ? '`removalPolicy` destroy is for test stages, which must be able to go'
        : 'protected when it is there: from the first moment on, a first deployment that fails could not be taken back',
    });
    if (!isTemporary) this.keep(cluster, props);
    return cluster;
  }

  /** RDS would make the group itself, without a key and for ever; a statement that failed is in it with its values. */
  private createLogGroup(
    clusterIdentifier: string,
    { encryptionKey, logRetention, removalPolicy }: EventDatabaseProps,
  ): LogGroup {
    return new LogGroup(this, 'ClusterLogs', {
      logGroupName: `/aws/rds/cluster/${clusterIdentifier}/postgresql`,
      retention: logRetention,
      encryptionKey,
      removalPolicy,
    });
  }

  /** With the cluster stays what is around it. Its instances go: they hold no data, and cost most. */
  private keep(cluster: DatabaseCluster, { encryptionKey, logRetention }: EventDatabaseProps): void {
    RemovalPolicies.of(cluster).retainOnUpdateOrDelete({ excludeResourceTypes: ['AWS::RDS::DBInstance'] });
    new DeletionProtection(this, 'Protection', { cluster, encryptionKey, logRetention });
  }

  /** Nothing but the database lives here, and nothing connects to it: the Data API comes from the other side. */
  private createVpc({ encryptionKey, logRetention, removalPolicy }: EventDatabaseProps): IVpc {
    const flowLogs = new LogGroup(this, 'FlowLogs', {
      retention: logRetention,
      encryptionKey,
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
    if (removalPolicy !== RemovalPolicy.DESTROY) RemovalPolicies.of(vpc).retainOnUpdateOrDelete();
    return vpc as IVpc;
  }

  private createRoleSecret(id: string, kind: 'processor' | 'maintenance', props: EventDatabaseProps): ISecret {
    const username = databaseRoleName(props.deployment, kind);
    const secret = new Secret(this, id, {
      description: `Database role ${username} of ${Stack.of(this).stackName}`,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: 32,
        excludePunctuation: true,
      },
    });
    return secret as ISecret;
  }
}

/** The Data API and the policies of its callers name a secret by its complete ARN. */
function completeSecret(secret: ISecret | undefined): ISecret {
  if (secret === undefined) {
    throw new PropsError([
      '`clusterSecret` must be set with a `cluster` that does not know its own secret, got nothing; migrations log in with it',
    ]);
  }
  if (secret.secretFullArn === undefined) {
    throw new PropsError([
      `\`clusterSecret\` must have its complete ARN, got ${secret.secretArn}; import it with Secret.fromSecretCompleteArn`,
    ]);
  }
  return secret;
}
