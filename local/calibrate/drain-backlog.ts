import type { FunctionRuntime } from '../environments/function-runtime.ts';
import { createEventSourceMapping, type EventSourceMapping } from '../mapping/event-source-mapping.ts';
import type { MappingEvent } from '../mapping/mapping-event.ts';
import type { MappingSettings } from '../mapping/mapping-settings.ts';
import type { ShardSource } from '../mapping/ports.ts';

/** A backlog and who works it off. */
export interface Backlog {
  /** Holds the records. */
  readonly source: ShardSource;
  readonly runtime: FunctionRuntime;
  readonly settings: Pick<MappingSettings, 'batchSize' | 'parallelizationFactor'>;
  /** Records after which it is over. */
  readonly records: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** A backlog as it was worked off. */
export interface DrainedBacklog {
  readonly seconds: number;
  /** When how many records were done, in seconds since the start, ascending. */
  readonly progress: readonly { readonly seconds: number; readonly done: number }[];
  /** Each invocation, in the order in which they ended. */
  readonly batches: readonly { readonly records: number; readonly ms: number }[];
}

/**
 * Starts a mapping on a backlog and waits until every record is resolved. The stream is read without the pause between two
 * reads that Kinesis asks for, since it is the consumer that is measured.
 *
 * @throws Error when a record is given up or held: then the run is worth nothing; the signal's reason when it is ended early
 */
export async function drainBacklog({ source, runtime, settings, records, signal }: Backlog): Promise<DrainedBacklog> {
  const watch = new DrainWatch(records);
  const mapping = createEventSourceMapping({
    source,
    invoker: runtime,
    settings,
    pace: { minReadIntervalMs: 0 },
    observe: (event) => {
      watch.hear(event);
    },
  });
  return watch.watch(mapping, signal);
}

/** Counts records until all are resolved. */
class DrainWatch {
  readonly #records: number;
  readonly #progress: { readonly seconds: number; readonly done: number }[] = [];
  readonly #batches: { readonly records: number; readonly ms: number }[] = [];
  readonly #finished = Promise.withResolvers<number>();
  #startedAt = 0;
  #done = 0;

  constructor(records: number) {
    this.#records = records;
  }

  async watch(mapping: EventSourceMapping, signal?: AbortSignal): Promise<DrainedBacklog> {
    signal?.addEventListener('abort', () => {
      this.#finished.reject(signal.reason);
    });
    this.#startedAt = performance.now();
    try {
      await mapping.start();
      mapping.drained().catch((error: unknown) => {
        this.#fail(String(error));
      });
      const seconds = await this.#finished.promise;
      return { seconds, progress: this.#progress, batches: this.#batches };
    } finally {
      await mapping.stop();
    }
  }

  hear(event: MappingEvent): void {
    if (event.type === 'resolved') this.#resolved(event.records.length);
    if (event.type !== 'finished') return;
    this.#batches.push({ records: event.records.length, ms: event.durationMs });
    if (event.verdict.kind !== 'success') this.#fail(JSON.stringify(event.verdict));
  }

  #resolved(records: number): void {
    this.#done += records;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#progress.push({ seconds, done: this.#done });
    if (this.#done >= this.#records) this.#finished.resolve(seconds);
  }

  #fail(reason: string): void {
    this.#finished.reject(new Error(`a batch did not succeed: ${reason}`));
  }
}
