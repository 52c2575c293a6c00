import { randomUUID } from 'node:crypto';
import type { MappingContext, MappingIdentity, MappingPace } from './mapping-context.ts';
import type { MappingEvent, MappingObserver } from './mapping-event.ts';
import type { MappingFaults } from './mapping-fault.ts';
import { parseMappingSettings, type MappingSettings } from './mapping-settings.ts';
import type {
  Clock,
  FailureDestination,
  FunctionInvoker,
  ShardDescription,
  ShardPosition,
  ShardSource,
} from './ports.ts';
import { ShardConsumer } from './shard-consumer.ts';
import { shardsToBegin } from './shard-lineage.ts';
import { systemClock } from './system-clock.ts';

/** What an event source mapping is made of. */
export interface MappingOptions {
  readonly source: ShardSource;
  readonly invoker: FunctionInvoker;
  /** Any part of the settings; the rest has defaults. */
  readonly settings?: Partial<MappingSettings>;
  /** Where discarded batches go; without it they are dropped. */
  readonly onFailure?: FailureDestination;
  /** Hears of everything the mapping does. */
  readonly observe?: MappingObserver;
  /** Chooses what goes wrong on purpose. */
  readonly faults?: MappingFaults;
  /** Names in events and failure documents. @defaultValue a local function behind an alias */
  readonly identity?: Partial<MappingIdentity>;
  /** How fast to read and retry. @defaultValue as Lambda does, where that is known */
  readonly pace?: Partial<MappingPace>;
  /** Time and waiting. @defaultValue the clock of this machine */
  readonly clock?: Clock;
  /** A number from 0 to 1, for the jitter of waits. @defaultValue Math.random */
  readonly random?: () => number;
  /** Makes the id of a batch that has not been sent before. @defaultValue a random UUID */
  readonly newRequestId?: () => string;
}

/** What a mapping is doing, in the words of the API's `State`. */
export type MappingState = 'Enabled' | 'Disabling' | 'Disabled';

/** Lambda's poller between a stream and a function. */
export interface EventSourceMapping {
  readonly settings: MappingSettings;
  state(): MappingState;
  /** Begins polling, unless the settings say that the mapping is created disabled. */
  start(): Promise<void>;
  /**
   * Begins polling, or goes on after the last processed record. Does nothing while the mapping is polling.
   *
   * @throws the source's error when the shards cannot be listed
   */
  enable(): Promise<void>;
  /**
   * Disables the mapping: stops polling and waits for the invocations under way; positions are kept.
   *
   * @throws what made the mapping fail, unless `drained` has already told it
   */
  stop(): Promise<void>;
  /**
   * Changes settings, as `UpdateEventSourceMapping` does: polling stops and goes on after the last processed record.
   *
   * @param changes `enabled` among them; what is left out stays as it is
   * @throws MappingSettingsError with all problems of the settings; nothing has changed then
   */
  update(changes: Partial<MappingSettings>): Promise<void>;
  /**
   * Resolves once everything that is in the stream at the time of the call is resolved: every shard has then been
   * read to its tip, its children included.
   *
   * @throws what made the mapping fail, or an error when it is stopped before
   */
  drained(): Promise<void>;
  /** Sequence number per shard up to which everything is resolved. */
  checkpoints(): ReadonlyMap<string, string>;
}

const DEFAULT_IDENTITY: MappingIdentity = {
  uuid: '00000000-0000-4000-8000-000000000000',
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:local:live',
  executedVersion: '1',
  roleArn: 'arn:aws:iam::000000000000:role/local',
};

const DEFAULT_PACE: MappingPace = {
  idlePollMs: 1_000,
  minReadIntervalMs: 200,
  readLimit: 10_000,
  retryBackoff: { firstMs: 200, maxMs: 30_000 },
};

/**
 * Creates an event source mapping: it reads the shards of a stream, parents before children, invokes a function with
 * batches of records, and keeps a checkpoint per shard.
 *
 * @throws MappingSettingsError with all problems of the settings
 */
export function createEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const clock = options.clock ?? systemClock;
  const settings = parseMappingSettings(options.settings ?? {}, clock.now());
  return new Mapping({
    settings,
    source: options.source,
    invoker: options.invoker,
    onFailure: options.onFailure,
    faults: options.faults,
    identity: { ...DEFAULT_IDENTITY, ...options.identity },
    pace: { ...DEFAULT_PACE, ...options.pace },
    clock,
    random: options.random ?? Math.random,
    newRequestId: options.newRequestId ?? randomUUID,
    observe: options.observe ?? (() => undefined),
  });
}

interface DrainWaiter {
  /** Reads that had begun when the wait began: they may not have seen all. */
  readonly reads: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

class Mapping implements EventSourceMapping {
  #options: Omit<MappingContext, 'signal'>;
  readonly #checkpoints = new Map<string, string>();
  readonly #finished = new Set<string>();
  /** Shards the stream had when the mapping first looked: only they begin at the starting position. */
  #initial: ReadonlySet<string> | undefined;
  #firstStartMs = 0;
  #consumers = new Map<string, ShardConsumer>();
  #running: Promise<void>[] = [];
  #stopping: AbortController | undefined;
  #state: MappingState = 'Disabled';
  #waitingShards = 0;
  #failure: { readonly error: unknown; isTold: boolean } | undefined;
  #reads = 0;
  #drainWaiters: DrainWaiter[] = [];

  constructor(options: Omit<MappingContext, 'signal'>) {
    this.#options = options;
  }

  get settings(): MappingSettings {
    return this.#options.settings;
  }

  state(): MappingState {
    return this.#state;
  }

  checkpoints(): ReadonlyMap<string, string> {
    return new Map(this.#checkpoints);
  }

  async start(): Promise<void> {
    if (this.settings.enabled) await this.enable();
  }

  async enable(): Promise<void> {
    if (this.#state !== 'Disabled') return;
    this.#state = 'Enabled';
    this.#stopping = new AbortController();
    try {
      await this.#beginShards();
    } catch (error) {
      this.#state = 'Disabled';
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    if (this.#state === 'Enabled') this.#state = 'Disabling';
    while (this.#running.length > 0) await Promise.all(this.#running.splice(0));
    this.#consumers.clear();
    this.#state = 'Disabled';
    this.#rejectDrainWaiters(new Error('the mapping was stopped before the stream was drained'));
    if (this.#failure !== undefined && !this.#failure.isTold) throw this.#failure.error;
  }

  async update(changes: Partial<MappingSettings>): Promise<void> {
    const { settings, clock } = this.#options;
    const changed = parseMappingSettings({ ...settings, ...changes }, clock.now());
    const { enabled = this.#state === 'Enabled' } = changes;
    await this.stop();
    this.#options = { ...this.#options, settings: changed };
    if (enabled) await this.enable();
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drainWaiters.push({ reads: this.#reads, resolve, reject });
      this.#settleDrainWaiters();
    });
  }

  async #beginShards(): Promise<void> {
    const shards = await this.#options.source.listShards();
    if (this.#initial === undefined) this.#firstStartMs = this.#options.clock.now();
    const isFirstLook = this.#initial === undefined;
    this.#initial ??= new Set(shards.map(({ shardId }) => shardId));
    const begun = new Set([...this.#finished, ...this.#consumers.keys()]);
    const beginning = shardsToBegin(shards, begun, this.#finished);
    this.#waitingShards = shards.filter(({ shardId }) => !begun.has(shardId)).length - beginning.length;
    for (const shard of beginning) this.#begin(shard, isFirstLook);
  }

  #begin({ shardId }: ShardDescription, isFirstLook: boolean): void {
    const signal = this.#stopping?.signal;
    if (signal === undefined || signal.aborted) return;
    const consumer = new ShardConsumer(
      { ...this.#options, signal, observe: this.#observe },
      {
        shardId,
        position: this.#positionOf(shardId, isFirstLook),
        onQuiet: () => {
          this.#settleDrainWaiters();
        },
        nextReadNumber: () => (this.#reads += 1),
      },
    );
    this.#consumers.set(shardId, consumer);
    this.#running.push(this.#consume(shardId, consumer));
  }

  async #consume(shardId: string, consumer: ShardConsumer): Promise<void> {
    try {
      await consumer.run();
      if (!consumer.isFinished) return;
      this.#finished.add(shardId);
      this.#observe({ type: 'shard-finished', shardId, atMs: this.#options.clock.now() });
      await this.#beginShards();
      this.#consumers.delete(shardId);
      this.#settleDrainWaiters();
    } catch (error) {
      this.#fail(error);
    }
  }

  #positionOf(shardId: string, isFirstLook: boolean): ShardPosition {
    const checkpoint = this.#checkpoints.get(shardId);
    if (checkpoint !== undefined) return { kind: 'after-sequence-number', sequenceNumber: checkpoint };
    // A child that appeared while running holds records that nobody has seen, whatever the starting position is.
    if (this.#initial?.has(shardId) !== true) return { kind: 'trim-horizon' };
    const { startingPosition, startingPositionTimestampMs: timestampMs = 0 } = this.#options.settings;
    switch (startingPosition) {
      case 'TRIM_HORIZON':
        return { kind: 'trim-horizon' };
      case 'AT_TIMESTAMP':
        return { kind: 'at-timestamp', timestampMs };
      case 'LATEST':
        // A shard that had to wait for its parents is read from when the mapping began, not from when they ended.
        return isFirstLook ? { kind: 'latest' } : { kind: 'at-timestamp', timestampMs: this.#firstStartMs };
    }
  }

  readonly #observe = (event: MappingEvent): void => {
    if (event.type === 'checkpoint') this.#checkpoints.set(event.shardId, event.sequenceNumber);
    this.#options.observe(event);
  };

  #fail(error: unknown): void {
    this.#failure ??= { error, isTold: false };
    this.#stopping?.abort();
    this.#settleDrainWaiters();
  }

  #settleDrainWaiters(): void {
    if (this.#failure !== undefined) {
      this.#failure.isTold ||= this.#drainWaiters.length > 0;
      this.#rejectDrainWaiters(this.#failure.error);
      return;
    }
    const drained = this.#drainWaiters.filter(({ reads }) => this.#isDrainedSince(reads));
    this.#drainWaiters = this.#drainWaiters.filter((waiter) => !drained.includes(waiter));
    for (const waiter of drained) waiter.resolve();
  }

  #rejectDrainWaiters(reason: unknown): void {
    for (const waiter of this.#drainWaiters.splice(0)) waiter.reject(reason);
  }

  #isDrainedSince(reads: number): boolean {
    if (this.#state !== 'Enabled' || this.#waitingShards > 0) return false;
    // A finished shard has yet to make way for its children.
    return [...this.#consumers.values()].every((consumer) => consumer.isQuietSince(reads) && !consumer.isFinished);
  }
}
