import { Validations } from 'aws-cdk-lib';
import {
  EventSourceMapping,
  MetricType,
  StartingPosition,
  type IEventSourceDlq,
  type Alias,
  type IFunction,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ResolvedMappingOptions } from '../props/mapping-options.ts';
import type { EventStream } from './event-stream.ts';
import type { FailedBatches } from './failed-batches.ts';

/** What the mapping connects. */
export interface StreamMappingProps extends Omit<ResolvedMappingOptions, 'onFailureDestination' | 'enhancedFanOut'> {
  readonly stream: EventStream;
  /** An alias: a mapping that is moved from a function to an alias later would be a new one, without a position. */
  readonly target: Alias;
  readonly failedBatches: FailedBatches | undefined;
}

/** The event source mapping between stream and function: Lambda's poller, and what it does about failures. */
export class StreamMapping extends Construct {
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: StreamMappingProps) {
    super(scope, id);
    const { stream, target, failedBatches, maxRecordAge, startingPositionTimestamp: time } = props;
    this.mapping = new EventSourceMapping(this, 'Mapping', {
      target: target as IFunction,
      eventSourceArn: stream.eventSourceArn,
      enabled: props.mappingEnabled,
      batchSize: props.batchSize,
      maxBatchingWindow: props.maxBatchingWindow,
      parallelizationFactor: props.parallelizationFactor,
      startingPosition: StartingPosition[props.startingPosition],
      ...(time !== undefined && { startingPositionTimestamp: Date.parse(time) / 1000 }),
      // The function finds bad records by itself. Where attempts are counted, halving saves the rest of the batch.
      bisectBatchOnError: props.retryAttempts >= 0,
      // Without it Lambda takes records that the function holds for done.
      reportBatchItemFailures: true,
      retryAttempts: props.retryAttempts,
      ...(maxRecordAge !== undefined && { maxRecordAge }),
      ...(props.filterPatterns.length > 0 && {
        filters: props.filterPatterns.map((pattern) => ({ pattern })),
      }),
      ...(failedBatches !== undefined && { onFailure: destinationOf(failedBatches) }),
      // Without these metrics a mapping that has stopped polling cannot be told from an idle one.
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    if (failedBatches === undefined) {
      Validations.of(this.mapping).acknowledge({
        id: 'Serverless-LambdaEventSourceMappingDestination',
        reason: 'without a destination nothing is given up: neither attempts nor the age of a record are limited',
      });
    }
  }
}

/** The permissions are among the function's own statements; CDK's destination would let it read and delete as well. */
function destinationOf({ bucket }: FailedBatches): IEventSourceDlq {
  return { bind: () => ({ destination: bucket.bucketArn }) };
}
