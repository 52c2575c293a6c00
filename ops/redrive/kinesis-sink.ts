import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { PUT_RECORDS } from '../../contract/limits.ts';
import type { RecordSink, RedriveRecord } from './redrive-source.ts';

const MAX_ATTEMPTS = 8;
const FIRST_BACKOFF_MS = 100;

/**
 * Puts records on a Kinesis stream. What a call leaves out because a shard is busy is put again.
 *
 * @param client of the stream's region
 * @param streamArn of the stream
 */
export function createKinesisSink(client: KinesisClient, streamArn: string): RecordSink {
  return {
    put: async (records) => {
      for (const part of partsWithin(records, PUT_RECORDS.maxBytes)) await putAll(client, streamArn, part);
    },
  };
}

async function putAll(client: KinesisClient, streamArn: string, records: readonly RedriveRecord[]): Promise<void> {
  let remaining = records;
  for (let attempt = 1; ; attempt += 1) {
    const { Records: results = [] } = await client.send(
      new PutRecordsCommand({
        StreamARN: streamArn,
        Records: remaining.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
      }),
    );
    const failed = remaining.filter((_, index) => results[index]?.ErrorCode !== undefined);
    if (failed.length === 0) return;
    if (attempt === MAX_ATTEMPTS) {
      const reason = results.find(({ ErrorCode: code }) => code !== undefined)?.ErrorMessage ?? '';
      throw new Error(
        `${failed.length} records could not be put in ${attempt} attempts: ${reason}; run it again later`,
      );
    }
    remaining = failed;
    await sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  }
}

function* partsWithin(records: readonly RedriveRecord[], maxBytes: number): Generator<RedriveRecord[]> {
  let part: RedriveRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.data.byteLength + Buffer.byteLength(record.partitionKey);
    if (part.length > 0 && (bytes + size > maxBytes || part.length === PUT_RECORDS.maxRecords)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
