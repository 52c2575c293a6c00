import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { settled, unknown, wrong, type Answer, type Question, type SmokeContext } from './question.ts';

const HOUR_MS = 3_600_000;

/** Enough to see whether reading gets anywhere, a second apart. */
const READS = 20;
const READ_EVERY_MS = 1_000;

/** How a sequence number that the stream has forgotten is refused. */
const REFUSALS = ['InvalidArgumentException', 'ResourceNotFoundException'];

/** What a shard says that was idle for longer than the retention: the watchdog must not take it for a backlog. */
export const forgottenPosition: Question = {
  name: 'forgotten-position',
  question: 'What does a shard say of a sequence number that the stream has forgotten?',
  changes: false,
  answer: async (context) => {
    const { target, clock } = context;
    const { StreamArn: StreamARN } = target.stack.outputs;
    const kinesis = await target.client('kinesis');
    const { StreamDescriptionSummary: stream } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamARN }));
    const ageMs = clock.now() - (stream?.StreamCreationTimestamp?.getTime() ?? clock.now());
    const retentionMs = HOUR_MS * (stream?.RetentionPeriodHours ?? 24);
    if (ageMs <= retentionMs) {
      const hours = Math.ceil((retentionMs - ageMs) / HOUR_MS);
      return unknown(`the stream is younger than its retention, so it has forgotten nothing; ask again in ${hours} h`);
    }
    const { Shards: shards = [] } = await kinesis.send(new ListShardsCommand({ StreamARN }));
    // A shard that came with the stream begins with a number of that time; one that came later may not be old enough.
    const old = shards.find(({ ParentShardId }) => ParentShardId === undefined);
    const number = old?.SequenceNumberRange?.StartingSequenceNumber;
    if (old?.ShardId === undefined || number === undefined) {
      return unknown('the stream was resharded, and no shard is known to be older than the retention');
    }
    return readFrom({ kinesis, where: { StreamARN, ShardId: old.ShardId, StartingSequenceNumber: number } }, context);
  },
};

interface ReadingFrom {
  readonly kinesis: KinesisClient;
  readonly where: { readonly StreamARN: string; readonly ShardId: string; readonly StartingSequenceNumber: string };
}

async function readFrom({ kinesis, where }: ReadingFrom, { clock, signal }: SmokeContext): Promise<Answer> {
  const evidence: string[] = [];
  try {
    const opened = await kinesis.send(
      new GetShardIteratorCommand({ ...where, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' }),
    );
    let iterator = opened.ShardIterator;
    for (let read = 1; read <= READS && iterator !== undefined && !signal.aborted; read += 1) {
      const answer = await kinesis.send(
        new GetRecordsCommand({ StreamARN: where.StreamARN, ShardIterator: iterator, Limit: 1 }),
      );
      const records = answer.Records?.length ?? 0;
      evidence.push(`read ${read}: ${records} records, MillisBehindLatest ${answer.MillisBehindLatest ?? 'none'}`);
      if (records > 0) return settled(`reading finds the oldest record that is left, at read ${read}`, evidence);
      if (answer.MillisBehindLatest === 0)
        return settled(`reading is at the end after ${read} reads without a record`, evidence);
      iterator = answer.NextShardIterator;
      await clock.sleep(READ_EVERY_MS);
    }
    return settled(
      `${evidence.length} reads found nothing, and did not come to the end; the watchdog allows for that`,
      evidence,
    );
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    if (REFUSALS.includes(name)) return settled(`it is refused with ${name}; the watchdog allows for that`, evidence);
    if (name === 'ProvisionedThroughputExceededException')
      return unknown('the shard is read by too many at present; ask again', evidence);
    return wrong(`it is refused with ${name}, which the watchdog does not know`, evidence);
  }
}
