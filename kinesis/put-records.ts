import { setTimeout as sleepFor } from 'node:timers/promises';
import { PutRecordsCommand, type KinesisClient, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { PUT_RECORDS } from '../contract/limits.ts';

/** A record to put on a stream. */
export interface RecordToPut {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Records for one `PutRecords` call, collected for as long as the call takes more. */
export class PutRecordsBatch {
  readonly records: RecordToPut[] = [];
  readonly #maxRecords: number;
  #bytes = 0;

  /**
   * Starts empty.
   *
   * @param maxRecords most records, at most the 500 of a call, from 1
   */
  constructor(maxRecords: number = PUT_RECORDS.maxRecords) {
    this.#maxRecords = Math.min(maxRecords, PUT_RECORDS.maxRecords);
  }

  /**
   * Adds a record, unless the call would be too large with it. The first one always fits: what is too large alone is
   * for Kinesis to refuse.
   *
   * @returns whether it was added
   */
  add(record: RecordToPut): boolean {
    const bytes = this.#bytes + record.data.byteLength + Buffer.byteLength(record.partitionKey);
    const isFull = this.records.length >= this.#maxRecords || bytes > PUT_RECORDS.maxBytes;
    if (this.records.length > 0 && isFull) return false;
    this.records.push(record);
    this.#bytes = bytes;
    return true;
  }
}

/** Where records go. */
export interface PutTarget {
  readonly client: KinesisClient;
  readonly stream: { readonly StreamName: string } | { readonly StreamARN: string };
}

/** How a batch is put; everything has a default. */
export interface PutOptions {
  /** Called after each call with the records that it put, and those that it left out. */
  readonly onCall?: (put: number, failed: number) => void;
  /** Ends the putting before the next call. */
  readonly signal?: AbortSignal | undefined;
  /** Waits between attempts. @defaultValue the clock of this machine */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

const MAX_ATTEMPTS = 10;
const FIRST_BACKOFF_MS = 50;

/**
 * Puts the records of one batch on a stream. What a call leaves out, because a shard is busy, is put again, so a later
 * record of the same key and call can be ahead of it.
 * {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html}
 *
 * @param records those of a {@link PutRecordsBatch}
 * @throws Error when a record still fails after 10 attempts, which take 25 seconds, or when `signal` aborts
 */
export async function putRecords(
  { client, stream }: PutTarget,
  records: readonly RecordToPut[],
  { onCall, signal, sleep = sleepFor }: PutOptions = {},
): Promise<void> {
  let remaining = records;
  for (let attempt = 1; remaining.length > 0; attempt += 1) {
    signal?.throwIfAborted();
    const { Records: results = [] } = await client.send(
      new PutRecordsCommand({
        ...stream,
        Records: remaining.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
      }),
    );
    const failed = remaining.filter((_, index) => results[index]?.ErrorCode !== undefined);
    onCall?.(remaining.length - failed.length, failed.length);
    if (failed.length > 0) {
      if (attempt === MAX_ATTEMPTS) throw putFailed(results, failed.length);
      await sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    }
    remaining = failed;
  }
}

function putFailed(results: readonly PutRecordsResultEntry[], count: number): Error {
  const { ErrorCode: code = '', ErrorMessage: message = '' } = results.find(({ ErrorCode }) => ErrorCode) ?? {};
  return new Error(
    `${count} records could not be put in ${MAX_ATTEMPTS} attempts: ${code} ${message}; put them again later`,
  );
}
