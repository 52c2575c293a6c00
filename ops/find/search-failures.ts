import { parsePlace } from '../../contract/put-back-place.ts';
import { createBucketFailureObjects } from '../redrive/bucket-failure-objects.ts';
import { parseFailureObject, type FailureObject } from '../redrive/parse-failure-object.ts';
import type { Target } from '../stack/open-target.ts';
import type { Wanted } from './find-command.ts';

/** What the on-failure bucket has of it. */
export interface FailureFindings {
  /** Keys of the objects that hold it. */
  readonly keys: readonly string[];
  /** Objects that were looked into. */
  readonly searched: number;
  /** Whether there are more that were not. */
  readonly isPartial: boolean;
}

/** Objects that are read, up to 6 MB each. */
const MAX_OBJECTS = 200;

/**
 * Looks into the objects of the on-failure bucket that nobody has put back. An event id is looked for in the text of the
 * records: only the projection knows where it is.
 *
 * @param onObject hears how many have been looked into
 * @returns undefined for a stack without on-failure destination
 */
export async function searchFailures(
  { stack, client }: Target,
  wanted: Wanted,
  onObject: (searched: number) => void,
): Promise<FailureFindings | undefined> {
  const { failedBatchesBucket: bucket, outputs } = stack;
  if (bucket === undefined) return undefined;
  const objects = createBucketFailureObjects(await client('s3'), { bucket, prefix: '' });
  const keys: string[] = [];
  let searched = 0;
  for await (const key of objects.keys()) {
    if (searched === MAX_OBJECTS) return { keys, searched, isPartial: true };
    const object = parseFailureObject(await objects.read(key), outputs.StreamArn);
    if (typeof object !== 'string' && holds(object, wanted)) keys.push(key);
    searched += 1;
    onObject(searched);
  }
  return { keys, searched, isPartial: false };
}

function holds({ shardId, records }: FailureObject, { eventId, sequence, shard, partitionKey }: Wanted): boolean {
  return records.some(
    ({ place, partitionKey: key, data }) =>
      key === partitionKey ||
      (shardId === shard && parsePlace(place ?? '')?.sequenceNumber === sequence) ||
      (eventId !== undefined && Buffer.from(data).includes(eventId)),
  );
}
