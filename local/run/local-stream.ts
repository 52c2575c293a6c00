import { setImmediate } from 'node:timers/promises';
import { createStream } from '../kinesis/create-stream.ts';
import { fillStream } from '../kinesis/fill-stream.ts';
import { startKinesis } from '../kinesis/start-kinesis.ts';
import { createKinesisSource } from '../mapping/kinesis-source.ts';
import { MemoryStream } from '../mapping/memory-source.ts';
import type { MappingPace } from '../mapping/mapping-context.ts';
import type { ShardSource } from '../mapping/ports.ts';
import type { InputEvent } from '../input/event-input.ts';
import type { RunOptions } from './run-options.ts';

/** How events are put on a stream. */
export interface PutEventsOptions {
  /** Called now and then with the number of events put so far. */
  readonly onProgress: (put: number) => void;
  /** Ends the filling early. */
  readonly signal: AbortSignal;
}

/** A stream that can be filled and read. */
export interface LocalStream {
  readonly source: ShardSource;
  /** How fast it may be read, where that is not as on AWS. */
  readonly pace: Partial<MappingPace>;
  /** Gives up what has been processed, so that memory does not grow with the number of events. */
  readonly trim: (shardId: string, sequenceNumber: string) => void;
  /** Base URL of the Kinesis API, where there is one. */
  readonly endpoint: string | undefined;
  /** Puts events in order. */
  readonly put: (events: Iterable<InputEvent>, options: PutEventsOptions) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts an empty stream of the kind that was asked for. */
export function startStream(kind: RunOptions['source'], shardCount: number, name: string): Promise<LocalStream> {
  switch (kind) {
    case 'kinesis':
      return startKinesisStream(shardCount, name);
    case 'memory':
      return Promise.resolve(startMemoryStream(shardCount, name));
  }
}

async function startKinesisStream(shardCount: number, streamName: string): Promise<LocalStream> {
  await using starting = new AsyncDisposableStack();
  const kinesis = await startKinesis();
  starting.defer(() => kinesis.stop());
  const client = kinesis.client();
  starting.defer(() => {
    client.destroy();
  });
  const streamArn = await createStream(client, { streamName, shardCount });
  const started = starting.move();
  return {
    source: createKinesisSource(client, streamArn),
    pace: {},
    // The emulator keeps everything, as a stream does for its retention.
    trim: () => undefined,
    endpoint: kinesis.endpoint,
    put: async (events, options) => {
      await fillStream(client, toRecords(events), { streamName, ...options });
    },
    close: () => started.disposeAsync(),
  };
}

function* toRecords(events: Iterable<InputEvent>) {
  for (const { partitionKey, data } of events) yield { partitionKey, data: Buffer.from(data) };
}

/** Events put between two looks at the clock and the signal. */
const MEMORY_SLICE = 10_000;

function startMemoryStream(shardCount: number, streamName: string): LocalStream {
  const streamArn = `arn:aws:kinesis:us-east-1:000000000000:stream/${streamName}`;
  const stream = new MemoryStream({ shardCount, streamArn });
  return {
    source: stream,
    pace: { minReadIntervalMs: 0 },
    trim: (shardId, sequenceNumber) => {
      stream.trim(shardId, sequenceNumber);
    },
    endpoint: undefined,
    put: async (events, { onProgress, signal }) => {
      let put = 0;
      for (const slice of slices(events, MEMORY_SLICE)) {
        signal.throwIfAborted();
        stream.append(
          slice.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data).toString('base64') })),
        );
        put += slice.length;
        onProgress(put);
        // Lets the screen and Ctrl-C have their turn.
        await setImmediate();
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Gives up of a stream what every consumer has processed, and nothing that one of them still needs. */
export class SharedTrim {
  readonly #consumers: number;
  readonly #trim: (shardId: string, sequenceNumber: string) => void;
  /** Checkpoint of each consumer, by shard. */
  readonly #checkpoints = new Map<string, Map<number, bigint>>();

  constructor(consumers: number, trim: (shardId: string, sequenceNumber: string) => void) {
    this.#consumers = consumers;
    this.#trim = trim;
  }

  /** Hears how far a consumer is with a shard. */
  checkpoint(consumer: number, shardId: string, sequenceNumber: string): void {
    const ofShard = this.#checkpoints.get(shardId) ?? new Map<number, bigint>();
    this.#checkpoints.set(shardId, ofShard.set(consumer, BigInt(sequenceNumber)));
    if (ofShard.size < this.#consumers) return;
    const [first, ...others] = ofShard.values();
    if (first === undefined) return;
    this.#trim(shardId, String(others.reduce((least, other) => (other < least ? other : least), first)));
  }
}

function* slices<T>(items: Iterable<T>, length: number): Generator<T[]> {
  let slice: T[] = [];
  for (const item of items) {
    slice.push(item);
    if (slice.length < length) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
