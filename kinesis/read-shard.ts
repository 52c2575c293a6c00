import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetRecordsOutput,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type _Record as StreamRecord,
} from '@aws-sdk/client-kinesis';

/**
 * What a shard gives to all of its readers together.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html}
 */
const SHARD_READ_LIMITS = { callsPerSecond: 5, bytesPerSecond: 2 * 1024 * 1024 } as const;

/** Which part of a shard is read, and how fast. */
export interface ReadShardOptions {
  readonly client: KinesisClient;
  readonly streamArn: string;
  readonly shardId: string;
  /** Milliseconds since 1970: where reading begins; undefined for the oldest record there is. */
  readonly sinceMs: number | undefined;
  /** Milliseconds since 1970: records that arrived later are left out. */
  readonly untilMs: number;
  /** Most that this reader takes of {@link SHARD_READ_LIMITS}, from above 0 to 1: the consumer reads the shard, too. */
  readonly share: number;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. @defaultValue the clock of this machine */
  readonly now?: () => number;
  /** Waits. @defaultValue the clock of this machine */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** A stretch of a shard. */
export interface ShardPage {
  readonly records: readonly StreamRecord[];
  /** Bytes of what was answered, records that are left out among them. */
  readonly bytes: number;
}

/** An answer of 10 MB keeps all readers out for five seconds: smaller ones don't. */
const PAGE_BYTES = 1024 * 1024;
const MAX_RECORDS = 10_000;
/** Until it is known how large records are. */
const FIRST_RECORDS = 500;

/** Refusals in a row, a second apart and more, before reading is given up. */
const MAX_REFUSALS = 20;
const REFUSED_WAIT_MS = 1_000;

/**
 * Reads a shard in its order, from a moment up to another, slowly enough for its other readers.
 *
 * @throws whatever a call throws that repeating does not help with
 */
export async function* readShard(options: ReadShardOptions): AsyncGenerator<ShardPage> {
  const { signal, untilMs, share, now = Date.now, sleep = sleepFor } = options;
  const reader = new ShardReading(options);
  while (!signal.aborted) {
    const startedAtMs = now();
    const answer = await reader.next();
    const page = pageOf(answer, untilMs);
    if (page.bytes > 0 || page.records.length > 0) yield page;
    if (reader.isAtEnd || isPast(answer, page, { untilMs, nowMs: now() })) return;
    const paceMs = 1000 * Math.max(1 / SHARD_READ_LIMITS.callsPerSecond, page.bytes / SHARD_READ_LIMITS.bytesPerSecond);
    await sleep(Math.max(0, paceMs / share - (now() - startedAtMs)));
  }
}

function pageOf({ Records: all = [] }: GetRecordsOutput, untilMs: number): ShardPage {
  return {
    records: all.filter(({ ApproximateArrivalTimestamp: at }) => (at?.getTime() ?? 0) <= untilMs),
    bytes: all.reduce((sum, { Data }) => sum + (Data?.byteLength ?? 0), 0),
  };
}

/** An empty answer is no end: it says only how far behind the newest record reading is. */
function isPast(
  { Records: all = [], MillisBehindLatest: behindMs = 0 }: GetRecordsOutput,
  { records }: ShardPage,
  { untilMs, nowMs }: { readonly untilMs: number; readonly nowMs: number },
): boolean {
  if (behindMs === 0) return true;
  return all.length > 0 ? records.length === 0 : nowMs - behindMs > untilMs;
}

/** Where reading is, and how much is asked for next. */
class ShardReading {
  readonly #options: ReadShardOptions;
  #iterator: string | undefined;
  #isOpen = false;
  #lastSequenceNumber: string | undefined;
  #limit = FIRST_RECORDS;

  constructor(options: ReadShardOptions) {
    this.#options = options;
  }

  /** Whether a closed shard was read to its end. */
  get isAtEnd(): boolean {
    return this.#isOpen && this.#iterator === undefined;
  }

  /** The next answer; a refusal that passes is waited for. */
  async next(): Promise<GetRecordsOutput> {
    const { sleep = sleepFor } = this.#options;
    for (let refusals = 0; ; refusals += 1) {
      try {
        return await this.#read();
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        // An iterator lasts five minutes, and whoever takes a page may take longer.
        if (name === 'ExpiredIteratorException') this.#isOpen = false;
        else if (name !== 'ProvisionedThroughputExceededException' || refusals === MAX_REFUSALS) throw error;
        else await sleep(REFUSED_WAIT_MS * Math.min(refusals + 1, 5));
      }
    }
  }

  async #read(): Promise<GetRecordsOutput> {
    const { client, streamArn: StreamARN } = this.#options;
    if (!this.#isOpen) this.#iterator = await this.#open();
    this.#isOpen = true;
    if (this.#iterator === undefined) return { Records: [], MillisBehindLatest: 0 };
    const answer = await client.send(
      new GetRecordsCommand({ StreamARN, ShardIterator: this.#iterator, Limit: this.#limit }),
    );
    this.#iterator = answer.NextShardIterator;
    this.#adjust(answer.Records ?? []);
    return answer;
  }

  #adjust(records: readonly StreamRecord[]): void {
    this.#lastSequenceNumber = records.at(-1)?.SequenceNumber ?? this.#lastSequenceNumber;
    const bytes = records.reduce((sum, { Data }) => sum + (Data?.byteLength ?? 0), 0);
    if (bytes === 0) return;
    this.#limit = Math.min(MAX_RECORDS, Math.max(1, Math.floor((PAGE_BYTES * records.length) / bytes)));
  }

  async #open(): Promise<string | undefined> {
    const { client, streamArn: StreamARN, shardId: ShardId } = this.#options;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamARN, ShardId, ...this.#start() }));
    return ShardIterator;
  }

  #start(): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> {
    const { sinceMs } = this.#options;
    if (this.#lastSequenceNumber !== undefined) {
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: this.#lastSequenceNumber };
    }
    return sinceMs === undefined
      ? { ShardIteratorType: 'TRIM_HORIZON' }
      : { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(sinceMs) };
  }
}
