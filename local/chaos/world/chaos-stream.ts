import {
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { createStream, waitUntilActive } from '../../kinesis/create-stream.ts';
import { fillStream } from '../../kinesis/fill-stream.ts';
import { startKinesis } from '../../kinesis/start-kinesis.ts';
import { createKinesisSource } from '../../mapping/kinesis-source.ts';
import { MemoryStream } from '../../mapping/memory-source.ts';
import type { ShardSource } from '../../mapping/ports.ts';
import type { TextEvent } from '../../input/event-input.ts';
import type { ChaosSource, PlannedStreamFault } from '../chaos-plan.ts';

/** A stream that can be filled, read, and changed while it is read. */
export interface ChaosStream {
  readonly source: ShardSource;
  /** Puts records in order. */
  readonly put: (events: readonly TextEvent[]) => Promise<void>;
  /**
   * Splits a shard, merges two, or lets the iterators expire.
   *
   * @returns whether it happened: one shard cannot be merged
   */
  readonly disturb: (kind: PlannedStreamFault['kind']) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Creates an empty stream of the kind that was asked for. */
export function startChaosStream(source: ChaosSource, shardCount: number): Promise<ChaosStream> {
  switch (source) {
    case 'memory':
      return Promise.resolve(createMemoryChaosStream(shardCount));
    case 'kinesis':
      return startKinesisChaosStream(shardCount);
  }
}

/** A stream in memory, for many short runs. */
function createMemoryChaosStream(shardCount: number): ChaosStream {
  const stream = new MemoryStream({ shardCount });
  /** Ids of open shards in the order of their hash keys. */
  let open = Array.from({ length: shardCount }, (_, index) => `shardId-${String(index).padStart(12, '0')}`);
  const split = (): boolean => {
    const [first = '', ...rest] = open;
    open = [...stream.splitShard(first), ...rest];
    return true;
  };
  const merge = (): boolean => {
    const [first, second, ...rest] = open;
    if (first === undefined || second === undefined) return false;
    open = [stream.mergeShards(first, second), ...rest];
    return true;
  };
  const disturbances = {
    'shard-split': split,
    'shard-merge': merge,
    'iterators-expired': () => {
      stream.expireIterators();
      return true;
    },
  };
  return {
    source: stream,
    put: (events) => {
      stream.append(
        events.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data).toString('base64') })),
      );
      return Promise.resolve();
    },
    disturb: (kind) => Promise.resolve(disturbances[kind]()),
    close: () => Promise.resolve(),
  };
}

const STREAM = { StreamName: 'chaos' };

/** A stream of the Kinesis emulator: the real API, calls and all. */
async function startKinesisChaosStream(shardCount: number): Promise<ChaosStream> {
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
      await fillStream(client, records, { streamName: STREAM.StreamName });
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
