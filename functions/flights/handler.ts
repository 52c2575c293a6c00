import { createHandler } from '../../processor/create-handler.ts';
import { flights } from './projection.ts';

/** Lambda entry point of the flights stream. */
export const handler = createHandler(flights);
