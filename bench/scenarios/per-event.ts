import { peerScenario } from '../peer-scenario.ts';

/** One event after the other, three calls each. */
export const perEvent = peerScenario({
  name: 'per-event',
  says: 'lookup, insert and counter of one event after the other, one call each',
  entry: 'bench/handlers/per-event.ts',
  events: ({ slowEvents }) => slowEvents,
});
