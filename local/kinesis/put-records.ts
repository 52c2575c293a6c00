import { PutRecordsCommand, type KinesisClient, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { PUT_RECORDS } from '../../contract/limits.ts';
import { laneOf } from '../mapping/partition-lane.ts';
import type { Clock } from '../mapping/ports.ts';
import { systemClock } from '../mapping/system-clock.ts';

/** A record to put. */
export interface RecordToPut {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** How a stream is filled. */
export interface PutOptions {
  readonly streamName: string;
  /** `PutRecords` calls in flight, from 1. @defaultValue 4 */
  readonly callsInFlight?: number;
  /** Called after each call with the number of records put so far. */
  readonly onProgress?: (put: number) => void;
  /** Ends the filling between two calls. */
  readonly signal?: AbortSignal;
  /** Measures the waits between attempts. @defaultValue the clock of this machine */
  readonly clock?: Clock;
}

/** What filling a stream did. */
export interface PutSummary {
  readonly records: number;
  readonly calls: number;
  /** Records that failed inside a call and were put again. */
  readonly retried: number;
}

type Batch = readonly RecordToPut[];

interface OpenBatch {
  records: RecordToPut[];
  bytes: number;
  /** The calls of this lane, one after the other. */
  sending: Promise<void>;
}

const MAX_ATTEMPTS = 10;
const FIRST_BACKOFF_MS = 50;

/**
 * Puts records with as few calls as the limits allow, a few calls in flight. Records of one partition key go through
 * one lane, one call after the other, so they arrive in the order given. A record that fails inside a call is put
 * again before the lane goes on; only a later record of the same key and call can then be ahead of it.
 *
 * @throws Error when a record still fails after 10 attempts, or when `signal` aborts
 */
export async function putRecords(
  client: KinesisClient,
  records: Iterable<RecordToPut> | AsyncIterable<RecordToPut>,
  options: PutOptions,
): Promise<PutSummary> {
  const sender = new BatchSender(client, options);
  const lanes = Array.from({ length: options.callsInFlight ?? 4 }, (): OpenBatch => ({
    records: [],
    bytes: 0,
    sending: Promise.resolve(),
  }));
  for await (const record of records) {
    const lane = lanes[laneOf(record.partitionKey, lanes.length)];
    if (lane === undefined) throw new RangeError('`callsInFlight` must be at least 1');
    const bytes = record.data.byteLength + Buffer.byteLength(record.partitionKey);
    if (isFull(lane, bytes)) await flush(lane, sender);
    lane.records.push(record);
    lane.bytes += bytes;
  }
  for (const lane of lanes) await flush(lane, sender);
  await Promise.all(lanes.map(({ sending }) => sending));
  return sender.summary();
}

function isFull(lane: OpenBatch, nextBytes: number): boolean {
  if (lane.records.length === 0) return false;
  return lane.records.length >= PUT_RECORDS.maxRecords || lane.bytes + nextBytes > PUT_RECORDS.maxBytes;
}

/** Hands the lane's batch over once the batch before it has arrived: that wait is the back-pressure. */
async function flush(lane: OpenBatch, sender: BatchSender): Promise<void> {
  await lane.sending;
  const batch = lane.records;
  lane.records = [];
  lane.bytes = 0;
  if (batch.length === 0) return;
  lane.sending = sender.send(batch);
  // Awaited by the next flush of this lane; until then a failure must not count as unhandled.
  lane.sending.catch(() => undefined);
}

class BatchSender {
  readonly #client: KinesisClient;
  readonly #options: PutOptions;
  #put = 0;
  #calls = 0;
  #retried = 0;

  constructor(client: KinesisClient, options: PutOptions) {
    this.#client = client;
    this.#options = options;
  }

  summary(): PutSummary {
    return { records: this.#put, calls: this.#calls, retried: this.#retried };
  }

  async send(batch: Batch): Promise<void> {
    let remaining = batch;
    for (let attempt = 1; remaining.length > 0; attempt += 1) {
      this.#options.signal?.throwIfAborted();
      const results = await this.#call(remaining);
      const failed = remaining.filter((_, index) => results[index]?.ErrorCode !== undefined);
      this.#put += remaining.length - failed.length;
      this.#retried += failed.length;
      this.#options.onProgress?.(this.#put);
      remaining = failed;
      if (failed.length === 0) return;
      if (attempt === MAX_ATTEMPTS) throw putFailed(results, failed.length);
      await this.#sleep(FIRST_BACKOFF_MS * 2 ** (attempt - 1));
    }
  }

  #sleep(ms: number): Promise<void> {
    const { clock = systemClock, signal = new AbortController().signal } = this.#options;
    return clock.sleep(ms, signal);
  }

  async #call(batch: Batch): Promise<readonly PutRecordsResultEntry[]> {
    this.#calls += 1;
    const { Records: results = [] } = await this.#client.send(
      new PutRecordsCommand({
        StreamName: this.#options.streamName,
        Records: batch.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
      }),
    );
    return results;
  }
}

function putFailed(results: readonly PutRecordsResultEntry[], count: number): Error {
  const reason = results.find(({ ErrorCode: code }) => code !== undefined);
  return new Error(
    `${count} records could not be put in ${MAX_ATTEMPTS} attempts: ${reason?.ErrorCode ?? ''} ${reason?.ErrorMessage ?? ''}`,
  );
}
