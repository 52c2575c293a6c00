import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ShardPosition, ShardSource, StreamRecord } from '../../../local/mapping/ports.ts';

/** A stream under test, with what is needed to fill and reshard it. */
export interface StreamUnderTest {
  readonly source: ShardSource;
  put(records: readonly { readonly partitionKey: string; readonly text: string }[]): Promise<void>;
  /** Splits a shard in the middle of its hash keys. */
  split(shardId: string): Promise<void>;
  merge(shardId: string, adjacentShardId: string): Promise<void>;
}

/** Makes a stream for each test, and takes it away again. */
export interface StreamFactory {
  create(shardCount: number): Promise<StreamUnderTest>;
  destroy(): Promise<void>;
}

const TRIM_HORIZON: ShardPosition = { kind: 'trim-horizon' };

function text({ data }: StreamRecord): string {
  return Buffer.from(data, 'base64').toString();
}

/** Reads until the shard ends or a read finds nothing more. */
async function readAll(source: ShardSource, shardId: string, position = TRIM_HORIZON) {
  const records: StreamRecord[] = [];
  let iterator: string | undefined = await source.openIterator(shardId, position);
  while (iterator !== undefined) {
    const read = await source.readRecords(iterator, 10_000);
    records.push(...read.records);
    iterator = read.nextIterator;
    if (read.records.length === 0 && read.millisBehindLatest === 0) break;
  }
  return { records, isClosed: iterator === undefined };
}

/** The rules every {@link ShardSource} keeps. */
export function describeShardSource(name: string, factory: StreamFactory): void {
  describe(`shard source: ${name}`, () => {
    let stream: StreamUnderTest;
    const put = (texts: readonly string[], partitionKey = 'key') =>
      stream.put(texts.map((content) => ({ partitionKey, text: content })));
    const shardIds = async () => (await stream.source.listShards()).map(({ shardId }) => shardId);

    beforeEach(async () => {
      stream = await factory.create(1);
    });
    afterEach(() => factory.destroy());

    it('names its stream and region', () => {
      expect(stream.source.streamArn).toMatch(/^arn:aws:kinesis:us-east-1:\d{12}:stream\//);
      expect(stream.source.region).toBe('us-east-1');
    });

    it('gives records in order, with ascending sequence numbers and arrival times', async () => {
      const texts = Array.from({ length: 30 }, (_, index) => `record ${index}`);
      await put(texts);
      const { records, isClosed } = await readAll(stream.source, 'shardId-000000000000');
      expect(records.map(text)).toEqual(texts);
      expect(isClosed).toBe(false);
      const numbers = records.map(({ sequenceNumber }) => BigInt(sequenceNumber));
      expect(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)).toBe(true);
      const arrivals = records.map(({ approximateArrivalMs }) => approximateArrivalMs);
      expect(arrivals.every((ms) => Math.abs(ms - Date.now()) < 600_000)).toBe(true);
    });

    it('gives bytes and partition keys back as they were put', async () => {
      await put(['é€😀\u0000"'], 'clé "😀"');
      const { records } = await readAll(stream.source, 'shardId-000000000000');
      expect(records.map(text)).toEqual(['é€😀\u0000"']);
      expect(records.map(({ partitionKey }) => partitionKey)).toEqual(['clé "😀"']);
    });

    it('gives no more than asked for, and goes on from there', async () => {
      await put(['1', '2', '3', '4', '5']);
      const iterator = await stream.source.openIterator('shardId-000000000000', TRIM_HORIZON);
      const first = await stream.source.readRecords(iterator, 2);
      const second = await stream.source.readRecords(first.nextIterator!, 2);
      expect([first, second].map(({ records }) => records.map(text))).toEqual([
        ['1', '2'],
        ['3', '4'],
      ]);
    });

    it('gives the same again for the same iterator', async () => {
      await put(['1', '2', '3']);
      const iterator = await stream.source.openIterator('shardId-000000000000', TRIM_HORIZON);
      const reads = [await stream.source.readRecords(iterator, 2), await stream.source.readRecords(iterator, 2)];
      expect(reads.map(({ records }) => records.map(text))).toEqual([
        ['1', '2'],
        ['1', '2'],
      ]);
    });

    it('says that it is at the tip when nothing is left, and gives what comes later', async () => {
      const iterator = await stream.source.openIterator('shardId-000000000000', TRIM_HORIZON);
      const empty = await stream.source.readRecords(iterator, 10);
      expect(empty).toMatchObject({ records: [], millisBehindLatest: 0 });
      await put(['later']);
      const next = await stream.source.readRecords(empty.nextIterator!, 10);
      expect(next.records.map(text)).toEqual(['later']);
    });

    it('opens after a sequence number, for each record of the shard', async () => {
      await put(['1', '2', '3']);
      const { records } = await readAll(stream.source, 'shardId-000000000000');
      for (const [index, { sequenceNumber }] of records.entries()) {
        const position = { kind: 'after-sequence-number', sequenceNumber } as const;
        const after = await readAll(stream.source, 'shardId-000000000000', position);
        expect(after.records.map(text)).toEqual(['1', '2', '3'].slice(index + 1));
      }
    });

    it('opens at the tip', async () => {
      await put(['before']);
      const iterator = await stream.source.openIterator('shardId-000000000000', { kind: 'latest' });
      await put(['after']);
      const { records } = await stream.source.readRecords(iterator, 10);
      expect(records.map(text)).toEqual(['after']);
    });

    it('opens at a timestamp: the first record at or after it', async () => {
      await put(['1']);
      const [first] = (await readAll(stream.source, 'shardId-000000000000')).records;
      while (Date.now() <= first!.approximateArrivalMs) await new Promise((resolve) => setTimeout(resolve, 2));
      await put(['2']);
      const { records } = await readAll(stream.source, 'shardId-000000000000');
      for (const [index, { approximateArrivalMs: timestampMs }] of records.entries()) {
        const position = { kind: 'at-timestamp', timestampMs } as const;
        const from = await readAll(stream.source, 'shardId-000000000000', position);
        expect(from.records.map(text)).toEqual(['1', '2'].slice(index));
      }
    });

    it('lists shards with their parents through a split and a merge', async () => {
      await put(['1', '2']);
      await stream.split('shardId-000000000000');
      await stream.merge('shardId-000000000001', 'shardId-000000000002');
      const shards = await stream.source.listShards();
      expect(shards.map((shard) => ({ ...shard, parentShardIds: [...shard.parentShardIds].sort() }))).toEqual([
        { shardId: 'shardId-000000000000', parentShardIds: [] },
        { shardId: 'shardId-000000000001', parentShardIds: ['shardId-000000000000'] },
        { shardId: 'shardId-000000000002', parentShardIds: ['shardId-000000000000'] },
        {
          shardId: 'shardId-000000000003',
          parentShardIds: ['shardId-000000000001', 'shardId-000000000002'],
        },
      ]);
    });

    it('ends a closed shard once it is read, and puts later records into its children', async () => {
      await put(['1', '2']);
      await stream.split('shardId-000000000000');
      await put(['3']);
      const closed = await readAll(stream.source, 'shardId-000000000000');
      expect(closed.records.map(text)).toEqual(['1', '2']);
      expect(closed.isClosed).toBe(true);
      const children = await Promise.all(
        (await shardIds()).slice(1).map(async (shardId) => (await readAll(stream.source, shardId)).records.map(text)),
      );
      expect(children.toSorted((left, right) => left.length - right.length)).toEqual([[], ['3']]);
    });

    it('ends a closed shard for a reader at its tip', async () => {
      await put(['1']);
      await stream.split('shardId-000000000000');
      const iterator = await stream.source.openIterator('shardId-000000000000', { kind: 'latest' });
      const read = await stream.source.readRecords(iterator, 10);
      expect(read).toMatchObject({ records: [], nextIterator: undefined });
    });

    it('puts a partition key into the same one of several shards, by the MD5 of the key', async () => {
      await factory.destroy();
      stream = await factory.create(4);
      for (const key of ['key-8', 'key-0', 'key-3', 'key-1']) await put([key], key);
      const perShard = await Promise.all(
        (await shardIds()).map(async (shardId) => (await readAll(stream.source, shardId)).records.map(text)),
      );
      // Their MD5 begins with 21, 5c, b4 and ca: one in each quarter of the hash keys.
      expect(perShard).toEqual([['key-1'], ['key-3'], ['key-0'], ['key-8']]);
    });

    it('rejects a shard that does not exist', async () => {
      await expect(stream.source.openIterator('shardId-000000000009', TRIM_HORIZON)).rejects.toThrow(/./);
    });
  });
}
