import * as z from 'zod/mini';
import { counters, defineProjection, lookup, remove, skip, versions } from '../../processor/projection.ts';

const id = z.string();
const event = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('order.placed'),
    order: id,
    shop: id,
    customer: id,
    cents: z.int(),
    tags: z.array(z.string()),
  }),
  z.object({ type: z.literal('order.changed'), order: id, state: z.enum(['paid', 'shipped', 'returned']) }),
  z.object({
    type: z.literal('customer.changed'),
    customer: id,
    country: z.optional(z.string()),
    news: z.optional(z.boolean()),
  }),
  z.object({ type: z.literal('customer.deleted'), customer: id }),
  z.object({ type: z.literal('heartbeat') }),
]);

/** Orders and customers as they are now, and what each shop has sold. */
export const orders = defineProjection({
  name: 'orders',
  schema: event, // any Standard Schema
  eventId: 'position', // these events have no id: each is known by its place in the stream
  lookups: { shops: lookup({ table: 'shops', key: 'id', keyType: 'text', columns: { currency: 'text' } }) },
  lookupKeys: (event) => ({ shops: event.type === 'order.placed' ? [event.shop] : [] }),
  tables: {
    orders: versions({
      key: { id: 'text' },
      version: { seq: 'position' },
      columns: {
        shop: 'text?',
        customer: 'text?',
        cents: 'integer?',
        currency: 'text?',
        tags: 'text[]?',
        state: 'text',
      },
      patch: true,
    }),
    customers: versions({
      key: { id: 'text' },
      version: { seq: 'position' },
      columns: { country: 'text?', news: 'boolean?' },
      patch: true,
    }),
    shop_totals: counters({ key: { shop: 'text' }, counters: { orders: 'bigint', cents: 'bigint' } }),
  },
  project: (event, { shops }) => {
    switch (event.type) {
      case 'order.placed': {
        const { order, shop, customer, cents, tags } = event;
        return {
          orders: { id: order, shop, customer, cents, currency: shops(shop).currency, tags, state: 'placed' },
          shop_totals: { shop, orders: 1, cents },
        };
      }
      case 'order.changed':
        return { orders: { id: event.order, state: event.state } };
      case 'customer.changed':
        return { customers: { id: event.customer, country: event.country, news: event.news } };
      case 'customer.deleted':
        return { customers: remove({ id: event.customer }) };
      case 'heartbeat':
        return skip('heartbeat');
    }
  },
});
