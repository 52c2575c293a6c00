import { createHandler } from '../../processor/create-handler.ts';
import { defineProjection, remove, versions } from '../../processor/projection.ts';
import { customerEvent, customerTable } from '../customer-event.ts';

/** Customers as they are now, from events that are whole rows, patches or removals. */
export const handler = createHandler(
  defineProjection({
    name: 'mixed-customers',
    schema: customerEvent,
    eventId: ({ id }) => id,
    tables: {
      bench_customers: versions({
        ...customerTable,
        patch: true,
      }),
    },
    project: ({ kind, customer: id, seq, name, city, cents }) => {
      switch (kind) {
        case 'whole':
          return { bench_customers: { id, seq, name, city, cents } };
        case 'patch':
          return { bench_customers: { id, seq, cents } };
        case 'removal':
          return { bench_customers: remove({ id, seq }) };
      }
    },
  }),
);
