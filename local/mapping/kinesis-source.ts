import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ProvisionedThroughputExceededException,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type Shard,
  type _Record,
} from '@aws-sdk/client-kinesis';
import {
  ExpiredIteratorError,
  ReadThrottledError,
  type ShardDescription,
  type ShardPosition,
  type ShardRead,
  type ShardSource,
  type StreamRecord,
} from './ports.ts';

/**
 * Shards of a Kinesis data stream, or of an emulator of it, read through the AWS SDK.
 *
 * @param client stays the property of the caller
 * @param streamArn ARN of the stream; its fourth part is the region
 */
export function createKinesisSource(client: KinesisClient, streamArn: string): ShardSource {
  return {
    streamArn,
    region: streamArn.split(':')[3] ?? '',
    listShards: () => listShards(client, streamArn),
    openIterator: async (shardId, position) => {
      const { ShardIterator: iterator } = await client.send(
        new GetShardIteratorCommand({ StreamARN: streamArn, ShardId: shardId, ...iteratorType(position) }),
      );
      if (iterator === undefined) throw new Error(`shard ${shardId} gave no iterator`);
      return iterator;
    },
    readRecords: (iterator, limit) => readRecords(client, iterator, limit),
  };
}

async function listShards(client: KinesisClient, streamArn: string): Promise<readonly ShardDescription[]> {
  const shards: Shard[] = [];
  let nextToken: string | undefined;
  do {
    // With a token the stream must not be named again.
    const input = nextToken === undefined ? { StreamARN: streamArn } : { NextToken: nextToken };
    const page = await client.send(new ListShardsCommand(input));
    shards.push(...(page.Shards ?? []));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return shards.map(({ ShardId: shardId = '', ParentShardId: parent, AdjacentParentShardId: adjacent }) => ({
    shardId,
    parentShardIds: [parent, adjacent].filter((id) => id !== undefined),
  }));
}

function iteratorType(
  position: ShardPosition,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'Timestamp' | 'StartingSequenceNumber'> {
  switch (position.kind) {
    case 'trim-horizon':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ShardIteratorType: 'LATEST' };
    case 'at-timestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(position.timestampMs) };
    case 'after-sequence-number':
      return {
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: position.sequenceNumber,
      };
  }
}

async function readRecords(client: KinesisClient, iterator: string, limit: number): Promise<ShardRead> {
  try {
    const read = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
    return {
      records: (read.Records ?? []).map(toStreamRecord),
      nextIterator: read.NextShardIterator,
      millisBehindLatest: read.MillisBehindLatest ?? 0,
    };
  } catch (cause) {
    if (cause instanceof ExpiredIteratorException) throw new ExpiredIteratorError(cause.message, { cause });
    if (cause instanceof ProvisionedThroughputExceededException) {
      throw new ReadThrottledError(cause.message, { cause });
    }
    throw cause;
  }
}

/** The SDK has decoded the base64 text of the response; this is the one time it is encoded again. */
function toStreamRecord(record: _Record): StreamRecord {
  const { buffer, byteOffset, byteLength } = record.Data ?? new Uint8Array();
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    approximateArrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}
