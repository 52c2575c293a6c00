import {
  createEventSourceMapping,
  type EventSourceMapping,
  type MappingOptions,
} from '../../../../local/mapping/event-source-mapping.ts';
import type { MappingEvent } from '../../../../local/mapping/mapping-event.ts';
import { MemoryStream } from '../../../../local/mapping/memory-source.ts';
import type { FailedBatch, InvocationContext, InvocationResult } from '../../../../local/mapping/ports.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a delivered record looks like to a handler. */
export interface DeliveredRecord {
  readonly kinesis: {
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    readonly data: string;
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventID: string;
}

/** One invocation as the function saw it. */
export interface Invocation {
  /** Milliseconds since the mapping started. */
  readonly atMs: number;
  /** Content of the records, decoded. */
  readonly names: readonly string[];
  readonly requestId: string;
  readonly records: readonly DeliveredRecord[];
}

/** A function under test: answers for the names it is given. */
export type TestFunction = (
  invocation: Invocation,
  context: InvocationContext,
) => InvocationResult | Promise<InvocationResult>;

export const SUCCESS: InvocationResult = { kind: 'response', payload: '{"batchItemFailures":[]}' };
export const THROWN: InvocationResult = {
  kind: 'error',
  functionError: 'Unhandled',
  payload: '{"errorType":"Error","errorMessage":"boom","trace":[]}',
};

/** The answer of a handler that stops at a record. */
export function failAt(record: DeliveredRecord): InvocationResult {
  const batchItemFailures = [{ itemIdentifier: record.kinesis.sequenceNumber }];
  return { kind: 'response', payload: JSON.stringify({ batchItemFailures }) };
}

/** A function that reports the first record with one of these names, every time. */
export function failsOn(...names: readonly string[]): TestFunction {
  return (invocation) => {
    const poison = invocation.records.find((_, index) => names.includes(invocation.names[index] ?? ''));
    return poison === undefined ? SUCCESS : failAt(poison);
  };
}

/** A mapping over a stream in memory, with all that it does written down and time under control. */
export class MappingHarness {
  readonly clock = new VirtualClock();
  readonly stream: MemoryStream;
  readonly mapping: EventSourceMapping;
  readonly invocations: Invocation[] = [];
  readonly events: MappingEvent[] = [];
  readonly failures: FailedBatch[] = [];
  readonly startMs = this.clock.now();

  constructor(testFunction: TestFunction, options: Partial<MappingOptions> & { readonly shardCount?: number } = {}) {
    this.stream = new MemoryStream({ shardCount: options.shardCount ?? 1, now: () => this.clock.now() });
    let requests = 0;
    this.mapping = createEventSourceMapping({
      source: this.stream,
      clock: this.clock,
      random: () => 0,
      newRequestId: () => `request-${(requests += 1)}`,
      onFailure: {
        deliver: (failure) => {
          this.failures.push(failure);
          return Promise.resolve();
        },
      },
      invoker: { invoke: (payload, context) => this.#invoke(testFunction, payload, context) },
      observe: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Appends records whose content is their name, one partition key unless another is given. */
  append(names: readonly string[], partitionKey = 'key', approximateArrivalMs = this.clock.now()): void {
    this.stream.append(
      names.map((name) => ({
        partitionKey,
        data: Buffer.from(name).toString('base64'),
        approximateArrivalMs,
      })),
    );
  }

  /** Starts the mapping, waits until the stream is drained, and stops it. */
  async drain(): Promise<void> {
    await this.clock.until(this.mapping.start());
    await this.clock.until(this.mapping.drained());
    await this.clock.until(this.mapping.stop());
  }

  /** Names per invocation, in order. */
  batches(): readonly string[] {
    return this.invocations.map(({ names }) => names.join(','));
  }

  eventsOf<T extends MappingEvent['type']>(type: T): readonly Extract<MappingEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<MappingEvent, { type: T }> => event.type === type);
  }

  async #invoke(testFunction: TestFunction, payload: string, context: InvocationContext): Promise<InvocationResult> {
    const { Records: records } = JSON.parse(payload) as { readonly Records: readonly DeliveredRecord[] };
    const invocation = {
      atMs: this.clock.now() - this.startMs,
      names: records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()),
      requestId: context.requestId,
      records,
    };
    this.invocations.push(invocation);
    return testFunction(invocation, context);
  }
}
