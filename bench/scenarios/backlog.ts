import type { Arena } from '../arena.ts';
import type { Run } from '../drain.ts';
import { openFunctionContender } from '../function-contender.ts';
import type { Figure, Finding, Scale, SingleScenario } from '../scenario.ts';
import { IN_REGION_LATENCY_MS } from '../scenario.ts';

/** Half of the 130 events a second that the consumer of the incident could just about do. */
const EVENTS_PER_SECOND = 65;
const TWO_DAYS_SECONDS = 2 * 24 * 3600;
const BACKLOG_EVENTS = EVENTS_PER_SECOND * TWO_DAYS_SECONDS;
/** The backlog of the run is the real one divided by this. */
const SCALED_DOWN_BY = { quick: 400, full: 100 };

const OURS = { batchSize: 1_000, lanes: 2, latencyMs: IN_REGION_LATENCY_MS };
const PER_EVENT = { batchSize: 100, lanes: 2, latencyMs: IN_REGION_LATENCY_MS };

/** The steady state: neither the first batches, whose cache is empty, nor the last, when lanes run dry. */
const STEADY = { from: 0.2, to: 0.9 };

/** Two days of stopped consumer, and how long the way back takes while new events keep coming. */
export const backlog: SingleScenario = {
  kind: 'single',
  name: 'backlog',
  says: `two days at ${EVENTS_PER_SECOND} events/s = ${BACKLOG_EVENTS.toLocaleString('en-US')} events, scaled down`,
  run: async (arena, scale, onStep): Promise<Finding> => {
    const scaledDownBy = scale.isQuick ? SCALED_DOWN_BY.quick : SCALED_DOWN_BY.full;
    onStep('ours');
    const oursPerSecond = await measureOurs(arena, Math.round(BACKLOG_EVENTS / scaledDownBy));
    onStep('per event');
    const perEventPerSecond = await measurePerEvent(arena, scale);
    return {
      figures: [
        { says: 'backlog after two days', value: BACKLOG_EVENTS, unit: 'events' },
        { says: 'scaled down by', value: scaledDownBy, unit: '' },
        { says: 'ours, steady state at 17 ms a call', value: oursPerSecond, unit: 'events/s' },
        { says: 'per event, steady state at 17 ms a call', value: perEventPerSecond, unit: 'events/s' },
        catchUp('ours', oursPerSecond),
        catchUp('per event', perEventPerSecond),
      ],
      ratios: {},
    };
  },
};

async function measureOurs(arena: Arena, events: number): Promise<number> {
  const contender = await openFunctionContender(arena, 'functions/flights/handler.ts');
  try {
    await arena.reset();
    const run = await contender.run({ ...OURS, events });
    await arena.verify(events, ['flights', 'airport_days', 'latest_departures']);
    return steadyRate(run);
  } finally {
    await contender.close();
  }
}

async function measurePerEvent(arena: Arena, { slowEvents }: Scale): Promise<number> {
  const contender = await openFunctionContender(arena, 'bench/handlers/per-event.ts');
  try {
    await arena.reset();
    const events = 2 * slowEvents.withLatency;
    const { seconds } = await contender.run({ ...PER_EVENT, events });
    await arena.verify(events, ['flights', 'airport_days']);
    return events / seconds;
  } finally {
    await contender.close();
  }
}

/**
 * Events per second between the two ends of the steady state.
 *
 * @throws Error when a run has too few batches to have a middle
 */
export function steadyRate({ events, progress }: Pick<Run, 'events' | 'progress'>): number {
  const first = progress.find(({ done }) => done >= STEADY.from * events);
  const last = progress.findLast(({ done }) => done <= STEADY.to * events);
  if (first === undefined || last === undefined || last.done <= first.done) {
    throw new Error(`${progress.length} batches have no steady state; run more events or smaller batches`);
  }
  return (last.done - first.done) / (last.seconds - first.seconds);
}

/** Hours until the backlog is gone while new events keep arriving; Infinity when it never will be. */
export function hoursToCatchUp(eventsPerSecond: number): number {
  const surplus = eventsPerSecond - EVENTS_PER_SECOND;
  return surplus > 0 ? BACKLOG_EVENTS / surplus / 3600 : Infinity;
}

function catchUp(who: string, eventsPerSecond: number): Figure {
  return { says: `${who}: time to catch up`, value: 60 * hoursToCatchUp(eventsPerSecond), unit: 'minutes' };
}
