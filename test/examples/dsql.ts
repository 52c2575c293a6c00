import * as z from 'zod';
import { defineProjection, remove, skip, versions } from '../../processor/projection.ts';

const key = z.object({ order_id: z.int(), item_id: z.int() });
const item = key.extend({ quantity: z.int(), price: z.string().optional() });

const source = z.object({
  schema: z.string(),
  table: z.string(),
  txId: z.string(),
  // Nanoseconds: more digits than a JavaScript number has.
  ts_ns: z.union([z.int(), z.bigint()]),
});

export const items = defineProjection({
  name: 'items',
  schema: z.union([
    z.object({ type: z.literal('full'), op: z.literal('d'), before: key, source }),
    z.object({ type: z.literal('full'), op: z.string(), after: item, source }),
  ]),
  eventId: (change) => {
    const { order_id, item_id } = 'after' in change ? change.after : change.before;
    return [change.source.txId, change.source.schema, change.source.table, order_id, item_id].join(' ');
  },
  tables: {
    items: versions({
      key: { order_id: 'integer', item_id: 'integer' },
      version: { committed_ns: 'bigint' },
      columns: { quantity: 'integer', price: 'numeric?' },
    }),
  },
  project: (change) => {
    if (change.source.table !== 'order_items') return skip(change.source.table);
    const { ts_ns: committed_ns } = change.source;
    if (!('after' in change)) return { items: remove({ ...change.before, committed_ns }) };
    const { price = null, ...rest } = change.after;
    return { items: { ...rest, price, committed_ns } };
  },
});
