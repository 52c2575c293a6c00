import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

/** Where Lambda puts what it gives up. */
export interface BucketPlace {
  /** A general purpose bucket. */
  readonly bucket: string;
  /** What the keys begin with; empty for all. */
  readonly prefix: string;
  /** Ends the listing with an error. */
  readonly signal?: AbortSignal;
}

/** Ends the key of the empty object that stands beside one that was put back. */
export const MARK_ENDING = '.redriven';

/**
 * Lists the on-failure objects that were not put back so far, oldest first within a shard.
 *
 * @param client of the bucket's region; may list
 */
export function listUnreadFailures(client: S3Client, place: BucketPlace): AsyncIterable<string> {
  return unmarked(listKeys(client, place));
}

/** Lists all on-failure objects, those that were put back among them. */
export async function* listFailures(client: S3Client, place: BucketPlace): AsyncIterable<string> {
  for await (const key of listKeys(client, place)) if (!key.endsWith(MARK_ENDING)) yield key;
}

async function* listKeys(client: S3Client, { bucket, prefix, signal }: BucketPlace): AsyncIterable<string> {
  const options = signal === undefined ? [] : [{ abortSignal: signal }];
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, ...options);
  for await (const { Contents: objects = [] } of pages) {
    for (const { Key: key } of objects) if (key !== undefined) yield key;
  }
}

/**
 * Leaves out marks and what they mark, without holding the whole list: keys come in the order of their bytes, so
 * whatever stands between a key and its mark begins with that key.
 * {@link https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html}
 */
async function* unmarked(keys: AsyncIterable<string>): AsyncIterable<string> {
  let waiting: readonly string[] = [];
  for await (const key of keys) {
    yield* waiting.filter((earlier) => !key.startsWith(earlier));
    waiting = waiting.filter((earlier) => key.startsWith(earlier) && key !== earlier + MARK_ENDING);
    if (!key.endsWith(MARK_ENDING)) waiting = [...waiting, key];
  }
  yield* waiting;
}
