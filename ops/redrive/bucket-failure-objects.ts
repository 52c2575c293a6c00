import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MARK_ENDING, type FailureObjects } from './failure-object-source.ts';

/**
 * On-failure objects where Lambda put them. Lists and reads; marking puts an empty object beside, so nothing that
 * Lambda wrote is changed.
 *
 * @param client of the bucket's region; may list and read, and put objects when marking
 * @param place name of the bucket, a general purpose one, and what the keys begin with
 */
export function createBucketFailureObjects(
  client: S3Client,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): FailureObjects {
  return {
    keys: () => unmarked(listKeys(client, bucket, prefix)),
    read: async (key) => {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await body?.transformToString()) ?? '';
    },
    mark: async (key) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key + MARK_ENDING, ContentLength: 0 }));
    },
  };
}

async function* listKeys(client: S3Client, bucket: string, prefix: string): AsyncIterable<string> {
  for await (const { Contents: objects = [] } of paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: prefix },
  )) {
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
