import { createHandler } from '../../../processor/create-handler.ts';
import { flightsUnderTest } from './projection.ts';

/** Entry point of the function that runs of chaos are made against. */
export const handler = createHandler(flightsUnderTest);
