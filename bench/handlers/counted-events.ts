import * as z from 'zod/mini';
import { createHandler } from '../../processor/create-handler.ts';
import { counters, defineProjection, inserts } from '../../processor/projection.ts';

/** A row for each event, and the counter that the event names. */
export const handler = createHandler(
  defineProjection({
    name: 'counted-events',
    schema: z.compile(z.object({ id: z.string(), counter: z.int(), cents: z.int() })),
    eventId: ({ id }) => id,
    tables: {
      bench_events: inserts({ columns: { id: 'text', cents: 'integer' }, key: ['id'] }),
      bench_counters: counters({ key: { number: 'integer' }, counters: { events: 'bigint', cents: 'bigint' } }),
    },
    ledger: 'bench_events',
    project: ({ id, counter, cents }) => ({
      bench_events: { id, cents },
      bench_counters: { number: counter, events: 1, cents },
    }),
  }),
);
