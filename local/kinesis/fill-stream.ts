import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { PutRecordsBatch, putRecords, type PutTarget, type RecordToPut } from '../../kinesis/put-records.ts';
import { laneOf } from '../mapping/partition-lane.ts';
import type { Clock } from '../mapping/ports.ts';
import { systemClock } from '../mapping/system-clock.ts';

/** How a stream is filled. */
export interface FillOptions {
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
export interface FillSummary {
  readonly records: number;
  readonly calls: number;
  /** Records that failed inside a call and were put again. */
  readonly retried: number;
}

/** Calls one after the other, and the batch that comes next. */
interface Lane {
  batch: PutRecordsBatch;
  sending: Promise<void>;
}

/**
 * Puts records with as few calls as the limits allow, a few calls in flight. Records of one partition key go through
 * one lane, one call after the other, so they arrive in the order given. A record that fails inside a call is put
 * again before the lane goes on; only a later record of the same key and call can then be ahead of it.
 *
 * @throws Error when a record still fails after the last attempt, or when `signal` aborts
 */
export async function fillStream(
  client: KinesisClient,
  records: Iterable<RecordToPut> | AsyncIterable<RecordToPut>,
  options: FillOptions,
): Promise<FillSummary> {
  const sender = new Sender({ client, stream: { StreamName: options.streamName } }, options);
  const lanes = Array.from({ length: options.callsInFlight ?? 4 }, (): Lane => ({
    batch: new PutRecordsBatch(),
    sending: Promise.resolve(),
  }));
  for await (const record of records) {
    const lane = lanes[laneOf(record.partitionKey, lanes.length)];
    if (lane === undefined) throw new RangeError('`callsInFlight` must be at least 1');
    if (lane.batch.add(record)) continue;
    await flush(lane, sender);
    lane.batch.add(record);
  }
  for (const lane of lanes) await flush(lane, sender);
  await Promise.all(lanes.map(({ sending }) => sending));
  return sender.summary();
}

/** Hands the lane's batch over once the batch before it has arrived: that wait is the back-pressure. */
async function flush(lane: Lane, sender: Sender): Promise<void> {
  await lane.sending;
  const { records } = lane.batch;
  lane.batch = new PutRecordsBatch();
  lane.sending = sender.send(records);
  // Awaited by the next flush of this lane; until then a failure must not count as unhandled.
  lane.sending.catch(() => undefined);
}

class Sender {
  readonly #target: PutTarget;
  readonly #options: FillOptions;
  #put = 0;
  #calls = 0;
  #retried = 0;

  constructor(target: PutTarget, options: FillOptions) {
    this.#target = target;
    this.#options = options;
  }

  summary(): FillSummary {
    return { records: this.#put, calls: this.#calls, retried: this.#retried };
  }

  send(records: readonly RecordToPut[]): Promise<void> {
    const { clock = systemClock, signal = new AbortController().signal } = this.#options;
    return putRecords(this.#target, records, {
      signal,
      sleep: (ms) => clock.sleep(ms, signal),
      onCall: (put, failed) => {
        this.#calls += 1;
        this.#put += put;
        this.#retried += failed;
        this.#options.onProgress?.(this.#put);
      },
    });
  }
}
