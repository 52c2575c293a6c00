/**
 * What a redrive works with: places that hold records to be put back, and a stream to put them on.
 *
 * @module
 */
import type { RecordToPut } from '../../kinesis/put-records.ts';

/** What is put back, and marked, as one: a quarantine entry, or an on-failure object with all its records. */
export interface RedriveItem {
  readonly id: string;
  /** What an operator sees of it in a list. */
  readonly summary: Readonly<Record<string, string | number | null>>;
}

/** Something that looked like an item and can't be read. */
export interface RefusedItem {
  readonly id: string;
  /** Expected, got, and what to do. */
  readonly problem: string;
}

/** One step of going through a source. */
export interface RedrivePage {
  readonly items: readonly RedriveItem[];
  readonly refused: readonly RefusedItem[];
}

/** A place that holds records to be put back. */
export interface RedriveSource {
  /** Goes through all items that match, oldest first, at most `pageSize` at a time. */
  readonly pages: (pageSize: number) => AsyncIterable<RedrivePage>;
  /** The records of an item: original bytes under the original key. */
  readonly read: (item: RedriveItem) => Promise<readonly RecordToPut[]>;
  /** Notes that the records of these items are about to be put: the processor may see them before `mark`. */
  readonly announce: (items: readonly RedriveItem[]) => Promise<void>;
  /** Notes that the records of these items are on the stream again; repeating it changes nothing. */
  readonly mark: (items: readonly RedriveItem[]) => Promise<void>;
}

/** The stream that records are put back on. */
export interface RecordSink {
  /**
   * Puts records in their order; returns once all of them are on the stream.
   *
   * @param records as many as one `PutRecords` call takes
   * @throws Error when some could not be put
   */
  readonly put: (records: readonly RecordToPut[]) => Promise<void>;
}
