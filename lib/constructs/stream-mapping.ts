import {
  EventSourceMapping,
  MetricType,
  StartingPosition,
  type IEventSourceDlq,
  type Alias,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ResolvedProps } from '../props/resolve-props.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';

/** What the mapping connects. */
export interface StreamMappingProps {
  readonly settings: ResolvedProps;
  readonly stream: EventStream;
  /** An alias: a mapping that is moved from a function to an alias later would be a new one, without a position. */
  readonly target: Alias;
  readonly failedBatches: FailedBatches | undefined;
}

/** The event source mapping between stream and function: Lambda's poller, and what it does about failures. */
export class StreamMapping extends Construct {
  /** UUID of the mapping, the dimension of its metrics. */
  readonly mappingId: string;
  readonly mappingArn: string;

  constructor(scope: Construct, id: string, { settings, stream, target, failedBatches }: StreamMappingProps) {
    super(scope, id);
    const { maxRecordAge, startingPositionTimestamp: time } = settings;
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: target as IFunction,
      eventSourceArn: stream.eventSourceArn,
      enabled: settings.mappingEnabled,
      batchSize: settings.batchSize,
      maxBatchingWindow: settings.maxBatchingWindow,
      parallelizationFactor: settings.parallelizationFactor,
      startingPosition: StartingPosition[settings.startingPosition],
      ...(time !== undefined && { startingPositionTimestamp: Date.parse(time) / 1000 }),
      bisectBatchOnError: settings.bisectBatchOnError,
      reportBatchItemFailures: settings.reportBatchItemFailures,
      retryAttempts: settings.retryAttempts,
      ...(maxRecordAge !== undefined && { maxRecordAge }),
      ...(settings.filterPatterns.length > 0 && {
        filters: settings.filterPatterns.map((pattern) => ({ pattern })),
      }),
      ...(failedBatches !== undefined && { onFailure: destinationOf(failedBatches) }),
      // Without these metrics a mapping that has stopped polling cannot be told from an idle one.
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    this.mappingId = mapping.eventSourceMappingId;
    this.mappingArn = mapping.eventSourceMappingArn;
  }
}

/** The permissions are among the function's own statements; CDK's destination would let it read and delete as well. */
function destinationOf({ bucket }: FailedBatches): IEventSourceDlq {
  return { bind: () => ({ destination: bucket.bucketArn }) };
}
