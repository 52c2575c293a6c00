import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FailedBatch, FailureDestination } from './ports.ts';

/**
 * An S3 on-failure destination, with a folder for the bucket: the only form that keeps the records.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}
 *
 * @param folder stands for the bucket; created when missing
 */
export function createFolderDestination(folder: string): FailureDestination {
  return {
    async deliver(failure) {
      const path = join(folder, failureObjectKey(failure, randomUUID()));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, failureObject(failure), { flag: 'wx' });
    },
  };
}

/**
 * Key of the object: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, in UTC.
 *
 * @param failure the discarded batch
 * @param uuid makes the key unique
 */
export function failureObjectKey(failure: FailedBatch, uuid: string): string {
  const time = new Date(failure.discardedAtMs).toISOString();
  const [day = '', clock = ''] = time.split('T');
  const second = clock.slice(0, 'HH:MM:SS'.length).replaceAll(':', '.');
  return `aws/lambda/${failure.mappingUuid}/${failure.shardId}/${day.replaceAll('-', '/')}/${day}T${second}-${uuid}`;
}

/** Content of the object: the document, and the invocation event as a string in `payload`. */
export function failureObject(failure: FailedBatch): string {
  return JSON.stringify({ ...failure.document, payload: failure.event() });
}
