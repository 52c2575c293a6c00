import { peerScenario } from '../peer-scenario.ts';

/** The Data API's own way to write many rows. */
export const batchExecute = peerScenario({
  name: 'batch-execute',
  says: 'BatchExecuteStatement per table, lookups of a batch in one call, no cache',
  entry: 'bench/handlers/batch-execute.ts',
  events: ({ events }) => ({ atOnce: Math.ceil(events / 4), withLatency: Math.ceil(events / 4) }),
});
