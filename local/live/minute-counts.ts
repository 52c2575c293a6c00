import type { MetricDatum } from '../cloudwatch/metrics/metric.ts';
import type { MappingEvent } from '../mapping/mapping-event.ts';

/** What the metrics of a deployment are under. */
export interface CountedDeployment {
  readonly streamName: string;
  /** UUID of the event source mapping. */
  readonly mappingId: string;
  /** Physical name of the function. */
  readonly functionName: string;
}

/** Metrics of Lambda and Kinesis in one minute, by the dimension they are published under. */
interface Published {
  readonly function: Map<string, number[]>;
  readonly mapping: Map<string, number[]>;
  readonly stream: Map<string, number[]>;
}

/**
 * What Lambda and Kinesis count in one minute, and publish of it: a metric without an occasion is absent, not 0.
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html}
 * {@link https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html}
 */
export class MinuteCounts {
  readonly #published: Published = { function: new Map(), mapping: new Map(), stream: new Map() };

  /** Counts records that were put on the stream. */
  addIncoming(records: readonly { readonly data: Uint8Array }[]): void {
    if (records.length === 0) return;
    this.#add('stream', 'IncomingRecords', records.length);
    this.#add(
      'stream',
      'IncomingBytes',
      records.reduce((total, { data }) => total + data.length, 0),
    );
  }

  /** Counts what the mapping did. */
  add(event: MappingEvent): void {
    switch (event.type) {
      case 'polled':
        this.#add('mapping', 'PolledEventCount', event.records);
        break;
      case 'filtered':
        this.#add('mapping', 'FilteredOutEventCount', event.records);
        break;
      case 'finished':
        this.#addInvocation(event);
        break;
      case 'discarded':
        if (event.destination === 'delivered') {
          this.#add('mapping', 'OnFailureDestinationDeliveredEventCount', event.records.length);
        } else if (event.destination === 'failed') {
          this.#add('mapping', 'DroppedEventCount', event.records.length);
          this.#add('function', 'DestinationDeliveryFailures', 1);
        }
        break;
      default:
    }
  }

  /** What is published of it. */
  metrics({ streamName, mappingId, functionName }: CountedDeployment, timestampMs: number): readonly MetricDatum[] {
    const dimensions = {
      function: ['AWS/Lambda', { FunctionName: functionName }],
      mapping: ['AWS/Lambda', { EventSourceMappingUUID: mappingId }],
      stream: ['AWS/Kinesis', { StreamName: streamName }],
    } as const;
    return (['function', 'mapping', 'stream'] as const).flatMap((kind) => {
      const [namespace, of] = dimensions[kind];
      return Array.from(this.#published[kind], ([name, values]) => ({
        metric: { namespace, name, dimensions: of },
        timestampMs,
        values,
      }));
    });
  }

  #addInvocation({ verdict, records, iteratorAgeMs, durationMs }: Extract<MappingEvent, { type: 'finished' }>): void {
    this.#add('mapping', 'InvokedEventCount', records.length);
    if (verdict.kind !== 'success') this.#add('mapping', 'FailedInvokeEventCount', records.length);
    if (verdict.kind === 'throttled') {
      this.#add('function', 'Throttles', 1);
      return;
    }
    this.#add('function', 'Throttles', 0);
    this.#add('function', 'Invocations', 1);
    this.#add('function', 'Errors', verdict.kind === 'error' ? 1 : 0);
    this.#add('function', 'Duration', durationMs);
    this.#add('function', 'IteratorAge', iteratorAgeMs);
  }

  #add(kind: keyof Published, name: string, value: number): void {
    const values = this.#published[kind].get(name) ?? [];
    values.push(value);
    this.#published[kind].set(name, values);
  }
}
