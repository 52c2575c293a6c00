import * as z from 'zod';
import { defineProjection, inserts, remove, skip, versions } from '../../processor/projection.ts';

const envelope = { id: z.uuid(), source: z.string(), time: z.iso.datetime() };
const customer = { id: z.string(), revision: z.int() };

export const customers = defineProjection({
  name: 'customers',
  schema: z.union([
    z.object({
      ...envelope,
      'detail-type': z.enum(['Customer Created', 'Customer Updated']),
      detail: z.object({ ...customer, name: z.string() }),
    }),
    z.object({ ...envelope, 'detail-type': z.literal('Customer Deleted'), detail: z.object(customer) }),
    z.object({ ...envelope, 'detail-type': z.string() }),
  ]),
  eventId: ({ id }) => id,
  tables: {
    customers: versions({ key: { id: 'text' }, version: { revision: 'integer' }, columns: { name: 'text' } }),
    changes: inserts({ columns: { event: 'uuid', customer: 'text', at: 'timestamptz' } }),
  },
  project: (event) => {
    if (!('detail' in event)) return skip(event['detail-type']);
    const { id, revision } = event.detail;
    const changes = { event: event.id, customer: id, at: event.time };
    if (!('name' in event.detail)) return { customers: remove({ id, revision }), changes };
    return { customers: { id, revision, name: event.detail.name }, changes };
  },
});
