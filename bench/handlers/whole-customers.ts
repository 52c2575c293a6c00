import { createHandler } from '../../processor/create-handler.ts';
import { defineProjection, versions } from '../../processor/projection.ts';
import { customerEvent, customerTable } from '../customer-event.ts';

/** Customers as they are now, from events that are whole rows: a table of which nothing is ever removed. */
export const handler = createHandler(
  defineProjection({
    name: 'whole-customers',
    schema: customerEvent,
    eventId: ({ id }) => id,
    tables: {
      bench_customers: versions({
        ...customerTable,
        removes: false,
      }),
    },
    project: ({ customer: id, seq, name, city, cents }) => ({ bench_customers: { id, seq, name, city, cents } }),
  }),
);
