import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import {
  createWatchMemory,
  watchStream,
  type WatchedStream,
  type WatchReport,
} from '../../functions/watchdog/watch-stream.ts';
import type { StackSample } from '../../progress/verdict.ts';
import { FakeClock } from './fake-clock.ts';
import { StubStream, type StubShard } from './stub-stream.ts';

const ENVIRONMENT: WatchedStream = {
  clusterArn: 'cluster',
  secretArn: 'secret',
  database: 'events',
  functionName: 'orders',
  streamArn: 'stream',
  startingPosition: 'TRIM_HORIZON',
  parallelizationFactor: 1,
  maxShards: 400,
  deliveryGapSeconds: 180,
};

/** What is committed of a shard. */
export interface StubPosition {
  readonly sequence: number;
  readonly arrivalMs: number;
}

/** A position that the processor holds. */
export interface StubHold extends StubPosition {
  readonly shardId: string;
  readonly sinceMs?: number;
}

/** A stream and a database that are watched, run after run, in one execution environment. */
export class WatchedStubs {
  readonly clock = new FakeClock({ nowMs: Date.parse('2026-11-26T12:00:00Z') });
  readonly stream = new StubStream(this.clock);
  readonly positions = new Map<string, StubPosition>();
  /** What the database answers about held positions. */
  held: readonly StubHold[] = [];
  deployedAtMs = this.clock.now() - 365 * 86_400_000;
  /** Thrown by every statement while it is set. */
  databaseError: Error | undefined;
  private readonly environment: WatchedStream;
  private memory = createWatchMemory();
  /** Statements of this run that were answered: positions first, what is held second. */
  private answered = 0;

  constructor(environment: Partial<WatchedStream> = {}) {
    this.environment = { ...ENVIRONMENT, ...environment };
  }

  /** Hours before now, in milliseconds since 1970. */
  hoursAgo(hours: number): number {
    return this.clock.now() - hours * 3_600_000;
  }

  addShard(shardId: string, shard: Partial<StubShard> = {}, committed?: StubPosition): StubShard {
    const added = { records: [], ...shard };
    this.stream.shards.set(shardId, added);
    if (committed !== undefined) this.positions.set(shardId, committed);
    return added;
  }

  /** What the runs of this environment have seen. */
  get samples(): readonly StackSample[] {
    return this.memory.samples;
  }

  /** The next run starts in a new execution environment. */
  forgetMemory(): void {
    this.memory = createWatchMemory();
  }

  run(): Promise<WatchReport> {
    this.answered = 0;
    return watchStream({
      kinesis: this.stream.client,
      dataApi: { send: () => this.answerStatement() } as unknown as RDSDataClient,
      environment: this.environment,
      now: () => this.clock.now(),
      sleep: (ms) => this.clock.sleep(ms),
      memory: this.memory,
    });
  }

  private answerStatement(): Promise<unknown> {
    if (this.databaseError !== undefined) return Promise.reject(this.databaseError);
    this.answered += 1;
    return Promise.resolve({ records: this.answered === 1 ? this.positionRows() : this.heldRows() });
  }

  private positionRows(): readonly unknown[] {
    return [...this.stream.shards.keys()].map((shardId) => {
      const position = this.positions.get(shardId);
      return [
        { stringValue: shardId },
        position === undefined ? { isNull: true } : { stringValue: String(position.sequence) },
        position === undefined ? { isNull: true } : { longValue: position.arrivalMs },
        { isNull: true },
        { longValue: this.deployedAtMs },
      ];
    });
  }

  private heldRows(): readonly unknown[] {
    return this.held.map(({ shardId, sequence, arrivalMs, sinceMs = arrivalMs }) => [
      { stringValue: shardId },
      { stringValue: String(sequence) },
      { longValue: arrivalMs },
      { longValue: sinceMs },
      { stringValue: 'fuse' },
      { stringValue: 'roll back' },
      { stringValue: 'build-1' },
    ]);
  }
}
