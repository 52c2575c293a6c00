import { describe, expect, it } from 'vitest';
import { findGivenUp } from '../../../../ops/verify/given-up-records.ts';

const STREAM_ARN = 'arn:aws:kinesis:eu-west-1:111122223333:stream/flights';

/** An on-failure object as Lambda writes it: the invocation is a text in it. */
function object(shardId: string, ...sequenceNumbers: readonly string[]): string {
  const Records = sequenceNumbers.map((sequenceNumber) => ({
    eventID: `${shardId}:${sequenceNumber}`,
    kinesis: { sequenceNumber, partitionKey: 'k', data: 'e30=', approximateArrivalTimestamp: 1_700_000_000.123 },
  }));
  return JSON.stringify({
    requestContext: { condition: 'RetryAttemptsExhausted' },
    KinesisBatchInfo: { shardId, streamArn: STREAM_ARN },
    payload: JSON.stringify({ Records }),
  });
}

const OBJECTS: Readonly<Record<string, string>> = {
  'aws/lambda/uuid/shard-1/2026/11/26/one': object('shard-1', '10', '11'),
  'aws/lambda/uuid/shard-1/2026/11/26/two': 'no object of Lambda',
  'aws/lambda/uuid/shard-2/2026/11/26/one': object('shard-2', '10'),
};

describe('findGivenUp', () => {
  it('finds records by shard and number, and reads the objects of their shards only', async () => {
    const read: string[] = [];
    const objects = {
      async *keys() {
        await Promise.resolve();
        yield* Object.keys(OBJECTS);
      },
      read: (key: string) => {
        read.push(key);
        return Promise.resolve(OBJECTS[key] ?? '');
      },
    };
    const wanted = new Set(['shard-1 11', 'shard-1 12']);
    expect(await findGivenUp(objects, { wanted, streamArn: STREAM_ARN })).toEqual(new Set(['shard-1 11']));
    expect(read).toEqual(Object.keys(OBJECTS).slice(0, 2));
  });
});
