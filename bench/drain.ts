import type { FunctionRuntime } from '../local/environments/function-runtime.ts';
import { createEventSourceMapping } from '../local/mapping/event-source-mapping.ts';
import type { AppendedRecord } from '../local/mapping/memory-source.ts';
import { MemoryStream } from '../local/mapping/memory-source.ts';
import type { Arena } from './arena.ts';

/** How a backlog is drained. */
export interface DrainSettings {
  readonly events: number;
  readonly batchSize: number;
  /** Batches in flight: the parallelization factor of the one shard. */
  readonly lanes: number;
  /** Milliseconds added to each Data API call. */
  readonly latencyMs: number;
  /** As many records as there are events. @defaultValue flights */
  readonly records?: () => Iterable<AppendedRecord>;
}

/** What one run took. */
export interface Run {
  readonly events: number;
  readonly seconds: number;
  /** Data API calls; 0 where there is no Data API. */
  readonly calls: number;
  /** When how many events were done, in seconds since the start, ascending. */
  readonly progress: readonly { readonly seconds: number; readonly done: number }[];
}

/**
 * Fills a stream in memory with the first events, starts the mapping on it, and waits until every record is resolved.
 * The stream is read without the pause between two reads that Kinesis asks for, since it is the consumer that is
 * measured.
 *
 * @throws Error when a record is given up or held: then the run is worth nothing
 */
export async function drain(arena: Arena, runtime: FunctionRuntime, settings: DrainSettings): Promise<Run> {
  const stream = new MemoryStream({ shardCount: 1 });
  stream.append(settings.records?.() ?? arena.events.records(settings.events));
  arena.dataApi.setLatencyMs(settings.latencyMs);
  const callsBefore = countCalls(arena);
  const watch = new DrainWatch(settings.events);
  const mapping = createEventSourceMapping({
    source: stream,
    invoker: runtime,
    settings: { batchSize: settings.batchSize, parallelizationFactor: settings.lanes },
    pace: { minReadIntervalMs: 0 },
    observe: (event) => {
      if (event.type === 'resolved') watch.resolved(event.records.length);
      else if (event.type === 'finished' && event.verdict.kind !== 'success')
        watch.failed(JSON.stringify(event.verdict));
    },
  });
  watch.start();
  try {
    await mapping.start();
    mapping.drained().catch((error: unknown) => {
      watch.failed(String(error));
    });
    const { seconds, progress } = await watch.finished;
    return { events: settings.events, seconds, progress, calls: countCalls(arena) - callsBefore };
  } finally {
    await mapping.stop();
    arena.dataApi.setLatencyMs(0);
  }
}

function countCalls({ dataApi }: Arena): number {
  return Object.values(dataApi.calls()).reduce((total, calls) => total + calls, 0);
}

/** Counts records until all are resolved. */
class DrainWatch {
  readonly #events: number;
  readonly #progress: { readonly seconds: number; readonly done: number }[] = [];
  readonly #settle = Promise.withResolvers<Pick<Run, 'seconds' | 'progress'>>();
  #startedAt = 0;
  #done = 0;

  constructor(events: number) {
    this.#events = events;
  }

  get finished(): Promise<Pick<Run, 'seconds' | 'progress'>> {
    return this.#settle.promise;
  }

  start(): void {
    this.#startedAt = performance.now();
  }

  resolved(records: number): void {
    this.#done += records;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#progress.push({ seconds, done: this.#done });
    if (this.#done >= this.#events) this.#settle.resolve({ seconds, progress: this.#progress });
  }

  failed(reason: string): void {
    this.#settle.reject(new Error(`a batch did not succeed: ${reason}`));
  }
}
