import type { Duration } from 'aws-cdk-lib';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import { processorEnvironment } from '../../contract/environment.ts';
import type { FunctionCode } from '../function-code.ts';
import type { ResolvedProps } from '../props/resolve-props.ts';
import type { EventDatabase } from './event-database.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';
import { allowDataApi } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';
import { Validations } from 'aws-cdk-lib';

/** What the processor works with. */
export interface ProcessorFunctionProps extends FunctionDefaults {
  readonly settings: ResolvedProps;
  readonly code: FunctionCode;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly failedBatches: FailedBatches | undefined;
}

/** The function that writes events, and the alias that stands for the version in use. */
export class ProcessorFunction extends Construct {
  readonly service: ServiceFunction;
  readonly alias: Alias;
  readonly timeout: Duration;

  constructor(scope: Construct, id: string, props: ProcessorFunctionProps) {
    super(scope, id);
    const { settings, stream, database, failedBatches } = props;
    this.timeout = settings.timeout;
    this.service = new ServiceFunction(this, 'Processor', {
      ...props,
      description: `Writes ${settings.functionName} events to Aurora, build ${props.code.buildVersion}`,
      memorySize: settings.memorySize,
      timeout: settings.timeout,
      tracing: settings.tracing,
      reservedConcurrency: settings.reservedConcurrency,
      environment: environmentOf(settings, database),
      statements: [
        ...stream.pollStatements(),
        ...allowDataApi({ clusterArn: database.clusterArn, ...database.processorSecret }),
        ...(failedBatches?.writeStatements() ?? []),
      ],
    });
    if (failedBatches !== undefined) this.acknowledgeObjects(failedBatches);
    this.alias = this.service.function.addAlias(LIVE_ALIAS, {
      description: `build ${props.code.buildVersion}`,
    });
  }

  /** The function behind the alias: what its metrics are under, whatever version runs. */
  get function(): IFunction {
    return this.service.function;
  }

  private acknowledgeObjects({ bucket }: FailedBatches): void {
    const logicalId = bucket.stack.getLogicalId(bucket.node.defaultChild as CfnBucket);
    Validations.of(this.service.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
      reason: 'Lambda chooses the names of the objects that it puts into this one bucket',
    });
  }
}

function environmentOf(settings: ResolvedProps, database: EventDatabase): Readonly<Record<string, string>> {
  return processorEnvironment.encode({
    clusterArn: database.clusterArn,
    secretArn: database.processorSecret.secretArn,
    database: database.databaseName,
    metricsNamespace: settings.metricsNamespace,
    cacheMaxEntries: settings.cacheMaxEntries,
    cacheMaxBytes: settings.cacheMaxBytes,
    cacheTtlSeconds: settings.cacheTtl.toSeconds(),
    cacheAbsentTtlSeconds: settings.cacheAbsentTtl.toSeconds(),
    maxRequestBytes: settings.maxRequestBytes,
    timeReserveMs: settings.timeReserve.toMilliseconds(),
    fuseThresholdPercent: settings.fuseThresholdPercent,
    fuseMinEvents: settings.fuseMinEvents,
  });
}
