import { BatchDelivery, type DeliveryPlace } from './batch-delivery.ts';
import { LaneBatcher } from './lane-batcher.ts';
import type { MappingContext } from './mapping-context.ts';
import type { MappingRecord } from './mapping-record.ts';
import { WakeSignal } from './wake-signal.ts';

/** One of the parallel batches of a shard: collects its records into batches and delivers one after the other. */
export class Lane {
  readonly #context: MappingContext;
  readonly #batcher: LaneBatcher;
  readonly #delivery: BatchDelivery;
  readonly #arrived = new WakeSignal();

  constructor(context: MappingContext, place: DeliveryPlace) {
    const { batchSize, maxBatchingWindowSeconds, maximumRecordAgeSeconds } = context.settings;
    this.#context = context;
    const limits = { batchSize, windowMs: maxBatchingWindowSeconds * 1000, maximumRecordAgeSeconds };
    this.#batcher = new LaneBatcher(limits, context.clock.now());
    this.#delivery = new BatchDelivery(context, place);
  }

  /** Appends records that follow those of the last call. */
  push(records: readonly MappingRecord[]): void {
    const nowMs = this.#context.clock.now();
    for (const record of records) this.#batcher.push(record, nowMs);
    this.#arrived.notify();
  }

  /** Delivers batches until the mapping stops; a record that grows too old in a batching window is given up there. */
  async run(): Promise<void> {
    const { clock, signal } = this.#context;
    while (!signal.aborted) {
      const nowMs = clock.now();
      const readyAtMs = this.#batcher.readyAtMs();
      if (readyAtMs !== undefined && readyAtMs <= nowMs) {
        await this.#delivery.deliver(this.#batcher.take());
        this.#batcher.openWindow(clock.now());
        continue;
      }
      const expired = this.#batcher.takeExpired(nowMs);
      if (expired.length > 0) await this.#delivery.deliver(expired);
      else await this.#arrived.wait(clock, signal, this.#waitMs(readyAtMs, nowMs));
    }
  }

  #waitMs(readyAtMs: number | undefined, nowMs: number): number | undefined {
    return readyAtMs === undefined ? undefined : Math.min(readyAtMs, this.#batcher.expiresAtMs()) - nowMs;
  }
}
