import type { Discard } from './batch-resolution.ts';
import type { MappingRecord } from './mapping-record.ts';
import type { FailureDocument } from './ports.ts';

/** What a failure document says beside the records. */
export interface FailureOrigin {
  readonly shardId: string;
  readonly streamArn: string;
  /** ARN of the function as the mapping names it, alias included. */
  readonly functionArn: string;
  /** Version that the alias stands for. */
  readonly executedVersion: string;
}

/**
 * Writes the on-failure document of discarded records, keys in the order AWS sends them.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 */
export function createFailureDocument(discard: Discard, origin: FailureOrigin, nowMs: number): FailureDocument {
  const first = discard.records.at(0);
  const last = discard.records.at(-1);
  if (first === undefined || last === undefined) throw new Error('a discarded batch has no records');
  return {
    requestContext: {
      requestId: discard.requestId,
      functionArn: origin.functionArn,
      condition: discard.condition,
      approximateInvokeCount: discard.invokeCount,
    },
    ...(discard.functionError !== undefined && {
      responseContext: {
        statusCode: 200,
        executedVersion: origin.executedVersion,
        functionError: discard.functionError,
      },
    }),
    version: '1.0',
    timestamp: isoTime(nowMs),
    KinesisBatchInfo: batchInfo(first, last, { count: discard.records.length, origin }),
  };
}

function batchInfo(
  first: MappingRecord,
  last: MappingRecord,
  batch: { readonly count: number; readonly origin: FailureOrigin },
): FailureDocument['KinesisBatchInfo'] {
  return {
    shardId: batch.origin.shardId,
    startSequenceNumber: first.sequenceNumber,
    endSequenceNumber: last.sequenceNumber,
    approximateArrivalOfFirstRecord: isoTime(first.arrivalMs),
    approximateArrivalOfLastRecord: isoTime(last.arrivalMs),
    batchSize: batch.count,
    streamArn: batch.origin.streamArn,
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
