import { MemoryStream } from '../../mapping/memory-source.ts';
import type { ChaosStream } from './chaos-stream.ts';

/** A stream in memory, for many short runs. */
export function createMemoryChaosStream(shardCount: number): ChaosStream {
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
