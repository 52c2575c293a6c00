import type { Arena } from '../arena.ts';
import { openFunctionContender } from '../function-contender.ts';
import type { OpenedSeries, Scale, Series, ThroughputScenario } from '../scenario.ts';
import { COMPARED, IN_REGION_LATENCY_MS } from '../scenario.ts';

/** A handler that makes several calls per event. */
interface Peer {
  readonly name: string;
  readonly says: string;
  /** Path of the handler, relative to the repository. */
  readonly entry: string;
  /** Events of one run, by latency. */
  readonly events: (scale: Scale) => { readonly atOnce: number; readonly withLatency: number };
}

/** Events that warm an environment up. */
const WARM_UP_EVENTS = 40;

/** One event after the other, three calls each. */
export const perEvent = peerScenario({
  name: 'per-event',
  says: 'events one by one: lookup, insert and counter, one call each',
  entry: 'bench/handlers/per-event.ts',
  events: ({ slowEvents }) => slowEvents,
});

/** The same three calls per event, all events of a batch at the same time. */
export const powertoolsBatch = peerScenario({
  name: 'powertools-batch',
  says: 'Powertools BatchProcessor: the same calls, for all records of a batch concurrently',
  entry: 'bench/handlers/powertools-batch.ts',
  events: ({ slowEvents }) => ({ atOnce: 2 * slowEvents.atOnce, withLatency: 2 * slowEvents.atOnce }),
});

/** The Data API's own way to write many rows. */
export const batchExecute = peerScenario({
  name: 'batch-execute',
  says: 'BatchExecuteStatement per table, lookups of a batch in one call, no cache',
  entry: 'bench/handlers/batch-execute.ts',
  events: ({ events }) => ({ atOnce: Math.ceil(events / 4), withLatency: Math.ceil(events / 4) }),
});

/** A scenario of a handler that writes flights and counters, at 0 ms and in region. */
function peerScenario({ name, says, entry, events }: Peer): ThroughputScenario {
  return {
    kind: 'throughput',
    name,
    says,
    open: async (arena: Arena, scale: Scale): Promise<OpenedSeries> => {
      const contender = await openFunctionContender(arena, entry);
      await contender.run({ events: WARM_UP_EVENTS, ...COMPARED, latencyMs: 0 });
      const { atOnce, withLatency } = events(scale);
      const series = (latencyMs: number, count: number): Series => ({
        id: `${name}@${latencyMs}ms`,
        says,
        latencyMs,
        // The newest departure per airport is what these handlers leave out: less work for them, not more.
        verified: ['flights', 'airport_days'],
        run: () => contender.run({ events: count, ...COMPARED, latencyMs }),
      });
      return { series: [series(0, atOnce), series(IN_REGION_LATENCY_MS, withLatency)], close: contender.close };
    },
  };
}
