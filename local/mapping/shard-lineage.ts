import type { ShardDescription } from './ports.ts';

/**
 * The shards whose turn it is: a child only after all of its parents are read to their end and resolved, a merged
 * child after both. A parent that is not listed any more has been trimmed, so nothing of it is left to wait for.
 *
 * @param shards all shards the stream lists
 * @param begun shards that are being read or are finished
 * @param finished shards that are closed, read to their end and resolved
 */
export function shardsToBegin(
  shards: readonly ShardDescription[],
  begun: ReadonlySet<string>,
  finished: ReadonlySet<string>,
): readonly ShardDescription[] {
  const listed = new Set(shards.map(({ shardId }) => shardId));
  return shards.filter(
    ({ shardId, parentShardIds }) =>
      !begun.has(shardId) && parentShardIds.every((parent) => finished.has(parent) || !listed.has(parent)),
  );
}
