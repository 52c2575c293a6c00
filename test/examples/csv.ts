import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { custom, defineProjection, inserts } from '../../processor/projection.ts';

export const readings = defineProjection({
  name: 'readings',
  // A record may have several lines; each is an event.
  decode: custom((bytes) => parse(bytes, { columns: ['id', 'sensor', 'at', 'celsius'] })),
  schema: z.object({
    id: z.string(),
    sensor: z.string(),
    at: z.iso.datetime(),
    celsius: z.string().transform((text) => (text === '' ? null : text)),
  }),
  eventId: ({ id }) => id,
  tables: {
    readings: inserts({ columns: { id: 'text', sensor: 'text', at: 'timestamptz', celsius: 'numeric?' } }),
  },
  project: (event) => ({ readings: event }),
});
