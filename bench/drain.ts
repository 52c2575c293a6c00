import { drainBacklog, type DrainedBacklog } from '../local/calibrate/drain-backlog.ts';
import { countCalls } from '../local/data-api/start-data-api-server.ts';
import type { FunctionRuntime } from '../local/environments/function-runtime.ts';
import { MemoryStream, type AppendedRecord } from '../local/mapping/memory-source.ts';
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
  /** Partition key of an event, by its place. @defaultValue that of the event itself */
  readonly partitionKeyOf?: (place: number) => string;
}

/** What one run took. */
export interface Run extends Omit<DrainedBacklog, 'batches'> {
  readonly events: number;
  /** Data API calls; 0 where there is no Data API. */
  readonly calls: number;
}

/** A run with its invocations. */
export type FunctionRun = Run & Pick<DrainedBacklog, 'batches'>;

/**
 * Fills a stream in memory with the first events, and lets the function work them off.
 *
 * @throws Error when a record is given up or held: then the run is worth nothing
 */
export async function drain(
  arena: Arena,
  runtime: FunctionRuntime,
  { events, batchSize, lanes, latencyMs, records: given, partitionKeyOf }: DrainSettings,
): Promise<FunctionRun> {
  const stream = new MemoryStream({ shardCount: 1 });
  const records = given?.() ?? arena.events.records(events);
  stream.append(partitionKeyOf === undefined ? records : withKeys(records, partitionKeyOf));
  arena.dataApi.setLatencyMs(latencyMs);
  const callsBefore = countCalls(arena.dataApi);
  try {
    const settings = { batchSize, parallelizationFactor: lanes };
    const drained = await drainBacklog({ source: stream, runtime, settings, records: events });
    return { events, ...drained, calls: countCalls(arena.dataApi) - callsBefore };
  } finally {
    arena.dataApi.setLatencyMs(0);
  }
}

function* withKeys(
  records: Iterable<AppendedRecord>,
  partitionKeyOf: (place: number) => string,
): Generator<AppendedRecord> {
  let place = 0;
  for (const record of records) yield { ...record, partitionKey: partitionKeyOf(place++) };
}
