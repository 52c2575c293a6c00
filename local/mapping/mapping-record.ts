import { LAMBDA_MAX_PAYLOAD_BYTES } from '../../contract/limits.ts';
import type { StreamRecord } from './ports.ts';

/** A record on its way to the function. */
export interface MappingRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Content in standard base64. */
  readonly data: string;
  /** Arrival in the stream, milliseconds since the epoch. */
  readonly arrivalMs: number;
  /** Counts the records of the shard in the order they were read, from 0 at the start of this consumer. */
  readonly ordinal: number;
  /** Bytes of the record in the invocation event, as UTF-8. */
  readonly bytes: number;
  readonly frame: RecordFrame;
}

/** The JSON text around a record, the same for all records of a shard. */
interface RecordFrame {
  /** Ahead of the event id's sequence number. */
  readonly eventId: string;
  /** Behind it. */
  readonly tail: string;
}

/** What all records of a mapping have in common. */
export interface RecordOrigin {
  readonly shardId: string;
  readonly streamArn: string;
  readonly region: string;
  /** Execution role of the function. */
  readonly roleArn: string;
}

const NO_AGE_LIMIT = -1;

const PREFIX = '{"Records":[';
const SUFFIX = ']}';

/** Most bytes the records of one event may have, separators included. */
export const MAX_RECORDS_BYTES = LAMBDA_MAX_PAYLOAD_BYTES - PREFIX.length - SUFFIX.length;

/** Bytes between two records of an event. */
export const SEPARATOR_BYTES = 1;

/**
 * Prepares the records of one shard for the invocation event. A record waits as it came and becomes JSON text only
 * when it is sent: until then it needs a third of the memory.
 *
 * @returns a function from a record and its ordinal to the record with its size
 */
export function createRecordEncoder(origin: RecordOrigin): (record: StreamRecord, ordinal: number) => MappingRecord {
  const frame: RecordFrame = {
    eventId: `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${origin.shardId}:`,
    tail:
      `","eventName":"aws:kinesis:record","invokeIdentityArn":${JSON.stringify(origin.roleArn)}` +
      `,"awsRegion":${JSON.stringify(origin.region)},"eventSourceARN":${JSON.stringify(origin.streamArn)}}`,
  };
  const frameBytes = Buffer.byteLength(recordJson({ frame, key: '', sequenceNumber: '', data: '', arrival: '' }));
  return ({ sequenceNumber, partitionKey, data, approximateArrivalMs: arrivalMs }, ordinal) => {
    // Only the partition key can hold more than ASCII.
    const key = Buffer.byteLength(JSON.stringify(partitionKey));
    const bytes = frameBytes + key + 2 * sequenceNumber.length + data.length + arrivalSeconds(arrivalMs).length;
    return { sequenceNumber, partitionKey, data, arrivalMs, ordinal, bytes, frame };
  };
}

/**
 * When a record is too old to be delivered: its age is then more than the maximum.
 *
 * @param record the record
 * @param maximumRecordAgeSeconds the mapping's setting, -1 for no limit
 * @returns milliseconds since the epoch, `Infinity` without a limit
 */
export function expiresAtMs(record: MappingRecord, maximumRecordAgeSeconds: number): number {
  return maximumRecordAgeSeconds === NO_AGE_LIMIT ? Infinity : record.arrivalMs + maximumRecordAgeSeconds * 1000 + 1;
}

/**
 * Counts the records at the front that are too old; one behind a record that is not does not count.
 *
 * @param records records in the order of their shard
 * @param maximumRecordAgeSeconds the mapping's setting, -1 for no limit
 * @param nowMs milliseconds since the epoch
 */
export function countExpired(
  records: readonly MappingRecord[],
  maximumRecordAgeSeconds: number,
  nowMs: number,
): number {
  const firstFresh = records.findIndex((record) => expiresAtMs(record, maximumRecordAgeSeconds) > nowMs);
  return firstFresh === -1 ? records.length : firstFresh;
}

/** The invocation event of a batch, as the JSON text that is sent. */
export function invocationEvent(records: readonly MappingRecord[]): string {
  const parts = [PREFIX];
  for (const { frame, partitionKey, sequenceNumber, data, arrivalMs } of records) {
    if (parts.length > 1) parts.push(',');
    const key = JSON.stringify(partitionKey);
    parts.push(recordJson({ frame, key, sequenceNumber, data, arrival: arrivalSeconds(arrivalMs) }));
  }
  parts.push(SUFFIX);
  // Joined in one step: half a megabyte of text with a prefix in front would be copied once more before it is sent.
  return parts.join('');
}

interface RecordTexts {
  readonly frame: RecordFrame;
  /** Partition key as JSON. */
  readonly key: string;
  readonly sequenceNumber: string;
  readonly data: string;
  /** Seconds since the epoch. */
  readonly arrival: string;
}

/**
 * One record of the invocation event.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}
 */
function recordJson({ frame, key, sequenceNumber, data, arrival }: RecordTexts): string {
  return (
    `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":${key},"sequenceNumber":"${sequenceNumber}"` +
    `,"data":"${data}","approximateArrivalTimestamp":${arrival}${frame.eventId}${sequenceNumber}${frame.tail}`
  );
}

function arrivalSeconds(arrivalMs: number): string {
  return String(arrivalMs / 1000);
}

/** Bytes of the invocation event of a batch. */
export function invocationEventBytes(records: readonly MappingRecord[]): number {
  const content = records.reduce((sum, { bytes }) => sum + bytes, 0);
  return PREFIX.length + content + SEPARATOR_BYTES * Math.max(0, records.length - 1) + SUFFIX.length;
}
