import type { KinesisRecord } from './decode/item.ts';
import { writeJson } from './tables/json-cell.ts';

/** A record as it is on the stream. */
export interface TestRecord {
  /** Bytes as they are, text as UTF-8, anything else as JSON. */
  readonly data: unknown;
  /** What keeps events in order. @defaultValue `key` */
  readonly partitionKey?: string;
  /** A string of digits. @defaultValue one that is larger than that of the record before */
  readonly sequenceNumber?: string;
  /** When it came in. @defaultValue the beginning of 2026 */
  readonly arrivedAt?: Date;
}

const FIRST_SEQUENCE_NUMBER = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;
/** Shard of the records of tests. */
export const TEST_SHARD_ID = 'shardId-000000000000';
const ARRIVED_AT = new Date('2026-01-01T00:00:00Z');

/**
 * The record as the event source mapping delivers it.
 *
 * @param index its place on the stream, from 0
 */
export function toKinesisRecord(
  { data, partitionKey = 'key', sequenceNumber, arrivedAt = ARRIVED_AT }: TestRecord,
  index: number,
): KinesisRecord {
  const sequence = sequenceNumber ?? String(FIRST_SEQUENCE_NUMBER + BigInt(index));
  return {
    eventID: `${TEST_SHARD_ID}:${sequence}`,
    kinesis: {
      sequenceNumber: sequence,
      partitionKey,
      data: bytesOf(data).toString('base64'),
      approximateArrivalTimestamp: arrivedAt.getTime() / 1000,
    },
  };
}

function bytesOf(data: unknown): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === 'string' ? data : writeJson(data).json);
}
