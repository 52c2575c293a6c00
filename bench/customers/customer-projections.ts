import * as z from 'zod/mini';
import { defineProjection, remove, versions } from '../../processor/projection.ts';

const schema = z.compile(
  z.object({
    id: z.string(),
    customer: z.string(),
    seq: z.int(),
    kind: z.enum(['whole', 'patch', 'removal']),
    name: z.string(),
    city: z.string(),
    cents: z.int(),
  }),
);

const key = { id: 'text' } as const;
const version = { seq: 'bigint' } as const;
const columns = { name: 'text', city: 'text', cents: 'integer' } as const;

/** Customers as they are now, from events that are whole rows: what most tables of this kind are. */
export const wholeCustomers = defineProjection({
  name: 'whole-customers',
  schema,
  eventId: ({ id }) => id,
  tables: { whole_customers: versions({ key, version, columns, removes: false }) },
  project: ({ customer: id, seq, name, city, cents }) => ({ whole_customers: { id, seq, name, city, cents } }),
});

/** Customers as they are now, from events that are whole rows, patches or removals. */
export const mixedCustomers = defineProjection({
  name: 'mixed-customers',
  schema,
  eventId: ({ id }) => id,
  tables: {
    mixed_customers: versions({ key, version, columns: { ...columns, name: 'text?', city: 'text?' }, patch: true }),
  },
  project: ({ kind, customer: id, seq, name, city, cents }) => {
    switch (kind) {
      case 'whole':
        return { mixed_customers: { id, seq, name, city, cents } };
      case 'patch':
        return { mixed_customers: { id, seq, cents } };
      case 'removal':
        return { mixed_customers: remove({ id, seq }) };
    }
  },
});
