import { MergeShardsCommand, SplitShardCommand, ListShardsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll } from 'vitest';
import { createStream, waitUntilActive } from '../../../local/kinesis/create-stream.ts';
import { fillStream } from '../../../local/kinesis/fill-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { createKinesisSource } from '../../../local/mapping/kinesis-source.ts';
import { describeShardSource } from './shard-source-suite.ts';

let emulator: KinesisEmulator;
let client: KinesisClient;
let streams = 0;

beforeAll(async () => {
  emulator = await startKinesis();
  client = emulator.client();
});
afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

async function splitInTheMiddle(streamName: string, shardId: string): Promise<void> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  const range = shards.find((shard) => shard.ShardId === shardId)?.HashKeyRange;
  const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
  await client.send(
    new SplitShardCommand({
      StreamName: streamName,
      ShardToSplit: shardId,
      NewStartingHashKey: String(middle + 1n),
    }),
  );
  await waitUntilActive(client, { streamName });
}

describeShardSource('Kinesis, over the SDK and the emulator', {
  create: async (shardCount) => {
    const streamName = `stream-${(streams += 1)}`;
    const streamArn = await createStream(client, { streamName, shardCount });
    return {
      source: createKinesisSource(client, streamArn),
      put: async (records) => {
        const toPut = records.map(({ partitionKey, text }) => ({ partitionKey, data: Buffer.from(text) }));
        await fillStream(client, toPut, { streamName });
      },
      split: (shardId) => splitInTheMiddle(streamName, shardId),
      merge: async (shardId, adjacentShardId) => {
        await client.send(
          new MergeShardsCommand({
            StreamName: streamName,
            ShardToMerge: shardId,
            AdjacentShardToMerge: adjacentShardId,
          }),
        );
        await waitUntilActive(client, { streamName });
      },
    };
  },
  destroy: () => Promise.resolve(),
});
