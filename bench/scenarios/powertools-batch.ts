import { peerScenario } from '../peer-scenario.ts';

/** The same three calls per event, all events of a batch at the same time. */
export const powertoolsBatch = peerScenario({
  name: 'powertools-batch',
  says: 'Powertools BatchProcessor: the same calls, the records of a batch at the same time',
  entry: 'bench/handlers/powertools-batch.ts',
  events: ({ slowEvents }) => ({ atOnce: 2 * slowEvents.atOnce, withLatency: 2 * slowEvents.atOnce }),
});
