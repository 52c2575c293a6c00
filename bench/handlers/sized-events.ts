import * as z from 'zod/mini';
import { createHandler } from '../../processor/create-handler.ts';
import { defineProjection, inserts } from '../../processor/projection.ts';

/** A row for each event, which says all that is in it. */
export const handler = createHandler(
  defineProjection({
    name: 'sized-events',
    schema: z.compile(z.object({ id: z.string(), body: z.string() })),
    eventId: ({ id }) => id,
    tables: { bench_bodies: inserts({ columns: { id: 'text', body: 'text' }, key: ['id'] }) },
    ledger: 'bench_bodies',
    project: ({ id, body }) => ({ bench_bodies: { id, body } }),
  }),
);
