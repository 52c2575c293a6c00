import * as z from 'zod/mini';
import { createHandler } from '../../processor/create-handler.ts';
import { counters, defineProjection, inserts } from '../../processor/projection.ts';

/** A row for each order and a total per customer, with the framework's own ledger: two keys of each event to remember. */
export const handler = createHandler(
  defineProjection({
    name: 'growing-orders',
    schema: z.compile(z.object({ id: z.string(), customer: z.int(), cents: z.int() })),
    eventId: ({ id }) => id,
    tables: {
      bench_orders: inserts({ columns: { id: 'uuid', customer: 'integer', cents: 'integer' }, key: ['id'] }),
      bench_totals: counters({ key: { customer: 'integer' }, counters: { orders: 'bigint', cents: 'bigint' } }),
    },
    project: ({ id, customer, cents }) => ({
      bench_orders: { id, customer, cents },
      bench_totals: { customer, orders: 1, cents },
    }),
  }),
);
