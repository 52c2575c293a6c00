import { createHandler } from '../../../../processor/create-handler.ts';
import { deeds } from './projection.ts';

export const handler = createHandler(deeds);
