import { parsePlace } from '../../contract/put-back-place.ts';
import { parseFailureObject } from '../redrive/parse-failure-object.ts';

/** Objects of the on-failure destination, those that were put back among them. */
export interface GivenUpObjects {
  /** Keys of all objects whose records are of a shard. */
  readonly keys: (shardId: string) => AsyncIterable<string>;
  readonly read: (key: string) => Promise<string>;
}

/**
 * Looks for records among those that Lambda gave up.
 *
 * @param wanted `shard sequence-number` of the records
 * @param shardIds shards that they are of
 * @returns those that were found
 */
export async function findGivenUp(
  { keys, read }: GivenUpObjects,
  {
    wanted,
    shardIds,
    streamArn,
  }: { readonly wanted: ReadonlySet<string>; readonly shardIds: readonly string[]; readonly streamArn: string },
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const shardId of shardIds) {
    for await (const key of keys(shardId)) {
      const object = parseFailureObject(await read(key), streamArn);
      if (typeof object === 'string') continue;
      for (const { place } of object.records) {
        const parsed = place === undefined ? undefined : parsePlace(place);
        const name = parsed === undefined ? '' : `${parsed.shardId} ${parsed.sequenceNumber}`;
        if (wanted.has(name)) found.add(name);
      }
      if (found.size === wanted.size) return found;
    }
  }
  return found;
}
