import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { withPlace } from '../../kinesis/put-back-record.ts';
import { MARK_ENDING } from '../../kinesis/unread-failures.ts';
import { parseFailureObject } from './parse-failure-object.ts';
import type { RedriveItem, RedrivePage, RedriveSource } from './redrive-source.ts';

/** Where on-failure objects are kept: a bucket, or a folder that stands for one. */
export interface FailureObjects {
  /** Keys of the objects that were not put back so far, oldest first within a shard. */
  readonly keys: () => AsyncIterable<string>;
  readonly read: (key: string) => Promise<string>;
  /** Notes that an object was put back, so that `keys` leaves it out; repeating it changes nothing. */
  readonly mark: (key: string) => Promise<void>;
}

/**
 * On-failure objects as something to put back: one object at a time, with all its records.
 *
 * @param objects where they are kept
 * @param options.streamArn the stream they must come from; others are refused
 * @param options.keepPlaces whether the records keep the place they had, for projections that depend on it
 */
export function createFailureObjectSource(
  objects: FailureObjects,
  { streamArn, keepPlaces = false }: { readonly streamArn: string; readonly keepPlaces?: boolean },
): RedriveSource {
  return {
    pages: () => listPages(objects, streamArn),
    read: async ({ id }) => {
      const object = parseFailureObject(await objects.read(id), streamArn);
      if (typeof object === 'string') throw new Error(`${id}: ${object}`);
      return object.records.map(({ place, ...record }) =>
        keepPlaces && place !== undefined ? withPlace(record, place) : record,
      );
    },
    // No entry of the quarantine is put back here.
    announce: () => Promise.resolve(),
    mark: async (items) => {
      for (const { id } of items) await objects.mark(id);
    },
  };
}

async function* listPages(objects: FailureObjects, streamArn: string): AsyncIterable<RedrivePage> {
  for await (const key of objects.keys()) {
    const object = parseFailureObject(await objects.read(key), streamArn);
    if (typeof object === 'string') yield { items: [], refused: [{ id: key, problem: object }] };
    else {
      const { condition, shardId, records } = object;
      const item: RedriveItem = { id: key, summary: { id: key, condition, shardId, records: records.length } };
      yield { items: [item], refused: [] };
    }
  }
}

/**
 * On-failure objects in a folder: the local world's destination, or a copy of the bucket, such as `aws s3 sync` makes.
 *
 * @param folder stands for the bucket
 */
export function createFolderFailureObjects(folder: string): FailureObjects {
  return {
    keys: async function* () {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const keys = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
        .sort();
      const marked = new Set(keys.filter((key) => key.endsWith(MARK_ENDING)));
      yield* keys.filter((key) => !marked.has(key) && !marked.has(key + MARK_ENDING));
    },
    read: (key) => readFile(join(folder, key), 'utf8'),
    mark: (key) => writeFile(join(folder, key + MARK_ENDING), ''),
  };
}
