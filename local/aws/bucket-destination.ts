import { randomUUID } from 'node:crypto';
import { failureObject, failureObjectKey } from '../mapping/folder-destination.ts';
import type { FailureDestination } from '../mapping/ports.ts';
import type { ObjectAnswer } from './aws-answers.ts';

/** An S3 on-failure destination with a bucket of the local services. */
export function createBucketDestination(bucket: Map<string, ObjectAnswer>): FailureDestination {
  return {
    deliver: (failure) => {
      const object = { body: failureObject(failure), modifiedAtMs: failure.discardedAtMs };
      bucket.set(failureObjectKey(failure, randomUUID()), object);
      return Promise.resolve();
    },
  };
}
