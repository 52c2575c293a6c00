import type { ShardPosition } from './shard-state.ts';

/**
 * Chooses the shards that one run looks into. All of them, unless there are more than `maxShards`: then half of the
 * places go to the shards whose newest commit is the oldest, as they are the likeliest to be behind, and the rest take
 * turns minute by minute, so that every shard is looked into again and again.
 *
 * @param positions every shard of the stream
 * @param maxShards most shards to return, at least 1
 * @param minute number of the run: minutes since 1970
 */
export function chooseShards(
  positions: readonly ShardPosition[],
  maxShards: number,
  minute: number,
): readonly ShardPosition[] {
  if (positions.length <= maxShards) return positions;
  const oldestFirst = [...positions].sort((a, b) => (a.lastArrivalMs ?? 0) - (b.lastArrivalMs ?? 0));
  const suspects = oldestFirst.slice(0, Math.floor(maxShards / 2));
  const others = oldestFirst.slice(suspects.length).sort((a, b) => (a.shardId < b.shardId ? -1 : 1));
  const places = maxShards - suspects.length;
  const start = (minute * places) % others.length;
  const turn = [...others, ...others].slice(start, start + Math.min(places, others.length));
  return [...suspects, ...turn];
}
