import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import type { StreamRecord } from './ports.ts';

/** A record on its way to the function. */
export interface MappingRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Arrival in the stream, milliseconds since the epoch. */
  readonly arrivalMs: number;
  /** Counts the records of the shard in the order they were read, from 0 at the start of this consumer. */
  readonly ordinal: number;
  /** JSON text of the record in the invocation event, built once however often it is delivered. */
  readonly json: string;
  /** Bytes of `json` in UTF-8. */
  readonly bytes: number;
}

/** What all records of a mapping have in common. */
export interface RecordOrigin {
  readonly shardId: string;
  readonly streamArn: string;
  readonly region: string;
  /** Execution role of the function. */
  readonly roleArn: string;
}

const PREFIX = '{"Records":[';
const SUFFIX = ']}';

/** Most bytes the records of one event may have, separators included. */
export const MAX_RECORDS_BYTES = LAMBDA_MAX_PAYLOAD_BYTES - PREFIX.length - SUFFIX.length;

/** Bytes between two records of an event. */
export const SEPARATOR_BYTES = 1;

/**
 * Prepares the records of one shard for the invocation event: the constant parts of the JSON text are built once per
 * shard, the rest is glued around the base64 text that the source already has.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}
 *
 * @returns a function from a record and its ordinal to the record with its JSON text
 */
export function createRecordEncoder(origin: RecordOrigin): (record: StreamRecord, ordinal: number) => MappingRecord {
  const eventId = `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${origin.shardId}:`;
  const tail =
    `","eventName":"aws:kinesis:record","invokeIdentityArn":${JSON.stringify(origin.roleArn)}` +
    `,"awsRegion":${JSON.stringify(origin.region)},"eventSourceARN":${JSON.stringify(origin.streamArn)}}`;
  return ({ sequenceNumber, partitionKey, data, approximateArrivalMs }, ordinal) => {
    const key = JSON.stringify(partitionKey);
    const json =
      `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":${key},"sequenceNumber":"${sequenceNumber}"` +
      `,"data":"${data}","approximateArrivalTimestamp":${approximateArrivalMs / 1000}${eventId}${sequenceNumber}${tail}`;
    // Only the partition key can hold more than ASCII, so the long rest need not be measured.
    const bytes = json.length - key.length + Buffer.byteLength(key);
    return { sequenceNumber, partitionKey, arrivalMs: approximateArrivalMs, ordinal, json, bytes };
  };
}

/** The invocation event of a batch, as the JSON text that is sent. */
export function invocationEvent(records: readonly MappingRecord[]): string {
  return `${PREFIX}${records.map(({ json }) => json).join(',')}${SUFFIX}`;
}

/** Bytes of the invocation event of a batch. */
export function invocationEventBytes(records: readonly MappingRecord[]): number {
  const content = records.reduce((sum, { bytes }) => sum + bytes, 0);
  return PREFIX.length + content + SEPARATOR_BYTES * Math.max(0, records.length - 1) + SUFFIX.length;
}
