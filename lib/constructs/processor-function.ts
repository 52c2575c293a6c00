import { Validations } from 'aws-cdk-lib';
import type { Alias, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULT_ENVIRONMENT, processorEnvironment } from '../../contract/environment.ts';
import { LIVE_ALIAS } from '../../contract/stack-outputs.ts';
import type { StackCode } from '../function-code.ts';
import { INDEXED_FIELDS } from '../monitoring/log-queries.ts';
import type { ResolvedFunctionOptions } from '../props/function-options.ts';
import type { EventDatabase } from './event-database.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';
import { allowDataApi } from './grants.ts';
import { ServiceFunction, type FunctionDefaults } from './service-function.ts';

/** What the processor works with. */
export interface ProcessorFunctionProps
  extends FunctionDefaults, Omit<ResolvedFunctionOptions, 'rollout' | 'emergencyDeploy'> {
  readonly code: Pick<StackCode, 'functionName' | 'processor'>;
  /** What its metrics are under. */
  readonly deployment: string;
  readonly metricsNamespace: string;
  readonly stream: EventStream;
  readonly database: EventDatabase;
  readonly failedBatches: FailedBatches | undefined;
}

/** The function that writes events, and the alias that stands for the version in use. */
export class ProcessorFunction extends Construct {
  /** The function behind the alias: what its metrics are under, whatever version runs. */
  readonly function: LambdaFunction;
  readonly alias: Alias;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ProcessorFunctionProps) {
    super(scope, id);
    const { code, stream, database, failedBatches } = props;
    const { buildVersion } = code.processor;
    const service = new ServiceFunction(this, 'Processor', {
      ...props,
      code: code.processor,
      description: `Writes ${code.functionName} events to Aurora, build ${buildVersion}`,
      environment: environmentOf(props),
      indexedFields: INDEXED_FIELDS.processor,
      statements: [
        ...stream.pollStatements(),
        ...allowDataApi({ clusterArn: database.cluster.clusterArn, secret: database.processorSecret }),
        ...(failedBatches?.writeStatements() ?? []),
      ],
    });
    if (failedBatches !== undefined) acknowledgeObjects(service, failedBatches);
    this.function = service.function;
    this.logGroup = service.logGroup;
    this.alias = service.function.addAlias(LIVE_ALIAS, {
      description: `build ${buildVersion}`,
    });
  }
}

function acknowledgeObjects({ role }: ServiceFunction, { bucket }: FailedBatches): void {
  const logicalId = bucket.stack.getLogicalId(bucket.node.defaultChild as CfnBucket);
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`,
    reason: 'Lambda chooses the names of the objects that it puts into this one bucket',
  });
}

function environmentOf({ database, ...props }: ProcessorFunctionProps): Readonly<Record<string, string>> {
  return processorEnvironment.encode({
    ...DEFAULT_ENVIRONMENT,
    clusterArn: database.cluster.clusterArn,
    secretArn: database.processorSecret.secretArn,
    database: database.databaseName,
    deployment: props.deployment,
    metricsNamespace: props.metricsNamespace,
    cacheMaxEntries: props.cacheMaxEntries,
    cacheMaxBytes: props.cacheMaxBytes,
    cacheTtlSeconds: props.cacheTtl.toSeconds(),
    cacheAbsentTtlSeconds: props.cacheAbsentTtl.toSeconds(),
    fuseThresholdPercent: props.fuseThresholdPercent,
  });
}
