import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { settled, unknown, type Answer, type Question, type SmokeContext } from './question.ts';

const HOUR_MS = 3_600_000;

/** Enough to see whether reading gets anywhere, a second apart. */
const READS = 20;
const READ_EVERY_MS = 1_000;

/** How a sequence number that the stream has forgotten is refused. */
const REFUSALS = ['InvalidArgumentException', 'ResourceNotFoundException'];

/** What a shard says that was idle for longer than the retention: the watchdog must not take it for a backlog. */
export const forgottenPosition: Question = {
  name: 'forgotten-position',
  question: 'How does a shard answer a sequence number that has expired from the stream?',
  changes: false,
  isForLocal: false,
  answer: async (context) => {
    const { target } = context;
    const kinesis = await target.client('kinesis');
    const where = await findForgotten(kinesis, target.stack.outputs.StreamArn, context.clock.now());
    return typeof where === 'string' ? unknown(where) : readFrom(kinesis, where, context);
  },
};

interface ForgottenPlace {
  readonly StreamARN: string;
  readonly ShardId: string;
  readonly StartingSequenceNumber: string;
}

/**
 * Finds a number that the stream has forgotten: a shard that came with the stream begins with a number of that time.
 *
 * @returns why there is none, in words
 */
async function findForgotten(
  kinesis: KinesisClient,
  StreamARN: string,
  nowMs: number,
): Promise<ForgottenPlace | string> {
  const { StreamDescriptionSummary: stream } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamARN }));
  const forgetsAtMs = forgetsFirst(stream, nowMs);
  if (nowMs <= forgetsAtMs) {
    const at = new Date(forgetsAtMs).toISOString();
    return `the stream is younger than its retention, so nothing has expired yet; run this again after ${at}`;
  }
  const { Shards: shards = [] } = await kinesis.send(new ListShardsCommand({ StreamARN }));
  const { ShardId, SequenceNumberRange: range } = shards.find(({ ParentShardId }) => ParentShardId === undefined) ?? {};
  return ShardId === undefined || range?.StartingSequenceNumber === undefined
    ? 'the stream was resharded, and no shard is known to be older than the retention'
    : { StreamARN, ShardId, StartingSequenceNumber: range.StartingSequenceNumber };
}

/** When the stream has forgotten what came first. */
function forgetsFirst(stream: StreamDescriptionSummary | undefined, nowMs: number): number {
  const { RetentionPeriodHours: hours = 24, StreamCreationTimestamp: createdAt } = stream ?? {};
  return (createdAt?.getTime() ?? nowMs) + HOUR_MS * hours;
}

async function readFrom(kinesis: KinesisClient, where: ForgottenPlace, context: SmokeContext): Promise<Answer> {
  const evidence: string[] = [];
  try {
    return await readOn(kinesis, where, { ...context, evidence });
  } catch (error) {
    const name = error instanceof Error ? error.name : String(error);
    if (REFUSALS.includes(name)) return settled(`it is refused with ${name}; the watchdog allows for that`, evidence);
    if (name !== 'ProvisionedThroughputExceededException') throw error;
    return unknown('the shard has too many readers right now; run this again', evidence);
  }
}

async function readOn(
  kinesis: KinesisClient,
  where: ForgottenPlace,
  { clock, signal, evidence }: SmokeContext & { readonly evidence: string[] },
): Promise<Answer> {
  const opened = await kinesis.send(
    new GetShardIteratorCommand({ ...where, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' }),
  );
  let iterator = opened.ShardIterator;
  for (let read = 1; read <= READS && iterator !== undefined && !signal.aborted; read += 1) {
    const command = new GetRecordsCommand({ StreamARN: where.StreamARN, ShardIterator: iterator, Limit: 1 });
    const { Records: records = [], MillisBehindLatest: behindMs, NextShardIterator } = await kinesis.send(command);
    evidence.push(`read ${read}: ${records.length} records, MillisBehindLatest ${behindMs ?? 'none'}`);
    if (records.length > 0) return settled(`read ${read} found the oldest remaining record`, evidence);
    if (behindMs === 0) return settled(`reached the end after ${read} reads without a record`, evidence);
    iterator = NextShardIterator;
    await clock.sleep(READ_EVERY_MS);
  }
  return settled(`${evidence.length} reads found neither a record nor the end; the watchdog allows for that`, evidence);
}
