import * as z from 'zod/mini';
import { counters, defineProjection, inserts, lookup, skip, versions } from '../../processor/projection.ts';

/** An order as the stream of the tests carries it. */
export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly amount: number;
}

/** Makes the order `order-N`. */
export function order(n: number, rest: Partial<Order> = {}): Order {
  return { id: `order-${n}`, customer: `customer-${n % 3}`, amount: 10 + n, ...rest };
}

/** A projection with every part one can have: a lookup, the three kinds of tables, and orders of nothing that are skipped. */
export const orders = defineProjection({
  name: 'orders',
  schema: z.object({ id: z.string(), customer: z.string(), amount: z.number() }),
  eventId: ({ id }) => id,
  lookups: { customers: lookup({ table: 'customers', key: 'id', keyType: 'text', columns: { city: 'text' } }) },
  lookupKeys: ({ customer }) => ({ customers: [customer] }),
  tables: {
    orders: inserts({ columns: { id: 'text', city: 'text', amount: 'integer' } }),
    customer_totals: counters({ key: { customer: 'text' }, counters: { amount: 'bigint' } }),
    last_orders: versions({ key: { customer: 'text' }, version: { id: 'text' }, columns: { amount: 'integer' } }),
  },
  project: ({ id, customer, amount }, { customers }) => {
    if (amount === 0) return skip('free');
    return {
      orders: { id, city: customers(customer).city, amount },
      customer_totals: { customer, amount },
      last_orders: { customer, id, amount },
    };
  },
});
