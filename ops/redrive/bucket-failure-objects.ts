import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { listUnreadFailures, MARK_ENDING } from '../../kinesis/unread-failures.ts';
import type { FailureObjects } from './failure-object-source.ts';

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
    keys: () => listUnreadFailures(client, { bucket, prefix }),
    read: async (key) => {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await body?.transformToString()) ?? '';
    },
    mark: async (key) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key + MARK_ENDING, ContentLength: 0 }));
    },
  };
}
