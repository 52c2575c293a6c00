import { parsePlace } from '../../contract/put-back-place.ts';
import { parseFailureObject } from '../redrive/parse-failure-object.ts';

/** Objects of the on-failure destination, those that were put back among them. */
export interface GivenUpObjects {
  readonly keys: () => AsyncIterable<string>;
  readonly read: (key: string) => Promise<string>;
}

/** Which records are looked for. */
export interface WantedRecords {
  /** `shard sequence-number` each. */
  readonly wanted: ReadonlySet<string>;
  readonly streamArn: string;
}

/**
 * Looks for records among those that Lambda gave up. Only objects of their shards are read.
 *
 * @returns those that were found
 */
export async function findGivenUp(
  { keys, read }: GivenUpObjects,
  { wanted, streamArn }: WantedRecords,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const shardIds = new Set([...wanted].map((name) => name.split(' ')[0] ?? ''));
  for await (const key of keys()) {
    // The shard is a folder of its key.
    if (!key.split('/').some((part) => shardIds.has(part))) continue;
    for (const name of recordsOf(await read(key), streamArn)) if (wanted.has(name)) found.add(name);
    if (found.size === wanted.size) break;
  }
  return found;
}

function recordsOf(text: string, streamArn: string): readonly string[] {
  const object = parseFailureObject(text, streamArn);
  if (typeof object === 'string') return [];
  return object.records.flatMap(({ place }) => {
    const parsed = place === undefined ? undefined : parsePlace(place);
    return parsed === undefined ? [] : [`${parsed.shardId} ${parsed.sequenceNumber}`];
  });
}
