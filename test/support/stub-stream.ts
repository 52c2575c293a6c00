import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { FakeClock } from './fake-clock.ts';

/** A record, as far as the watchdog looks at it. */
export interface StubRecord {
  readonly sequence: number;
  readonly arrivalMs: number;
}

/** A shard and how it behaves; what is left out is the usual. */
export interface StubShard {
  readonly records: StubRecord[];
  /** What happens with a sequence number whose record is gone: both were reported. @defaultValue 'refused' */
  forgotten?: 'refused' | 'stuck';
  /** Milliseconds of a stretch without records that one read passes. @defaultValue all of it */
  reachMs?: number;
  /** Answers nothing but empty reads, as far from the end as the retention. */
  isStuck?: boolean;
  isClosed?: boolean;
  /** Errors of the next calls, by the name of the command; `'always'` for every one. */
  failures?: Partial<Record<'GetRecordsCommand' | 'GetShardIteratorCommand', Error[] | { readonly always: Error }>>;
}

/** Thrown as the services' clients do: the name says what it is. */
export function serviceError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

interface Cursor {
  readonly shardId: string;
  readonly after: number;
  /** How far reading has come. */
  readonly atMs: number;
  readonly openedMs: number;
  readonly isStuck: boolean;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

/** A stream that forgets, has gaps and fails as Kinesis was seen to, under a clock of the test's own. */
export class StubStream {
  readonly shards = new Map<string, StubShard>();
  /** Every call: the command and what it asked for. */
  readonly calls: string[] = [];
  retentionHours = 24;
  iteratorLastsMs = 5 * 60_000;
  private readonly clock: FakeClock;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get client(): KinesisClient {
    return { send: (command: Command) => this.answer(command) } as unknown as KinesisClient;
  }

  /** Records older than this are gone, in milliseconds since 1970. */
  get horizonMs(): number {
    return this.clock.now() - this.retentionHours * 3_600_000;
  }

  private async answer({ constructor: { name }, input }: Command): Promise<unknown> {
    await Promise.resolve();
    switch (name) {
      case 'DescribeStreamSummaryCommand':
        return { StreamDescriptionSummary: { RetentionPeriodHours: this.retentionHours } };
      case 'ListShardsCommand':
        return { Shards: [...this.shards.keys()].map((ShardId) => ({ ShardId })) };
      case 'GetShardIteratorCommand':
        this.calls.push(`${String(input['ShardId'])} ${String(input['ShardIteratorType'])}`);
        return { ShardIterator: this.open(input) };
      default:
        return this.read(JSON.parse(String(input['ShardIterator'])) as Cursor);
    }
  }

  private failAsTold(shard: StubShard, command: 'GetRecordsCommand' | 'GetShardIteratorCommand'): void {
    const failures = shard.failures?.[command] ?? [];
    const error = 'always' in failures ? failures.always : failures.shift();
    if (error !== undefined) throw error;
  }

  private open(input: Readonly<Record<string, unknown>>): string {
    const shardId = String(input['ShardId']);
    const shard = this.shardOf(shardId);
    this.failAsTold(shard, 'GetShardIteratorCommand');
    const openedMs = this.clock.now();
    const cursor = { shardId, openedMs, after: 0, atMs: this.horizonMs, isStuck: shard.isStuck === true };
    if (input['ShardIteratorType'] === 'AT_TIMESTAMP') {
      const atMs = (input['Timestamp'] as Date).getTime();
      if (atMs > openedMs) throw serviceError('InvalidArgumentException', 'the time is in the future');
      return JSON.stringify({ ...cursor, atMs: Math.max(atMs, this.horizonMs) });
    }
    if (input['ShardIteratorType'] !== 'AFTER_SEQUENCE_NUMBER') return JSON.stringify(cursor);
    const after = Number(input['StartingSequenceNumber']);
    const record = shard.records.find(({ sequence }) => sequence === after);
    const isForgotten = record === undefined || record.arrivalMs < this.horizonMs;
    if (isForgotten && shard.forgotten !== 'stuck') throw serviceError('InvalidArgumentException', 'it is invalid');
    return JSON.stringify({ ...cursor, after, atMs: record?.arrivalMs ?? 0, isStuck: cursor.isStuck || isForgotten });
  }

  private read(cursor: Cursor): unknown {
    const { shardId, openedMs } = cursor;
    const shard = this.shardOf(shardId);
    this.calls.push(`${shardId} read`);
    this.failAsTold(shard, 'GetRecordsCommand');
    const nowMs = this.clock.now();
    if (nowMs - openedMs >= this.iteratorLastsMs) throw serviceError('ExpiredIteratorException');
    const next = (to: Partial<Cursor>): string => JSON.stringify({ ...cursor, openedMs: nowMs, ...to });
    if (cursor.isStuck) {
      return { Records: [], MillisBehindLatest: this.retentionHours * 3_600_000, NextShardIterator: next({}) };
    }
    const record = this.nextRecord(shard, cursor);
    if (record === undefined) return this.emptyRead(shard, cursor, next);
    return {
      Records: [{ SequenceNumber: String(record.sequence), ApproximateArrivalTimestamp: new Date(record.arrivalMs) }],
      MillisBehindLatest: Math.max(1, nowMs - record.arrivalMs),
      NextShardIterator: next({ after: record.sequence, atMs: record.arrivalMs }),
    };
  }

  /** Undefined also when it is further away than one read reaches. */
  private nextRecord(shard: StubShard, { after, atMs }: Cursor): StubRecord | undefined {
    const fromMs = Math.max(atMs, this.horizonMs);
    const record = shard.records.find(
      ({ sequence, arrivalMs }) => sequence > after && arrivalMs >= fromMs && arrivalMs <= this.clock.now(),
    );
    return record !== undefined && record.arrivalMs <= atMs + (shard.reachMs ?? Infinity) ? record : undefined;
  }

  private emptyRead(shard: StubShard, { atMs }: Cursor, next: (to: Partial<Cursor>) => string): unknown {
    const nowMs = this.clock.now();
    const reachedMs = Math.min(nowMs, atMs + (shard.reachMs ?? Infinity));
    if (reachedMs === nowMs && shard.isClosed === true) return { Records: [], MillisBehindLatest: 0 };
    return { Records: [], MillisBehindLatest: nowMs - reachedMs, NextShardIterator: next({ atMs: reachedMs }) };
  }

  private shardOf(shardId: string): StubShard {
    const shard = this.shards.get(shardId);
    if (shard === undefined) throw serviceError('ResourceNotFoundException', `${shardId} does not exist`);
    return shard;
  }
}
