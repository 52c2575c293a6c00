import type { KinesisRecord } from '../../processor/core/kinesis-record.ts';

/** What a test may choose of a record; the rest follows from its place. */
export interface RecordParts {
  readonly data: unknown;
  readonly partitionKey?: string;
  readonly arrivedAtMs?: number;
}

const FIRST_SEQUENCE_NUMBER = 49650000000000000000000000000000000000000000000000000001n;

/** Records of one shard in order; `data` is bytes, or a value that becomes JSON. */
export function kinesisRecords(parts: readonly RecordParts[], startAt = 0): KinesisRecord[] {
  return parts.map(({ data, partitionKey = 'key', arrivedAtMs = 1_760_000_000_123 }, index) => {
    const sequenceNumber = String(FIRST_SEQUENCE_NUMBER + BigInt(startAt + index));
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    return {
      eventID: `shardId-000000000000:${sequenceNumber}`,
      kinesis: {
        sequenceNumber,
        partitionKey,
        data: bytes.toString('base64'),
        approximateArrivalTimestamp: arrivedAtMs / 1000,
      },
    };
  });
}
