import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  waitUntilStreamExists,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';

/** A stream to create. */
export interface NewStream {
  readonly streamName: string;
  /** Open shards, from 1. */
  readonly shardCount: number;
  /** Seconds the stream may take to become ACTIVE. @defaultValue 60 */
  readonly timeoutSeconds?: number;
}

/**
 * Creates a provisioned stream and waits until it is ACTIVE.
 *
 * @returns the ARN of the stream
 * @throws `ResourceInUseException` when a stream of that name exists, `LimitExceededException` above the shard limit
 */
export async function createStream(client: KinesisClient, stream: NewStream): Promise<string> {
  const { streamName, shardCount, timeoutSeconds = 60 } = stream;
  await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: shardCount }));
  return waitUntilActive(client, { streamName, timeoutSeconds });
}

/**
 * Waits until a stream is ACTIVE again, for example after a split or a merge of shards.
 *
 * @returns the ARN of the stream
 */
export async function waitUntilActive(
  client: KinesisClient,
  stream: { readonly streamName: string; readonly timeoutSeconds?: number },
): Promise<string> {
  await waitUntilStreamExists(
    { client, maxWaitTime: stream.timeoutSeconds ?? 60, minDelay: 0.02, maxDelay: 0.5 },
    { StreamName: stream.streamName },
  );
  const { StreamDescriptionSummary: summary } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: stream.streamName }),
  );
  if (summary?.StreamARN === undefined) throw new Error(`stream ${stream.streamName} has no ARN`);
  return summary.StreamARN;
}
