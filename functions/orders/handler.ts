import { createHandler } from '../../processor/create-handler.ts';
import { orders } from './projection.ts';

/** Lambda entry point of the orders stream. */
export const handler = createHandler(orders);
