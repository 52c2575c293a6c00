import type { KinesisRecord } from '../../processor/decode/item.ts';

/** What a test wants to say of a record; the rest is made up. */
export interface KinesisRecordOptions {
  /** Bytes as they are, text as UTF-8, anything else as JSON. */
  readonly data: unknown;
  /** Place in the shard, from 0; later records have greater sequence numbers. */
  readonly index?: number;
  readonly partitionKey?: string;
  /** Milliseconds since 1970. */
  readonly arrivedAtMs?: number;
}

/** Shard of every record made here. */
export const SHARD_ID = 'shardId-000000000000';

const FIRST_SEQUENCE_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

/** The sequence number of the record at an index: 56 digits, as Kinesis gives them. */
export function sequenceNumber(index: number): string {
  return (FIRST_SEQUENCE_NUMBER + BigInt(index)).toString();
}

/** Makes a record as the event source mapping delivers it. */
export function kinesisRecord(options: KinesisRecordOptions): KinesisRecord {
  const { data, index = 0, partitionKey = 'key-1', arrivedAtMs = 1_000_000_000_123 } = options;
  const sequence = sequenceNumber(index);
  return {
    eventID: `${SHARD_ID}:${sequence}`,
    kinesis: {
      sequenceNumber: sequence,
      partitionKey,
      data: toBytes(data).toString('base64'),
      approximateArrivalTimestamp: arrivedAtMs / 1000,
    },
  };
}

function toBytes(data: unknown): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
}
