import { CfnWaitCondition, CfnWaitConditionHandle, Duration, Validations } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { pruneEnvironment, watchdogEnvironment } from '../../contract/environment.ts';
import type { StackCode } from '../function-code.ts';
import type { ResolvedProps } from '../props/resolve-props.ts';
import type { EventDatabase } from './event-database.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';
import { allowDataApi, allowReadStream } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';
import type { StreamMapping } from './stream-mapping.ts';

/** What is watched. */
export interface WatchdogProps extends FunctionDefaults {
  readonly settings: ResolvedProps;
  readonly code: Pick<StackCode, 'watchdog' | 'prune'>;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly mapping: StreamMapping;
  readonly failedBatches: FailedBatches | undefined;
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
      description: 'Looks how far behind the consumer is',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.watchdog.function, once)],
    });
    const everyHour = new Rule(this, 'EveryHour', {
      description: 'Deletes rows of the ledger and the batch log that nothing can need any more',
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
    const { settings, stream, database, mapping, failedBatches } = props;
    return new ServiceFunction(this, 'Watchdog', {
      ...props,
      code: props.code.watchdog,
      description: `Looks every minute how far behind ${settings.functionName} is`,
      memorySize: 512,
      timeout: Duration.seconds(50),
      environment: watchdogEnvironment.encode({
        ...databaseOf(props),
        streamArn: stream.streamArn,
        metricsNamespace: settings.metricsNamespace,
        startingPosition: settings.startingPositionTimestamp ?? settings.startingPosition,
        parallelizationFactor: settings.parallelizationFactor,
        maxShards: MAX_SHARDS,
        mappingId: mapping.mappingId,
        failedBatchesBucket: failedBatches?.bucket.bucketName ?? '',
        runsSignalUrl: this.runs.ref,
      }),
      statements: [
        ...allowReadStream(stream.streamArn, stream.key),
        new PolicyStatement({ actions: ['lambda:GetEventSourceMapping'], resources: [mapping.mappingArn] }),
        ...(failedBatches?.listStatements() ?? []),
        ...allowDataApi({ clusterArn: database.clusterArn, ...database.maintenanceSecret }),
      ],
    });
  }

  private createPrune(props: WatchdogProps): ServiceFunction {
    const { settings, stream, database } = props;
    const describe = new PolicyStatement({
      actions: ['kinesis:DescribeStreamSummary'],
      resources: [stream.streamArn],
    });
    return new ServiceFunction(this, 'Prune', {
      ...props,
      code: props.code.prune,
      description: `Deletes old rows of the ledger and the batch log of ${settings.functionName}`,
      memorySize: 256,
      timeout: Duration.minutes(10),
      environment: pruneEnvironment.encode({
        ...databaseOf(props),
        streamArn: stream.streamArn,
        ledgerRetentionHours: wholeHours(settings.ledgerRetention),
        batchLogRetentionHours: wholeHours(settings.batchLogRetention),
      }),
      statements: [describe, ...allowDataApi({ clusterArn: database.clusterArn, ...database.maintenanceSecret })],
    });
  }
}

function databaseOf({ database, settings }: WatchdogProps): {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
  readonly functionName: string;
} {
  return {
    clusterArn: database.clusterArn,
    secretArn: database.maintenanceSecret.secretArn,
    database: database.databaseName,
    functionName: settings.functionName,
  };
}

function wholeHours(duration: Duration): number {
  return Math.ceil(duration.toHours({ integral: false }));
}
