import { CfnWaitCondition, CfnWaitConditionHandle, Duration, Validations } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { pruneEnvironment, watchdogEnvironment } from '../../contract/maintenance-environment.ts';
import type { StackCode } from '../function-code.ts';
import { longestGapSeconds, type InvocationTimes } from '../monitoring/alarm-window.ts';
import { INDEXED_FIELDS } from '../monitoring/log-queries.ts';
import type { ResolvedDatabaseOptions } from '../props/database-options.ts';
import { DAY } from '../props/option-spec.ts';
import type { ResolvedMappingOptions } from '../props/mapping-options.ts';
import type { ResolvedMonitoringOptions } from '../props/monitoring-options.ts';
import type { ResolvedStreamOptions } from '../props/stream-options.ts';
import type { EventDatabase } from './event-database.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';
import { allowDataApi, allowReadStream } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';

/** What is watched. */
export interface WatchdogProps
  extends
    FunctionDefaults,
    Pick<ResolvedStreamOptions, 'streamRetention'>,
    InvocationTimes,
    Pick<
      ResolvedMappingOptions,
      'startingPosition' | 'startingPositionTimestamp' | 'parallelizationFactor' | 'mappingEnabled'
    >,
    Pick<ResolvedMonitoringOptions, 'pageWhenBehind'>,
    Pick<ResolvedDatabaseOptions, 'ledgerRetention'> {
  readonly code: Pick<StackCode, 'functionName' | 'watchdog' | 'prune'>;
  /** What its metrics are under. */
  readonly deployment: string;
  readonly metricsNamespace: string;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly mapping: EventSourceMapping;
  /** The processor as the mapping invokes it. */
  readonly processor: Alias;
  readonly failedBatches: FailedBatches | undefined;
  /** Topic whose subscriptions are counted; undefined where nobody needs to be paged, or nobody may ask. */
  readonly pageTopic: ITopic | undefined;
}

/** Shards that one run of the watchdog looks into: two calls each, ten at a time, well within its minute. */
const MAX_SHARDS = 400;

/** A wait condition cannot be updated: another value here breaks the next deployment of every stack there is. */
const FIRST_RUN = { count: 1, timeout: '900' } as const;

/** Two functions on a schedule, independent of the processor: one looks how far behind it is, one deletes old rows. */
export class Watchdog extends Construct {
  readonly watchdog: ServiceFunction;
  readonly prune: ServiceFunction;
  /** Created once the watchdog has run on its schedule: what must not exist before depends on it. */
  readonly firstRun: CfnWaitCondition;
  private readonly runs: CfnWaitConditionHandle;

  constructor(scope: Construct, id: string, props: WatchdogProps) {
    super(scope, id);
    this.runs = new CfnWaitConditionHandle(this, 'Runs');
    this.watchdog = this.createWatchdog(props);
    this.prune = this.createPrune(props);
    // A run that failed is not repeated: the next one is a minute away and sees more.
    const once = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
    const everyMinute = new Rule(this, 'EveryMinute', {
      description: 'Measures how far behind the consumer is',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.watchdog.function, once)],
    });
    const everyHour = new Rule(this, 'EveryHour', {
      description: 'Deletes rows of the ledger and the batch log that are no longer needed',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(this.prune.function, once)],
    });
    this.firstRun = new CfnWaitCondition(this, 'FirstRun', { ...FIRST_RUN, handle: this.runs.ref });
    this.firstRun.node.addDependency(everyMinute);
    for (const rule of [everyMinute, everyHour]) {
      Validations.of(rule).acknowledge({
        id: 'Serverless-EventBusDLQ',
        reason: 'a tick of the clock that got lost carries nothing: the next one does the same, and silence pages',
      });
    }
  }

  private createWatchdog(props: WatchdogProps): ServiceFunction {
    const { mapping, processor, failedBatches, pageTopic } = props;
    const { stream } = props.stream;
    return new ServiceFunction(this, 'Watchdog', {
      ...props,
      code: props.code.watchdog,
      description: `Measures every minute how far behind ${props.code.functionName} is`,
      indexedFields: INDEXED_FIELDS.watchdog,
      memorySize: 512,
      timeout: Duration.seconds(50),
      environment: watchdogEnvironment.encode({
        ...databaseOf(props),
        streamArn: stream.streamArn,
        deployment: props.deployment,
        metricsNamespace: props.metricsNamespace,
        startingPosition: props.startingPositionTimestamp ?? props.startingPosition,
        parallelizationFactor: props.parallelizationFactor,
        maxShards: MAX_SHARDS,
        mappingId: mapping.eventSourceMappingId,
        processorArn: processor.functionArn,
        failedBatchesBucket: failedBatches?.bucket.bucketName ?? '',
        // A minute more than is likely: a note that is taken too early to be old would come and go.
        deliveryGapSeconds: longestGapSeconds(props) + 60,
        pageWhenBehindSeconds: props.pageWhenBehind.toSeconds(),
        pausedOnPurpose: props.mappingEnabled ? 0 : 1,
        pageTopicArn: pageTopic?.topicArn ?? '',
        runsSignalUrl: this.runs.ref,
      }),
      statements: [
        ...allowReadStream(stream),
        new PolicyStatement({
          actions: ['lambda:GetEventSourceMapping'],
          resources: [mapping.eventSourceMappingArn],
        }),
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [processor.functionArn] }),
        ...(failedBatches?.listStatements() ?? []),
        ...allowCountSubscriptions(pageTopic),
        ...allowMaintenance(props),
      ],
    });
  }

  private createPrune(props: WatchdogProps): ServiceFunction {
    const { streamArn } = props.stream.stream;
    const describe = new PolicyStatement({
      actions: ['kinesis:DescribeStreamSummary'],
      resources: [streamArn],
    });
    return new ServiceFunction(this, 'Prune', {
      ...props,
      code: props.code.prune,
      description: `Deletes old rows of the ledger and the batch log of ${props.code.functionName}`,
      memorySize: 256,
      timeout: Duration.minutes(10),
      environment: pruneEnvironment.encode({
        ...databaseOf(props),
        streamArn,
        ledgerRetentionHours: wholeHours(props.ledgerRetention),
        batchLogRetentionHours: wholeHours(batchLogRetention(props)),
      }),
      statements: [describe, ...allowMaintenance(props)],
    });
  }
}

function allowCountSubscriptions(topic: ITopic | undefined): readonly PolicyStatement[] {
  if (topic === undefined) return [];
  return [new PolicyStatement({ actions: ['sns:GetTopicAttributes'], resources: [topic.topicArn] })];
}

function allowMaintenance({ database }: WatchdogProps): readonly PolicyStatement[] {
  return allowDataApi({ clusterArn: database.cluster.clusterArn, secret: database.maintenanceSecret });
}

function databaseOf({ database, code }: WatchdogProps): {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
  readonly functionName: string;
} {
  return {
    clusterArn: database.cluster.clusterArn,
    secretArn: database.maintenanceSecret.secretArn,
    database: database.databaseName,
    functionName: code.functionName,
  };
}

/** A row is needed for as long as a record that it covers is in the stream, and of use for a month. */
function batchLogRetention({ streamRetention }: WatchdogProps): Duration {
  return Duration.seconds(Math.max(streamRetention.toSeconds() + DAY, 30 * DAY));
}

function wholeHours(duration: Duration): number {
  return Math.ceil(duration.toHours({ integral: false }));
}
