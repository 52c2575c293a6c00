import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { Alarm, CompositeAlarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable, IManagedPolicy, IRole } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type {
  Alias,
  CfnEventSourceMapping,
  EventSourceMapping,
  Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, RetentionDays, type ILogGroup, type ILogSubscriptionDestination } from 'aws-cdk-lib/aws-logs';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { RECORD_KEY, type PromiseRecord } from '../contract/template-record.ts';
import { DataKey } from './constructs/data-key.ts';
import { DatabaseMigrations } from './constructs/database-migrations.ts';
import { boundedName, deploymentName } from './constructs/deployment-name.ts';
import { EventDatabase, type DataApiCluster } from './constructs/event-database.ts';
import { EventStream } from './constructs/event-stream.ts';
import { FailedBatches } from './constructs/failed-batches.ts';
import { BoostRole } from './constructs/boost-role.ts';
import { OperatorPolicy } from './constructs/operator-policy.ts';
import { Pager } from './constructs/pager.ts';
import { ProcessorFunction } from './constructs/processor-function.ts';
import { Rollout } from './constructs/rollout.ts';
import { StreamMapping } from './constructs/stream-mapping.ts';
import { Watchdog } from './constructs/watchdog.ts';
import type { StackCode } from './function-code.ts';
import type { IncidentName } from './monitoring/alarm-spec.ts';
import type { MetricSources } from './monitoring/event-metrics.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { canScale } from './props/least-utilization.ts';
import type { ProcessorOptions, ResolvedOptions } from './props/processor-options.ts';
import { PropsError } from './props/props-error.ts';
import { resolveOptions } from './props/resolve-options.ts';

/**
 * An {@link EventProcessor}: its code, what it works with, and options for each of its parts. Everything but the code
 * has a default; what is there already is given as a CDK object, and is not changed but for the policies it needs.
 */
export interface EventProcessorProps extends ProcessorOptions {
  /** What `bundleStackCode` made: the processor and the functions around it. */
  readonly code: StackCode;

  /**
   * Key for everything that is encrypted at rest and made here.
   *
   * @default a new key
   */
  readonly encryptionKey?: IKey;

  /**
   * What happens to what holds data when it leaves the stack. With `RETAIN` it stays, but goes when the deployment that
   * makes it is rolled back. With `DESTROY` it is a test stage, which may do without a pager.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long log lines stay.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * Gets every log line of the functions, within about three minutes: for those who search logs elsewhere. One of
   * `aws-cdk-lib/aws-logs-destinations`, over a function, a stream or a delivery stream that is there already; never
   * over the stream that is read.
   *
   * @default log lines stay in CloudWatch
   */
  readonly logDestination?: ILogSubscriptionDestination;

  /**
   * The stream to read. Import one that has a customer-managed key with `Stream.fromStreamAttributes` and its
   * `encryptionKey`; `streamOptions` then say what it is like.
   *
   * @default a new stream
   */
  readonly stream?: IStream;

  /**
   * The cluster to write to; its Data API must be on.
   *
   * @default a new Aurora PostgreSQL cluster, Serverless v2
   */
  readonly cluster?: DataApiCluster;

  /**
   * Credentials of a role of the cluster that may create roles and tables; only migrations use them.
   *
   * @default the secret of the cluster itself
   */
  readonly clusterSecret?: ISecret;

  /**
   * Where a new cluster goes. Nothing connects to it there: the Data API comes from the other side.
   *
   * @default a network of its own, without a way in or out
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of the new cluster.
   *
   * @default the isolated ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Gets one message per incident.
   *
   * @default a new topic
   */
  readonly pageTopic?: ITopic;

  /**
   * Gets one message per incident that has time until the day: records that were set aside.
   *
   * @default a new topic where `ticketEmails` are given; else such incidents page
   */
  readonly ticketTopic?: ITopic;

  /**
   * Gets every change of every alarm.
   *
   * @default a new topic
   */
  readonly noticeTopic?: ITopic;
}

/** The props, checked and with their defaults, and the parts that most others need. */
interface Foundations extends Omit<EventProcessorProps, keyof ProcessorOptions> {
  readonly options: ResolvedOptions;
  readonly deployment: string;
  readonly encryptionKey: IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly logRetention: RetentionDays;
}

/** What events come from, go to and are told to. */
interface Resources {
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly failedBatches: FailedBatches | undefined;
  readonly pager: Pager;
}

/**
 * Reads events from a Kinesis stream and writes them to Aurora PostgreSQL through a function, with everything that tells
 * somebody when it stops. Each part is made here or taken as it is, and all of them are members, to be granted, tagged,
 * subscribed to or built upon.
 */
export class EventProcessor extends Construct {
  /** The name under which its metrics, roles and dashboard are found; no other processor of the account and region has it. */
  readonly deployment: string;
  readonly stream: IStream;
  readonly key: IKey;
  readonly function: LambdaFunction;
  /** Log of the function. */
  readonly logGroup: ILogGroup;
  /** The version of the function in use, which the mapping invokes. */
  readonly alias: Alias;
  readonly mapping: EventSourceMapping;
  /** Looks every minute how far behind the consumer is. */
  readonly watchdog: LambdaFunction;
  /** All that the operator commands need, for people to be given. */
  readonly operatorPolicy: IManagedPolicy;
  /** With which the scheduler sets everything back at the end of a boost. */
  readonly boostRole: IRole;
  readonly cluster: DataApiCluster;
  /** The same if it was made here. */
  readonly ownCluster: DatabaseCluster | undefined;
  readonly databaseName: string;
  /** Credentials of the role that reads positions and the quarantine. */
  readonly maintenanceSecret: ISecret;
  /** Where Lambda puts batches that it gives up; undefined without `onFailureDestination`. */
  readonly failedBatches: IBucket | undefined;
  readonly pageTopic: ITopic;
  /** Undefined where what would go there pages. */
  readonly ticketTopic: ITopic | undefined;
  readonly noticeTopic: ITopic;
  /** Every alarm by its id; each sends its changes to `noticeTopic`. */
  readonly alarms: Readonly<Record<string, Alarm>>;
  /** The composite alarms, which page or make tickets. */
  readonly incidents: Readonly<Record<IncidentName, CompositeAlarm>>;
  /** On while the version that takes over fails; stops a canary. */
  readonly newVersionErrors: Alarm;
  readonly dashboard: Dashboard;
  /** Shows the dashboard in the console. */
  readonly dashboardUrl: string;
  /** Folder of the function, which names its rows in the framework's tables. */
  readonly functionName: string;

  /**
   * Checks the options, all at once, before anything is made.
   *
   * @throws PropsError with every problem
   */
  constructor(scope: Construct, id: string, props: EventProcessorProps) {
    super(scope, id);
    const base = this.createFoundations(props);
    const around = this.createResources(base);
    const parts = this.createParts(base, around);
    recordPromises(base.options, { mapping: parts.mapping, pager: around.pager });
    forwardLogs(props.logDestination, parts);
    const { processor, mapping, watchdog, rollout, monitoring } = parts;

    this.deployment = base.deployment;
    this.functionName = props.code.functionName;
    this.stream = around.stream.stream;
    this.key = base.encryptionKey;
    this.function = processor.function;
    this.logGroup = processor.logGroup;
    this.alias = processor.alias;
    this.mapping = mapping.mapping;
    this.watchdog = watchdog.watchdog.function;
    const boostRole = new BoostRole(this, 'Boost', {
      mapping: this.mapping,
      function: this.function,
      isConcurrencyReserved: base.options.functionOptions.reservedConcurrency !== undefined,
      ownCluster: around.database.ownCluster,
    });
    this.boostRole = boostRole.role;
    this.operatorPolicy = this.createOperatorPolicy(base, around, boostRole);
    this.cluster = around.database.cluster;
    this.ownCluster = around.database.ownCluster;
    this.databaseName = around.database.databaseName;
    this.maintenanceSecret = around.database.maintenanceSecret;
    this.failedBatches = around.failedBatches?.bucket as IBucket | undefined;
    this.pageTopic = around.pager.pageTopic;
    this.ticketTopic = around.pager.ticketTopic;
    this.noticeTopic = around.pager.noticeTopic;
    this.alarms = monitoring.alarms.alarms;
    this.incidents = monitoring.alarms.incidents;
    this.newVersionErrors = rollout.newVersionErrors;
    this.dashboard = monitoring.dashboard.dashboard;
    this.dashboardUrl = monitoring.dashboard.url;
    this.refuseSharedRows();
  }

  /** Lets somebody put records on the stream, its key included; a producer of another account too. */
  grantProducer(grantee: IGrantable): void {
    this.stream.grant(grantee, 'kinesis:PutRecord', 'kinesis:PutRecords');
    this.stream.encryptionKey?.grant(grantee, 'kms:GenerateDataKey');
  }

  private createFoundations(props: EventProcessorProps): Foundations {
    const removalPolicy = keptPolicy(props.removalPolicy);
    const { logRetention = RetentionDays.ONE_MONTH } = props;
    const { options, warnings } = resolveOptions(props, {
      isTemporary: removalPolicy === RemovalPolicy.DESTROY,
      hasPageTopic: props.pageTopic !== undefined,
      hasCluster: props.cluster !== undefined,
      now: new Date(),
    });
    for (const [warning, text] of Object.entries(warnings)) {
      Validations.of(this).addWarning(`kinesis-to-aurora:${warning}`, text);
    }
    const { key } = new DataKey(this, 'Encryption', { encryptionKey: props.encryptionKey, removalPolicy });
    const deployment = deploymentName(this);
    return { ...props, options, deployment, encryptionKey: key, removalPolicy, logRetention };
  }

  private createResources(base: Foundations): Resources {
    const { options, deployment, encryptionKey, removalPolicy, logRetention } = base;
    const { enhancedFanOut, onFailureDestination } = options.mappingOptions;
    return {
      stream: new EventStream(this, 'Events', {
        ...options.streamOptions,
        stream: base.stream,
        encryptionKey,
        removalPolicy,
        consumerName: enhancedFanOut ? boundedName(deployment, MAX_CONSUMER_NAME) : undefined,
      }),
      database: new EventDatabase(this, 'Database', {
        ...options.databaseOptions,
        cluster: base.cluster,
        clusterSecret: base.clusterSecret,
        vpc: base.vpc,
        vpcSubnets: base.vpcSubnets,
        deployment,
        encryptionKey,
        removalPolicy,
        logRetention,
      }),
      failedBatches: onFailureDestination
        ? new FailedBatches(this, 'FailedBatches', { encryptionKey, removalPolicy, logRetention })
        : undefined,
      pager: new Pager(this, 'Paging', {
        ...options.pagerOptions,
        pageTopic: base.pageTopic,
        ticketTopic: base.ticketTopic,
        noticeTopic: base.noticeTopic,
        encryptionKey,
      }),
    };
  }

  private createParts(base: Foundations, around: Resources): Parts {
    const { options, code, deployment, encryptionKey, removalPolicy, logRetention } = base;
    const { streamOptions, mappingOptions, functionOptions, databaseOptions, monitoringOptions } = options;
    const { stream, database, failedBatches, pager } = around;
    const defaults = { encryptionKey, removalPolicy, logRetention, code, stream, database };
    const published = { deployment, metricsNamespace: monitoringOptions.metricsNamespace };
    const migrations = new DatabaseMigrations(this, 'Migrations', { ...defaults, deployment });
    const processor = new ProcessorFunction(this, 'Processing', {
      ...defaults,
      ...functionOptions,
      ...published,
      failedBatches,
    });
    const target = processor.alias;
    const mapping = new StreamMapping(this, 'Polling', { ...mappingOptions, stream, target, failedBatches });
    const watchdog = new Watchdog(this, 'Watching', {
      ...defaults,
      ...published,
      ...mappingOptions,
      mapping: mapping.mapping,
      processor: processor.alias,
      failedBatches,
      streamRetention: streamOptions.streamRetention,
      timeout: functionOptions.timeout,
      pageWhenBehind: monitoringOptions.pageWhenBehind,
      pageTopic: pager.countsSubscribers ? pager.pageTopic : undefined,
      ledgerRetention: databaseOptions.ledgerRetention,
    });
    const monitoring = new Monitoring(this, 'Monitoring', {
      sources: sourcesOf(base, { stream, database, processor, mapping }),
      limits: { ...monitoringOptions, ...streamOptions, ...mappingOptions, ...functionOptions, ...databaseOptions },
      logGroups: { processor: processor.logGroup, watchdog: watchdog.watchdog.logGroup },
      pager,
    });
    const { noticeTopic } = pager;
    const rollout = new Rollout(this, 'Rollout', { ...functionOptions, ...mappingOptions, processor, noticeTopic });
    // A version that needs a new column must not take over before the column is there.
    for (const user of [processor.alias, watchdog]) user.node.addDependency(migrations);
    makeAlarmsQuietly(monitoring, { watchdog, pager });
    return { migrations, processor, mapping, watchdog, monitoring, rollout };
  }

  private createOperatorPolicy(
    { encryptionKey }: Foundations,
    { stream, database, failedBatches, pager }: Resources,
    boostRole: BoostRole,
  ): IManagedPolicy {
    const functions = [this.function, this.watchdog];
    const { pageTopic } = pager;
    const { mapping } = this;
    const props = { encryptionKey, stream, database, mapping, functions, failedBatches, pageTopic, boostRole };
    return new OperatorPolicy(this, 'Operators', props).policy;
  }

  /**
   * The tables of a function, and its rows in the framework's tables, go by the name of the function: two processors of
   * one function on one database would take each other's events for their own.
   */
  private refuseSharedRows(): void {
    const twin = this.node.root.node
      .findAll()
      .find(
        (it) =>
          it instanceof EventProcessor &&
          it !== this &&
          it.functionName === this.functionName &&
          it.cluster.clusterArn === this.cluster.clusterArn &&
          it.databaseName === this.databaseName,
      );
    if (twin === undefined) return;
    throw new PropsError([
      `\`databaseName\` must differ where ${twin.node.path} and ${this.node.path} share a cluster, got ` +
        `"${this.databaseName}" twice; both write the tables of ${this.functionName}, and events of one would count as ` +
        'already written by the other',
    ]);
  }
}

/**
 * Plain `RETAIN` keeps also what a failed deployment has just made, which then is in the way of the next one.
 * {@link https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html}
 */
function keptPolicy(removalPolicy: RemovalPolicy = RemovalPolicy.RETAIN): RemovalPolicy {
  return removalPolicy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : removalPolicy;
}

/** A deployment that makes the alarms sends nobody anything. */
function makeAlarmsQuietly(
  { alarms }: Monitoring,
  { watchdog, pager }: { readonly watchdog: Watchdog; readonly pager: Pager },
): void {
  // An alarm that is there before anything can be seen would begin with a page.
  alarms.node.addDependency(watchdog.firstRun);
  // Every alarm that is made says that it is well. Who is subscribed after that does not get a dozen such messages.
  for (const subscription of pager.subscriptions) subscription.node.addDependency(alarms);
}

interface Parts {
  readonly migrations: DatabaseMigrations;
  readonly processor: ProcessorFunction;
  readonly mapping: StreamMapping;
  readonly watchdog: Watchdog;
  readonly monitoring: Monitoring;
  readonly rollout: Rollout;
}

function sourcesOf(
  { deployment, options }: Foundations,
  parts: Pick<Resources, 'stream' | 'database'> & Pick<Parts, 'processor' | 'mapping'>,
): MetricSources {
  return {
    namespace: options.monitoringOptions.metricsNamespace,
    deployment,
    lambdaName: parts.processor.function.functionName,
    mappingId: parts.mapping.mapping.eventSourceMappingId,
    streamName: parts.stream.stream.streamName,
    consumerName: parts.stream.consumerName,
    clusterIdentifier: parts.database.cluster.clusterIdentifier,
  };
}

function forwardLogs(
  destination: ILogSubscriptionDestination | undefined,
  { migrations, processor, watchdog }: Pick<Parts, 'migrations' | 'processor' | 'watchdog'>,
): void {
  if (destination === undefined) return;
  const filterPattern = FilterPattern.allEvents();
  for (const { logGroup } of [migrations.functions, processor, watchdog.watchdog, watchdog.prune]) {
    logGroup.addSubscriptionFilter('Forwarding', { destination, filterPattern });
  }
}

/** Where the alarms are checked, what they are to do must not come from the alarms. */
function recordPromises(
  { streamOptions, mappingOptions, monitoringOptions, databaseOptions }: ResolvedOptions,
  { mapping, pager }: Pick<Parts, 'mapping'> & Pick<Resources, 'pager'>,
): void {
  const record: PromiseRecord = {
    pageTopic: pager.pageTopic.topicArn,
    ticketTopic: pager.topicFor('ticket').topicArn,
    noticeTopic: pager.noticeTopic.topicArn,
    countsSubscribers: pager.countsSubscribers,
    mappingEnabled: mappingOptions.mappingEnabled,
    streamRetentionHours: streamOptions.streamRetention.toHours(),
    shardCount: streamOptions.shardCount,
    pageWhenBehindSeconds: monitoringOptions.pageWhenBehind.toSeconds(),
    pageWhenRetentionUsedPercent: monitoringOptions.pageWhenRetentionUsedPercent,
    pageWhenStoppedMinutes: monitoringOptions.pageWhenStoppedMinutes,
    pageWhenQuarantined: monitoringOptions.pageWhenQuarantined,
    noticeWhenDurationPercent: monitoringOptions.noticeWhenDurationPercent,
    noticeWhenCapacityPercent: canScale(databaseOptions) ? monitoringOptions.noticeWhenCapacityPercent : 0,
    noticeWhenCacheHitPercentBelow: monitoringOptions.noticeWhenCacheHitPercentBelow,
  };
  (mapping.mapping.node.defaultChild as CfnEventSourceMapping).addMetadata(RECORD_KEY, record);
}

/** {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html} */
const MAX_CONSUMER_NAME = 128;
