import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { readShard, type ReadShardOptions } from '../../../kinesis/read-shard.ts';

/** What a call of `GetRecords` is answered: arrivals of records, or an error by its name. */
interface Answer {
  readonly arrivals?: readonly number[];
  readonly behindMs?: number;
  readonly bytes?: number;
  readonly isLast?: boolean;
  readonly error?: string;
}

const NOW_MS = 1_000_000;

function shard(answers: readonly Answer[]) {
  const opened: object[] = [];
  const limits: (number | undefined)[] = [];
  const waits: number[] = [];
  const left = [...answers];
  let number = 0;
  const send = (command: unknown) => {
    if (command instanceof GetShardIteratorCommand) {
      opened.push(command.input);
      return Promise.resolve({ ShardIterator: 'first' });
    }
    if (!(command instanceof GetRecordsCommand)) throw new TypeError('an unexpected call');
    limits.push(command.input.Limit);
    const answer = left.shift() ?? {};
    if (answer.error !== undefined)
      return Promise.reject(Object.assign(new Error(answer.error), { name: answer.error }));
    const { arrivals = [], bytes = 10, behindMs = 0, isLast = false } = answer;
    return Promise.resolve({
      Records: arrivals.map((at) => ({
        SequenceNumber: String((number += 1)),
        Data: new Uint8Array(bytes),
        PartitionKey: 'k',
        ApproximateArrivalTimestamp: new Date(at),
      })),
      MillisBehindLatest: behindMs,
      ...(!isLast && { NextShardIterator: 'next' }),
    });
  };
  const read = async (rest: Partial<ReadShardOptions> = {}): Promise<string[][]> => {
    const pages: string[][] = [];
    const options = {
      client: { send } as unknown as KinesisClient,
      streamArn: 'arn',
      shardId: 'shard-1',
      sinceMs: undefined,
      untilMs: NOW_MS,
      share: 1,
      signal: new AbortController().signal,
      now: () => NOW_MS,
      sleep: (ms: number) => Promise.resolve(waits.push(ms)),
      ...rest,
    };
    for await (const { records } of readShard(options))
      pages.push(records.map((record) => record.SequenceNumber ?? ''));
    return pages;
  };
  return { read, opened, limits, waits };
}

describe('readShard', () => {
  it('goes on through empty answers, which are no end, up to the newest record', async () => {
    const { read, opened } = shard([{ arrivals: [1], behindMs: 900_000 }, { behindMs: 500_000 }, { arrivals: [2, 3] }]);
    expect(await read()).toEqual([['1'], ['2', '3']]);
    expect(opened).toMatchObject([{ ShardIteratorType: 'TRIM_HORIZON' }]);
  });

  it('ends with a closed shard', async () => {
    const { read, limits } = shard([{ arrivals: [1], behindMs: 900_000, isLast: true }, { arrivals: [2] }]);
    expect(await read()).toEqual([['1']]);
    expect(limits).toHaveLength(1);
  });

  it('begins with a moment, and ends behind one', async () => {
    const pages = [
      { arrivals: [10, 21], behindMs: 9 },
      { arrivals: [20], behindMs: 9 },
      { arrivals: [21], behindMs: 9 },
    ];
    const { read, opened, limits } = shard([...pages, { arrivals: [5] }]);
    expect(await read({ sinceMs: 5, untilMs: 20 })).toEqual([['1'], ['3'], []]);
    expect(opened).toMatchObject([{ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(5) }]);
    expect(limits).toHaveLength(3);
  });

  it('ends where empty answers have passed the moment', async () => {
    const { read, limits } = shard([{ behindMs: NOW_MS - 19 }, { behindMs: NOW_MS - 21 }, { arrivals: [30] }]);
    expect(await read({ untilMs: 20 })).toEqual([]);
    expect(limits).toHaveLength(2);
  });

  it('leaves the rest of what a shard gives to its other readers', async () => {
    const pages = [
      { arrivals: [1], behindMs: 5 },
      { arrivals: [2, 3], behindMs: 5, bytes: 512 * 1024 },
      { arrivals: [4] },
    ];
    const { read, waits } = shard(pages);
    await read({ share: 0.25 });
    // One of five calls a second, and 1 MiB of 2 MiB a second, of which a quarter is ours.
    expect(waits).toEqual([800, 2_000]);
  });

  it('asks for about a mebibyte at a time, whatever the size of the records', async () => {
    const pages = [{ arrivals: [1, 2], behindMs: 5, bytes: 1024 }, { arrivals: [3], behindMs: 5, bytes: 4 }, {}];
    const { read, limits } = shard(pages);
    await read();
    expect(limits).toEqual([500, 1_024, 10_000]);
  });

  it('opens a new iterator behind what it has read when one has expired', async () => {
    const { read, opened } = shard([
      { arrivals: [1], behindMs: 5 },
      { error: 'ExpiredIteratorException' },
      { arrivals: [2] },
    ]);
    expect(await read()).toEqual([['1'], ['2']]);
    expect(opened[1]).toMatchObject({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '1' });
  });

  it('waits while the shard is read by too many, and gives up in the end', async () => {
    const busy = { error: 'ProvisionedThroughputExceededException' };
    const { read, waits } = shard([busy, busy, { arrivals: [1] }]);
    expect(await read()).toEqual([['1']]);
    expect(waits).toEqual([1_000, 2_000]);
    await expect(shard(Array.from({ length: 30 }, () => busy)).read()).rejects.toThrow('ProvisionedThroughput');
  });

  it('fails with any other error at once', async () => {
    await expect(shard([{ error: 'AccessDeniedException' }]).read()).rejects.toThrow('AccessDenied');
  });
});
