import { Duration, Validations } from 'aws-cdk-lib';
import type { Alias, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
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
    failedBatches?.acknowledgeObjects(service.role);
    this.function = service.function;
    this.logGroup = service.logGroup;
    this.alias = service.function.addAlias(LIVE_ALIAS, {
      description: `build ${buildVersion}`,
    });
    // The mapping waits for its answers; only the watchdog does not, which asks again a minute later.
    this.alias.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    Validations.of(this.alias).acknowledge({
      id: 'Serverless-LambdaAsyncFailureDestination',
      reason: 'a request of the watchdog that got lost carries nothing: it comes again in the next minute',
    });
  }
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
