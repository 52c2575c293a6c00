import * as z from 'zod';
import { defineProjection, inserts, skip } from '../../processor/projection.ts';

const attributes = { id: z.string(), source: z.string(), time: z.iso.datetime({ offset: true }) };

export const placed = defineProjection({
  name: 'placed',
  schema: z.union([
    z.object({
      ...attributes,
      type: z.literal('com.example.order.placed'),
      data: z.object({ order: z.string(), cents: z.int() }),
    }),
    z.object({ ...attributes, type: z.string() }),
  ]),
  eventId: ({ source, id }) => `${source} ${id}`,
  tables: { placed: inserts({ columns: { order_id: 'text', source: 'text', at: 'timestamptz', cents: 'integer' } }) },
  project: (event) => {
    if (!('data' in event)) return skip(event.type);
    const { source, time, data } = event;
    return { placed: { order_id: data.order, source, at: time, cents: data.cents } };
  },
});
