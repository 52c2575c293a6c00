import type { CheckpointMoved, MappingEvent } from './mapping-event.ts';

/** Every checkpoint of every shard, in the order they were reached. */
export interface CheckpointHistory {
  /** Hears of the mapping's events; to be given to it as, or from, its observer. */
  readonly observe: (event: MappingEvent) => void;
  /** Checkpoints of a shard, oldest first. */
  of(shardId: string): readonly CheckpointMoved[];
  /** Shards that have a checkpoint. */
  shardIds(): readonly string[];
}

/**
 * Keeps the checkpoints of each shard, so that it can be checked that they only ever went forward.
 *
 * @param maxPerShard checkpoints kept per shard; the oldest are let go beyond it
 */
export function createCheckpointHistory(maxPerShard = 10_000): CheckpointHistory {
  const perShard = new Map<string, CheckpointMoved[]>();
  return {
    observe: (event) => {
      if (event.type !== 'checkpoint') return;
      const history = perShard.get(event.shardId) ?? [];
      perShard.set(event.shardId, history);
      history.push(event);
      if (history.length > maxPerShard) history.shift();
    },
    of: (shardId) => perShard.get(shardId) ?? [],
    shardIds: () => [...perShard.keys()],
  };
}
