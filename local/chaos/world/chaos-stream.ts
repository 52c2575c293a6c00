import type { ShardSource } from '../../mapping/ports.ts';
import type { InputEvent } from '../../run/event-input.ts';
import type { ChaosSource, PlannedStreamFault } from '../chaos-plan.ts';
import { startKinesisChaosStream } from './kinesis-chaos-stream.ts';
import { createMemoryChaosStream } from './memory-chaos-stream.ts';

/** A stream that can be filled, read, and changed while it is read. */
export interface ChaosStream {
  readonly source: ShardSource;
  /** Puts records in order. */
  readonly put: (events: readonly InputEvent[]) => Promise<void>;
  /**
   * Splits a shard, merges two, or lets the iterators expire.
   *
   * @returns whether it happened: one shard cannot be merged
   */
  readonly disturb: (kind: PlannedStreamFault['kind']) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Creates an empty stream of the kind that was asked for. */
export function startChaosStream(source: ChaosSource, shardCount: number): Promise<ChaosStream> {
  switch (source) {
    case 'memory':
      return Promise.resolve(createMemoryChaosStream(shardCount));
    case 'kinesis':
      return startKinesisChaosStream(shardCount);
  }
}
