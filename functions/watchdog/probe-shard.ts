import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { ShardPosition, ShardProbe } from './shard-state.ts';

/** How to ask a stream. */
export interface ProbeOptions {
  readonly client: KinesisClient;
  readonly streamArn: string;
  /** Where the mapping began in a shard of which nothing is committed: `TRIM_HORIZON`, `LATEST` or a time. */
  readonly startingPosition: string;
  /** When the mapping came to be, in milliseconds since 1970: what `LATEST` meant then. */
  readonly deployedAtMs: number | undefined;
}

/**
 * Calls to GetRecords per shard and run. Stretches of a shard without records answer with nothing and a further
 * iterator; a shard takes five calls a second from all readers together.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}
 */
const MAX_READS = 3;

/**
 * Asks the stream for the first record after the newest committed one.
 *
 * @param options the stream
 * @param position of the shard to ask about
 * @returns the record's arrival, or how far the end of the shard is
 */
export async function probeShard(options: ProbeOptions, position: ShardPosition): Promise<ShardProbe> {
  let iterator = await openIterator(options, position);
  let millisBehindLatest = 0;
  for (let reads = 0; reads < MAX_READS && iterator !== undefined; reads += 1) {
    const answer = await options.client.send(
      new GetRecordsCommand({ StreamARN: options.streamArn, ShardIterator: iterator, Limit: 1 }),
    );
    const arrival = answer.Records?.[0]?.ApproximateArrivalTimestamp;
    if (arrival !== undefined) return { kind: 'record', arrivalMs: arrival.getTime() };
    millisBehindLatest = answer.MillisBehindLatest ?? 0;
    if (millisBehindLatest === 0) return { kind: 'caught-up' };
    iterator = answer.NextShardIterator;
  }
  // A closed shard that is read to its end has no further iterator.
  return iterator === undefined ? { kind: 'caught-up' } : { kind: 'behind', millisBehindLatest };
}

async function openIterator(options: ProbeOptions, position: ShardPosition): Promise<string | undefined> {
  const { ShardIterator } = await options.client.send(
    new GetShardIteratorCommand({
      StreamARN: options.streamArn,
      ShardId: position.shardId,
      ...whereToStart(options, position),
    }),
  );
  return ShardIterator;
}

function whereToStart(
  { startingPosition, deployedAtMs }: ProbeOptions,
  { lastSequenceNumber }: ShardPosition,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> {
  if (lastSequenceNumber !== undefined) {
    return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: lastSequenceNumber };
  }
  if (startingPosition === 'LATEST' && deployedAtMs !== undefined) {
    return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(deployedAtMs) };
  }
  const time = Date.parse(startingPosition);
  if (!Number.isNaN(time)) return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(time) };
  return { ShardIteratorType: 'TRIM_HORIZON' };
}
