import { CfnOutput, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { DatabaseMigrations } from './constructs/database-migrations.ts';
import { EventDatabase } from './constructs/event-database.ts';
import { EventStream } from './constructs/event-stream.ts';
import { FailedBatches } from './constructs/failed-batches.ts';
import { Pager } from './constructs/pager.ts';
import { ProcessorFunction } from './constructs/processor-function.ts';
import { Rollout } from './constructs/rollout.ts';
import { StackKey } from './constructs/stack-key.ts';
import { StreamMapping } from './constructs/stream-mapping.ts';
import { Watchdog } from './constructs/watchdog.ts';
import type { StackCode } from './function-code.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import type { EventProcessorProps } from './props/event-processor-props.ts';
import { FAILED_BATCHES_OUTPUT, type StackOutputName } from '../contract/stack-outputs.ts';
import { resolveProps, type ResolvedProps } from './props/resolve-props.ts';

/** Settings of an {@link EventProcessorStack}, its code, and what every stack takes. */
export interface EventProcessorStackProps extends EventProcessorProps {
  /** What {@link bundleStackCode} made for the same `functionName`. */
  readonly code: StackCode;
  readonly stack?: StackProps;
}

/**
 * A stream, the function that writes its events to Aurora, the database, and everything that tells somebody when it
 * stops. This class only connects the parts.
 */
export class EventProcessorStack extends Stack {
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly processor: ProcessorFunction;
  readonly mapping: StreamMapping;
  /** Undefined without `onFailureDestination`. */
  readonly failedBatches: FailedBatches | undefined;
  readonly watchdog: Watchdog;
  readonly pager: Pager;
  readonly monitoring: Monitoring;

  /**
   * Checks the settings, all at once, before anything is made.
   *
   * @throws PropsError with every problem
   */
  constructor(scope: Construct, id: string, { code, stack, ...given }: EventProcessorStackProps) {
    const { props: settings, warnings } = resolveProps(given);
    const shared = sharedProps(settings);
    super(scope, id, { terminationProtection: settings.removalPolicy === 'retain', ...stack });
    for (const [warning, text] of Object.entries(warnings)) {
      Validations.of(this).addWarning(`kinesis-to-aurora:${warning}`, text);
    }
    const { key } = new StackKey(this, 'Encryption', shared.removalPolicy);
    const stream = new EventStream(this, 'Events', { ...shared, key });
    const database = new EventDatabase(this, 'Database', { ...shared, key });
    const failedBatches = settings.onFailureDestination
      ? new FailedBatches(this, 'FailedBatches', { ...shared, key })
      : undefined;
    const parts = { ...shared, key, stream, database, failedBatches };
    const migrations = new DatabaseMigrations(this, 'Migrations', { ...parts, code });
    const processor = new ProcessorFunction(this, 'Processing', { ...parts, code: code.processor });
    const mapping = new StreamMapping(this, 'Polling', { ...parts, target: processor.alias });
    const watchdog = new Watchdog(this, 'Watching', { ...parts, code, mapping });
    const pager = new Pager(this, 'Paging', { settings, key });
    const monitoring = new Monitoring(this, 'Monitoring', { ...parts, processor, mapping, pager });
    new Rollout(this, 'Rollout', { settings, processor, pager });
    // A version that needs a new column must not take over before the column is there.
    for (const user of [processor.alias, watchdog]) user.node.addDependency(migrations);

    this.stream = stream;
    this.database = database;
    this.failedBatches = failedBatches;
    this.processor = processor;
    this.mapping = mapping;
    this.watchdog = watchdog;
    this.pager = pager;
    this.monitoring = monitoring;
    this.addOutputs(code, settings.codeCommit);
  }

  private addOutputs(code: StackCode, codeCommit: string): void {
    const outputs: Readonly<Record<StackOutputName, string>> = {
      CodeCommit: codeCommit,
      BuildVersion: code.processor.buildVersion,
      FunctionName: this.processor.function.functionName,
      FunctionVersion: this.processor.alias.version.version,
      MappingId: this.mapping.mappingId,
      StreamArn: this.stream.streamArn,
      ClusterArn: this.database.clusterArn,
      DatabaseName: this.database.databaseName,
      MaintenanceSecretArn: this.database.maintenanceSecret.secretArn,
      DashboardUrl: this.monitoring.dashboard.url,
      PageTopicArn: this.pager.pages.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    if (this.failedBatches !== undefined) {
      new CfnOutput(this, FAILED_BATCHES_OUTPUT, { value: this.failedBatches.bucket.bucketName });
    }
  }
}

/** The days that the setting takes. */
const LOG_RETENTION: Readonly<Record<number, RetentionDays>> = {
  1: RetentionDays.ONE_DAY,
  3: RetentionDays.THREE_DAYS,
  5: RetentionDays.FIVE_DAYS,
  7: RetentionDays.ONE_WEEK,
  14: RetentionDays.TWO_WEEKS,
  30: RetentionDays.ONE_MONTH,
  60: RetentionDays.TWO_MONTHS,
  90: RetentionDays.THREE_MONTHS,
  180: RetentionDays.SIX_MONTHS,
  365: RetentionDays.ONE_YEAR,
  731: RetentionDays.TWO_YEARS,
};

/** What most parts take, in CDK's types. */
function sharedProps(settings: ResolvedProps): {
  readonly settings: ResolvedProps;
  readonly removalPolicy: RemovalPolicy;
  readonly logRetention: RetentionDays;
} {
  return {
    settings,
    removalPolicy: settings.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    logRetention: LOG_RETENTION[settings.logRetentionDays] ?? RetentionDays.ONE_MONTH,
  };
}
