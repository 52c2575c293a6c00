import * as z from 'zod';
import { defineProjection, remove, skip, versions } from '../../processor/projection.ts';

const metadata = { 'schema-name': z.string(), 'table-name': z.string() };

export const orders = defineProjection({
  name: 'orders',
  schema: z.union([
    z.object({
      metadata: z.object({ ...metadata, operation: z.enum(['load', 'insert', 'update', 'delete']) }),
      data: z.object({ id: z.int(), status: z.string() }),
    }),
    z.object({ metadata: z.object({ operation: z.string(), 'record-type': z.literal('control') }) }),
  ]),
  eventId: 'position',
  tables: { orders: versions({ key: { id: 'integer' }, version: { seq: 'position' }, columns: { status: 'text' } }) },
  project: (change, _lookups, { record: { position } }) => {
    if (!('data' in change)) return skip(`control ${change.metadata.operation}`);
    const { id, status } = change.data;
    if (change.metadata.operation === 'delete') return { orders: remove({ id, seq: position }) };
    return { orders: { id, status } };
  },
});
