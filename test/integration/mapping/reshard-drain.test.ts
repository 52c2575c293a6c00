import { ListShardsCommand, MergeShardsCommand, SplitShardCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStream, waitUntilActive } from '../../../local/kinesis/create-stream.ts';
import { fillStream } from '../../../local/kinesis/fill-stream.ts';
import { startKinesis, type KinesisEmulator } from '../../../local/kinesis/start-kinesis.ts';
import { createEventSourceMapping } from '../../../local/mapping/event-source-mapping.ts';
import { createKinesisSource } from '../../../local/mapping/kinesis-source.ts';
import type { MappingEvent } from '../../../local/mapping/mapping-event.ts';
import type { InvocationResult } from '../../../local/mapping/ports.ts';

interface DeliveredEvent {
  readonly Records: readonly {
    readonly kinesis: {
      readonly partitionKey: string;
      readonly data: string;
      readonly sequenceNumber: string;
    };
  }[];
}

const STREAM = { streamName: 'readings', shardCount: 1 };
const KEYS = 20;
const PER_PHASE = 1_000;

let emulator: KinesisEmulator;
let client: KinesisClient;

beforeAll(async () => {
  emulator = await startKinesis();
  client = emulator.client();
});
afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

/** Puts the numbers of one phase; each key gets ascending numbers. */
function put(phase: number) {
  const records = Array.from({ length: PER_PHASE }, (_, index) => ({
    partitionKey: `key-${index % KEYS}`,
    data: Buffer.from(String(phase * PER_PHASE + index)),
  }));
  return fillStream(client, records, STREAM);
}

async function split(shardId: string): Promise<void> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: STREAM.streamName }));
  const range = shards.find((shard) => shard.ShardId === shardId)?.HashKeyRange;
  const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
  await client.send(
    new SplitShardCommand({
      StreamName: STREAM.streamName,
      ShardToSplit: shardId,
      NewStartingHashKey: String(middle),
    }),
  );
  await waitUntilActive(client, STREAM);
}

async function merge(left: string, right: string): Promise<void> {
  await client.send(
    new MergeShardsCommand({
      StreamName: STREAM.streamName,
      ShardToMerge: left,
      AdjacentShardToMerge: right,
    }),
  );
  await waitUntilActive(client, STREAM);
}

/** Delivers to a handler that now and then reports a record, or throws, and then succeeds with it. */
function createFlakyHandler() {
  const firstDeliveries = new Map<string, Set<number>>();
  const failed = new Set<number>();
  const handle = (payload: string): InvocationResult => {
    const { Records: records } = JSON.parse(payload) as DeliveredEvent;
    const batchItemFailures: { readonly itemIdentifier: string }[] = [];
    for (const { kinesis } of records) {
      const number = Number(Buffer.from(kinesis.data, 'base64').toString());
      const ofKey = firstDeliveries.get(kinesis.partitionKey) ?? new Set();
      firstDeliveries.set(kinesis.partitionKey, ofKey.add(number));
      if (number % 97 !== 0 || failed.has(number)) continue;
      failed.add(number);
      if (number % 2 === 0) return { kind: 'error', functionError: 'Unhandled', payload: '{}' };
      batchItemFailures.push({ itemIdentifier: kinesis.sequenceNumber });
    }
    return { kind: 'response', payload: JSON.stringify({ batchItemFailures }) };
  };
  return { firstDeliveries, handle };
}

describe('a drain with a split and then a merge in mid-flight', () => {
  it('keeps the order of each key, delivers each record, and never reads a child before its parents', async () => {
    const { firstDeliveries, handle } = createFlakyHandler();
    const events: MappingEvent[] = [];
    const streamArn = await createStream(client, STREAM);
    await put(0);

    const mapping = createEventSourceMapping({
      source: createKinesisSource(client, streamArn),
      invoker: { invoke: (payload) => Promise.resolve(handle(payload)) },
      settings: { batchSize: 50, parallelizationFactor: 3 },
      pace: {
        readLimit: 100,
        minReadIntervalMs: 10,
        idlePollMs: 50,
        retryBackoff: { firstMs: 10, maxMs: 50 },
      },
      observe: (event) => events.push(event),
    });
    await mapping.start();
    try {
      await split('shardId-000000000000');
      await put(1);
      await merge('shardId-000000000001', 'shardId-000000000002');
      await put(2);
      await mapping.drained();
    } finally {
      await mapping.stop();
    }

    const delivered = [...firstDeliveries.values()].flatMap((numbers) => [...numbers]);
    expect(delivered.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 3 * PER_PHASE }, (_, number) => number),
    );
    for (const numbers of firstDeliveries.values()) {
      expect([...numbers]).toEqual([...numbers].toSorted((left, right) => left - right));
    }
    const resolved = events.flatMap((event) => (event.type === 'resolved' ? event.records : []));
    expect(resolved).toHaveLength(3 * PER_PHASE);

    const lifecycle = events.flatMap(({ type, shardId }) =>
      type === 'shard-opened' || type === 'shard-finished' ? [`${type} ${shardId.slice(-1)}`] : [],
    );
    expect(lifecycle.slice(0, 2)).toEqual(['shard-opened 0', 'shard-finished 0']);
    expect(lifecycle.slice(2, 4).toSorted()).toEqual(['shard-opened 1', 'shard-opened 2']);
    expect(lifecycle.slice(4)).toEqual([
      expect.stringMatching(/^shard-finished [12]$/),
      expect.stringMatching(/^shard-finished [12]$/),
      'shard-opened 3',
    ]);
  });
});
