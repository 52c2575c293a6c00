import {
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { createStream, waitUntilActive } from '../../kinesis/create-stream.ts';
import { putRecords } from '../../kinesis/put-records.ts';
import { startKinesis } from '../../kinesis/start-kinesis.ts';
import { createKinesisSource } from '../../mapping/kinesis-source.ts';
import type { ChaosStream } from './chaos-stream.ts';

const STREAM = { StreamName: 'chaos' };

/** A stream of the Kinesis emulator: the real API, calls and all. */
export async function startKinesisChaosStream(shardCount: number): Promise<ChaosStream> {
  await using starting = new AsyncDisposableStack();
  const kinesis = await startKinesis();
  starting.defer(() => kinesis.stop());
  const client = kinesis.client();
  starting.defer(() => {
    client.destroy();
  });
  const streamArn = await createStream(client, { streamName: STREAM.StreamName, shardCount });
  const started = starting.move();
  return {
    source: createKinesisSource(client, streamArn),
    put: async (events) => {
      const records = events.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) }));
      await putRecords(client, records, { streamName: STREAM.StreamName });
    },
    disturb: async (kind) => {
      const [first, second] = await openShards(client);
      if (first === undefined || (kind !== 'shard-split' && second === undefined)) return false;
      if (kind === 'shard-split') await client.send(splitOf(first));
      else await client.send(mergeOf(first, second));
      await waitUntilActive(client, { streamName: STREAM.StreamName });
      return true;
    },
    close: () => started.disposeAsync(),
  };
}

/** In the order of their hash keys, so that neighbours stand beside each other. */
async function openShards(client: KinesisClient): Promise<Shard[]> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand(STREAM));
  const start = ({ HashKeyRange: range }: Shard): bigint => BigInt(range?.StartingHashKey ?? 0);
  return shards
    .filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined)
    .sort((a, b) => (start(a) < start(b) ? -1 : 1));
}

function splitOf({ ShardId, HashKeyRange: range }: Shard): SplitShardCommand {
  const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
  return new SplitShardCommand({ ...STREAM, ShardToSplit: ShardId, NewStartingHashKey: String(middle) });
}

function mergeOf({ ShardId }: Shard, adjacent: Shard | undefined): MergeShardsCommand {
  return new MergeShardsCommand({ ...STREAM, ShardToMerge: ShardId, AdjacentShardToMerge: adjacent?.ShardId });
}
