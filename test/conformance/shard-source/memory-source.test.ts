import { describe, expect, it } from 'vitest';
import { MemoryStream } from '../../../local/mapping/memory-source.ts';
import { ExpiredIteratorError } from '../../../local/mapping/ports.ts';
import { describeShardSource } from './shard-source-suite.ts';

describeShardSource('memory', {
  create: (shardCount) => {
    const stream = new MemoryStream({ shardCount });
    return Promise.resolve({
      source: stream,
      put: (records) => {
        stream.append(
          records.map(({ partitionKey, text }) => ({
            partitionKey,
            data: Buffer.from(text).toString('base64'),
          })),
        );
        return Promise.resolve();
      },
      split: (shardId) => {
        stream.splitShard(shardId);
        return Promise.resolve();
      },
      merge: (shardId, adjacentShardId) => {
        stream.mergeShards(shardId, adjacentShardId);
        return Promise.resolve();
      },
    });
  },
  destroy: () => Promise.resolve(),
});

describe('memory stream beyond the port', () => {
  const record = { partitionKey: 'key', data: 'AA==' };

  it('lets iterators expire', async () => {
    const stream = new MemoryStream({ shardCount: 1 });
    const iterator = await stream.openIterator('shardId-000000000000', { kind: 'trim-horizon' });
    stream.expireIterators();
    await expect(stream.readRecords(iterator, 1)).rejects.toBeInstanceOf(ExpiredIteratorError);
  });

  it('gives up trimmed records and keeps those after them, iterators included', async () => {
    const stream = new MemoryStream({ shardCount: 1 });
    stream.append(Array.from({ length: 30_000 }, () => record));
    const iterator = await stream.openIterator('shardId-000000000000', { kind: 'trim-horizon' });
    const { records } = await stream.readRecords(iterator, 25_000);
    stream.trim('shardId-000000000000', records[19_999]!.sequenceNumber);
    expect(stream.length).toBe(10_000);
    const [next] = (await stream.readRecords(iterator, 1)).records;
    expect(next?.sequenceNumber).toBe(records[20_000]!.sequenceNumber);
    const after = { kind: 'after-sequence-number', sequenceNumber: records[24_999]!.sequenceNumber } as const;
    const rest = await stream.readRecords(await stream.openIterator('shardId-000000000000', after), 10_000);
    expect(rest.records).toHaveLength(5_000);
  });

  it('refuses to merge shards that are no neighbours, and to split a closed one', () => {
    const stream = new MemoryStream({ shardCount: 3 });
    expect(() => stream.mergeShards('shardId-000000000000', 'shardId-000000000002')).toThrow('no neighbours');
    stream.splitShard('shardId-000000000000');
    expect(() => stream.splitShard('shardId-000000000000')).toThrow('closed already');
  });
});
