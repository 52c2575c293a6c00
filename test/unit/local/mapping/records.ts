import { createRecordEncoder, type MappingRecord } from '../../../../local/mapping/mapping-record.ts';

const SHARD_ID = 'shardId-000000000000';

export const encodeRecord = createRecordEncoder({
  shardId: SHARD_ID,
  streamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/readings',
  region: 'eu-west-1',
  roleArn: 'arn:aws:iam::111122223333:role/fn-role',
});

/** A record as the mapping holds it, numbered by its ordinal. */
export function aRecord(ordinal: number, arrivalMs = 1_000_000, data = 'AA=='): MappingRecord {
  return encodeRecord(
    {
      sequenceNumber: `4965${String(ordinal).padStart(52, '0')}`,
      partitionKey: 'key',
      data,
      approximateArrivalMs: arrivalMs,
    },
    ordinal,
  );
}

/** Records with ascending ordinals. */
export function records(count: number, firstOrdinal = 0): readonly MappingRecord[] {
  return Array.from({ length: count }, (_, index) => aRecord(firstOrdinal + index));
}
